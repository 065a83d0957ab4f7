import Foundation
import Testing

/// The example's program, run as people run it.
struct ExampleProcess {
  let status: Int32
  let output: String
  let errors: String

  init(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws {
    let process = Process()
    process.executableURL = try ExampleProcess.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let files = (0..<3).map { _ in
      FileManager.default.temporaryDirectory.appendingPathComponent("benchmarking-\(UUID().uuidString)")
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for (file, text) in zip(files, [input, "", ""]) { try Data(text.utf8).write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOf: files[1], encoding: .utf8)
    errors = try String(contentsOf: files[2], encoding: .utf8)
  }

  /// It lies in the folder of the test binary, or of the test bundle where there is one.
  static var executable: URL {
    get throws {
      var folders = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
      if let executable = Bundle.main.executableURL { folders.insert(executable.deletingLastPathComponent(), at: 0) }
      return try #require(
        folders.map { $0.appendingPathComponent("BenchmarkingExample") }
          .first { FileManager.default.isExecutableFile(atPath: $0.path) },
        "the program BenchmarkingExample is not beside the tests")
    }
  }
}
