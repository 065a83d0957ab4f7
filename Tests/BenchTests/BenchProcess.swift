import Foundation
import Testing

/// The built program, run as people run it.
struct BenchProcess {
  let status: Int32
  let output: String
  let errors: String

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - interruptAfter: a text; when it is in the output, the program is sent `signal`.
  ///   - destination: where its output goes instead of into ``output``.
  ///   - input: its standard input.
  init(
    _ arguments: [String], interruptAfter: String? = nil, signal: Int32 = SIGINT, environment: [String: String] = [:],
    output destination: FileHandle? = nil, currentDirectory: URL? = nil, input: FileHandle = .nullDevice
  ) throws {
    let process = Process()
    let executable = try #require(BenchProcess.executable, "the program bench is not beside the tests")
    process.executableURL = executable
    process.arguments = arguments
    if let currentDirectory { process.currentDirectoryURL = currentDirectory }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    let (output, errors) = (Pipe(), Pipe())
    if let destination { process.standardOutput = destination } else { process.standardOutput = output }
    process.standardError = errors
    try process.run()
    let complaint = Collected()
    let drained = DispatchGroup()
    DispatchQueue.global().async(group: drained) {
      complaint.data = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
    }
    var text = Data()
    var isInterrupted = false
    while destination == nil {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { break }
      text += piece
      if let interruptAfter, !isInterrupted, String(decoding: text, as: UTF8.self).contains(interruptAfter) {
        isInterrupted = true
        kill(process.processIdentifier, signal)
      }
    }
    process.waitUntilExit()
    drained.wait()
    status = process.terminationStatus
    self.output = String(decoding: text, as: UTF8.self)
    self.errors = String(decoding: complaint.data, as: UTF8.self)
  }

  init(_ arguments: String..., interruptAfter: String? = nil, environment: [String: String] = [:]) throws {
    try self.init(arguments, interruptAfter: interruptAfter, environment: environment)
  }

  /// The program lies in the folder of the test binary, or of the test bundle where there is one.
  static let executable: URL? = {
    var folders = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    if let executable = Bundle.main.executableURL { folders.insert(executable.deletingLastPathComponent(), at: 0) }
    return folders.map { $0.appendingPathComponent("bench") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  private final class Collected: @unchecked Sendable {
    var data = Data()
  }
}

/// A path for a file that goes away with the test.
final class TemporaryFile {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).json")
  var path: String { url.path }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The file's content as a JSON object.
  func object() throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
  }
}
