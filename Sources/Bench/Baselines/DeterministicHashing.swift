import Foundation

/// Hashing without random seeds: with them, the instructions of making a plan differ from run to run.
enum DeterministicHashing {
  private static let variable = "SWIFT_DETERMINISTIC_HASHING"

  /// Starts this program again with hashing made deterministic, which is decided before its first instruction; returns
  /// where it is.
  static func require() throws(UsageError) {
    guard getenv(variable) == nil else { return }
    setenv(variable, "1", 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    execv(URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path, &arguments)
    throw UsageError("this program cannot be started again: \(String(cString: strerror(errno)))")
  }
}
