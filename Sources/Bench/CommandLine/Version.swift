import Foundation

/// Which version of the program this is.
enum Version {
  static let number = "1.0.0"

  /// The number, and the commit where the program lies in a checkout of its sources.
  static let description: String = {
    guard let commit else { return number }
    return "\(number)+\(commit)"
  }()

  /// What `git describe` says of the checkout that the executable was built in; nil elsewhere.
  private static var commit: String? {
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    let folder = executable.deletingLastPathComponent()
    guard folder.pathComponents.contains(".build") else { return nil }
    guard let git = SystemTool("git", environment: ProcessInfo.processInfo.environment),
      let result = try? git.run(["-C", folder.path, "describe", "--always", "--dirty", "--abbrev=12"])
    else { return nil }
    let commit = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    return result.status == 0 && !commit.isEmpty ? commit : nil
  }
}
