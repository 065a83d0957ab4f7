import Foundation

/// The program's output: results on standard output, line by line as they come; the rest on standard error.
enum Console {
  /// Writes a line of results.
  static func print(_ line: String = "") {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  /// Writes a line about what went wrong.
  static func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

/// One line on standard error that says how far a run is; nothing where that is not a terminal.
final class ProgressLine {
  private let isShown = isatty(2) == 1
  private var lastTime = ContinuousClock.now - .seconds(1)

  /// Replaces the line, at most ten times a second.
  func show(_ text: @autoclosure () -> String) {
    guard isShown, ContinuousClock.now - lastTime > .milliseconds(100) else { return }
    lastTime = .now
    FileHandle.standardError.write(Data("\r\(text())\u{1B}[K".utf8))
  }

  /// Takes the line away, before a result is printed.
  func clear() {
    guard isShown else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
