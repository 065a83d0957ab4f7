import Foundation
import Testing

/// The program that trains on its own, so that it can be killed.
enum TrainingProcess {
  /// Runs the training program to its end, or kills it; returns its status or the signal that ended it.
  static func start(_ arguments: [String], killAfter seconds: Double?) throws -> Int32 {
    let process = Process()
    let executable: URL = try #require(program, "TrainingProgram is not beside the tests")
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let seconds {
      Thread.sleep(forTimeInterval: seconds)
      kill(process.processIdentifier, SIGKILL)
    }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The program lies in the folder of the test binary, or of the test bundle where there is one.
  private static let program: URL? = {
    var folders = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    if let executable = Bundle.main.executableURL { folders.insert(executable.deletingLastPathComponent(), at: 0) }
    return folders.map { $0.appendingPathComponent("TrainingProgram") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()
}
