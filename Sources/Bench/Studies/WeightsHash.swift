import Foundation
import Layers

/// The SHA-256 of a model's weights, by the system's own program.
enum WeightsHash {
  /// The parameters and running statistics in the order of their names, each value as a little-endian float or integer.
  static func bytes(_ state: SafeTensors) -> Data {
    state.entries.sorted { $0.name < $1.name }.reduce(into: Data()) { $0 += $1.bytes }
  }

  /// - Throws: ``UsageError`` where the system has no program for it.
  static func sha256(
    _ data: Data, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(UsageError) -> String {
    for (name, arguments) in [("sha256sum", []), ("shasum", ["-a", "256"]), ("openssl", ["sha256", "-r"])] {
      guard let tool = SystemTool(name, environment: environment) else { continue }
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).weights")
      defer { try? FileManager.default.removeItem(at: file) }
      let input: FileHandle
      do {
        try data.write(to: file)
        input = try FileHandle(forReadingFrom: file)
      } catch {
        throw UsageError("\(file.path) cannot be written: \(systemReason(error))")
      }
      defer { try? input.close() }
      let result = try tool.run(arguments, input: input)
      let digest = result.output.prefix(64).lowercased()
      guard result.status == 0, digest.count == 64, digest.allSatisfy(\.isHexDigit) else {
        throw UsageError("\(tool.executable.path) does not compute a hash: \(result.lastError)")
      }
      return digest
    }
    throw UsageError("none of sha256sum, shasum, openssl is on PATH; expected one of them for the hash of the weights")
  }
}
