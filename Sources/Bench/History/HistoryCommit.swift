import Foundation

/// The commit that was measured.
struct HistoryCommit: Equatable {
  /// The full hash, or a text outside of a repository.
  let name: String
  var date: Date?
  var isDirty = false

  /// The commit of the repository that the current folder lies in.
  ///
  /// - Parameters:
  ///   - revision: what `git rev-parse` knows, nil for what is checked out; outside of a repository, any text.
  ///   - folder: the history's, whose changes do not make a tree dirty.
  init(revision: String?, historyFolder folder: String, environment: [String: String]) throws(UsageError) {
    let git = SystemTool("git", environment: environment)
    let root = try git?.run(["rev-parse", "--show-toplevel"])
    guard let git, let root, root.status == 0 else {
      guard let revision else {
        let reason = root.map { $0.lastError } ?? "no folder of PATH has the program 'git'"
        throw UsageError(
          "the commit is unknown (\(reason)); expected --commit TEXT, or a git repository in this folder")
      }
      name = revision
      return
    }
    let commit = try git.run(["rev-parse", "--verify", "--quiet", "\(revision ?? "HEAD")^{commit}"])
    guard commit.status == 0 else {
      throw UsageError(
        revision.map { "--commit is '\($0)'; expected a revision of the repository in this folder" }
          ?? "the repository in this folder has no commit yet; expected one that was measured")
    }
    name = HistoryCommit.line(commit)
    let date = try git.run(["-c", "log.showSignature=false", "show", "--no-patch", "--format=%ct", name])
    guard date.status == 0, let seconds = Double(HistoryCommit.line(date)) else {
      throw UsageError("git cannot tell the date of \(name): \(date.lastError)")
    }
    self.date = Date(timeIntervalSince1970: seconds)
    guard revision == nil else { return }
    var arguments = ["status", "--porcelain", "--untracked-files=no", "--", ":(top)"]
    let top = HistoryCommit.resolved(HistoryCommit.line(root))
    let history = HistoryCommit.resolved(folder)
    if history.hasPrefix(top + "/") {
      arguments.append(":(top,exclude,literal)" + history.dropFirst(top.count + 1))
    }
    let status = try git.run(arguments)
    guard status.status == 0 else { throw UsageError("git status fails: \(status.lastError)") }
    isDirty = !status.output.isEmpty
  }

  private static func line(_ result: SystemTool.Result) -> String {
    result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}
