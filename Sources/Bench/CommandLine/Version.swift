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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder.path, "describe", "--always", "--dirty", "--abbrev=12"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: (try? output.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return process.terminationStatus == 0 && !commit.isEmpty ? commit : nil
  }
}
