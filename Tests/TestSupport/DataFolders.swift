import Foundation

/// Where the real data sets are, for tests that are skipped where they are absent.
public enum DataFolders {
  /// CIFAR-10's folder: the environment's `CIFAR10_DIR`, or `../shared/data` beside the package.
  public static let cifar10 = find("CIFAR10_DIR", holding: "cifar-10-batches-bin")
  /// Fashion-MNIST's folder: the environment's `FASHION_MNIST_DIR`, or `../shared/data` beside the package.
  public static let fashionMNIST = find("FASHION_MNIST_DIR", holding: "fashion-mnist")

  private static func find(_ variable: String, holding folder: String) -> URL? {
    if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty { return URL(fileURLWithPath: path) }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let shared = package.standardizedFileURL.deletingLastPathComponent().appendingPathComponent("shared/data")
    return FileManager.default.fileExists(atPath: shared.appendingPathComponent(folder).path) ? shared : nil
  }
}

/// A folder that goes away with the test that made it.
public final class TemporaryFolder {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("conv-kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, making the folders on its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to path: String) throws -> URL {
    let file = url.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file
  }
}
