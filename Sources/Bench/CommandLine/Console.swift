import Foundation

/// The program's output: results on standard output, line by line as they come; the rest on standard error.
enum Console {
  /// Writes a line of results.
  /// - Throws: ``UsageError`` when standard output takes none: it is closed, or the disk is full.
  static func print(_ line: String = "") throws(UsageError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw UsageError("standard output cannot be written: \(reason(error))")
    }
  }

  /// Writes a line about what went wrong; there is nobody to tell where standard error takes none.
  static func printError(_ line: String) {
    writeToStandardError(line + "\n")
  }

  fileprivate static func writeToStandardError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// What the system says of a failure.
  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
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
    Console.writeToStandardError("\r\(text())\u{1B}[K")
  }

  /// Takes the line away, before a result is printed.
  func clear() {
    guard isShown else { return }
    Console.writeToStandardError("\r\u{1B}[K")
  }
}
