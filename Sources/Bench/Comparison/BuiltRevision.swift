import Foundation

/// The program of a revision of this repository, built in a work tree of its own.
///
/// The program is kept in `.build/against`, so that a revision is built once.
enum BuiltRevision {
  /// - Parameters:
  ///   - revision: what `git rev-parse` knows, such as `main`, `v1.0.0`, `HEAD~3`.
  ///   - command: the command that asks for it.
  /// - Returns: the path of the program.
  /// - Throws: ``UsageError`` where there is no such revision, or where it cannot be built.
  static func program(
    _ revision: String, for command: String, environment: [String: String], interrupt: Interrupt
  ) throws -> String {
    let git = try tool("git", environment)
    let commit = try git.run(["rev-parse", "--verify", "--quiet", "\(revision)^{commit}"])
    guard commit.status == 0 else {
      throw UsageError(
        "--against is '\(revision)', which is neither a program nor a revision of the repository in this folder")
    }
    let hash = commit.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let folder = URL(fileURLWithPath: ".build/against/\(hash)")
    let program = folder.appendingPathComponent("bench").path
    if FileManager.default.isExecutableFile(atPath: program) { return program }
    let tree = folder.appendingPathComponent("tree").path
    // A build that was interrupted has left its tree behind.
    _ = try git.run(["worktree", "remove", "--force", tree])
    let added = try git.run(["worktree", "add", "--quiet", "--detach", tree, hash])
    guard added.status == 0 else { throw UsageError("git cannot check out \(revision): \(added.lastError)") }
    defer { _ = try? git.run(["worktree", "remove", "--force", tree]) }
    Console.printError("bench \(command): building \(revision) (\(hash.prefix(10))); that takes minutes, once")
    let swift = try tool("swift", environment)
    let build = ["build", "-c", "release", "--product", "bench", "--package-path", tree]
    let built = try swift.run(build) { interrupt.isRequested }
    guard built.status == 0 else { throw UsageError("\(revision) cannot be built: \(reason(built))") }
    do {
      try FileManager.default.copyItem(atPath: "\(tree)/.build/release/bench", toPath: program)
    } catch {
      throw UsageError("\(program) cannot be written: \(error.localizedDescription)")
    }
    return program
  }

  private static func tool(_ name: String, _ environment: [String: String]) throws(UsageError) -> SystemTool {
    guard let tool = SystemTool(name, environment: environment) else {
      throw UsageError("--against with a revision needs the program '\(name)', which no folder of PATH has")
    }
    return tool
  }

  /// The first error that a build prints: on standard output, as SwiftPM does, or its last line on standard error.
  private static func reason(_ built: SystemTool.Result) -> String {
    built.output.split(whereSeparator: \.isNewline).first { $0.contains("error:") }.map(String.init) ?? built.lastError
  }
}
