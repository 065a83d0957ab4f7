import Foundation
import Layers

/// The SHA-256 of a model's weights, by the system's own program.
enum WeightsHash {
  /// The parameters and running statistics in the order of their names, each value as a little-endian float or integer.
  static func bytes(_ state: SafeTensors) -> Data {
    state.entries.sorted { $0.name < $1.name }.reduce(into: Data()) { $0 += $1.bytes }
  }

  /// - Throws: ``UsageError`` where the system has no program for it.
  static func sha256(_ data: Data) throws(UsageError) -> String {
    for (program, arguments) in [("sha256sum", []), ("shasum", ["-a", "256"])] {
      guard let text = run(program, arguments, input: data) else { continue }
      let digest = text.prefix { $0.isHexDigit }
      if digest.count == 64 { return String(digest) }
    }
    throw UsageError("neither sha256sum nor shasum runs here; expected one of them on the PATH")
  }

  private static func run(_ program: String, _ arguments: [String], input: Data) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).weights")
    defer { try? FileManager.default.removeItem(at: file) }
    guard (try? input.write(to: file)) != nil, let handle = try? FileHandle(forReadingFrom: file) else { return nil }
    let output = Pipe()
    process.standardInput = handle
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
