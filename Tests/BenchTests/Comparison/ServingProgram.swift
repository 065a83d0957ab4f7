import Foundation

/// Programs for comparisons that have one possible end, whatever they take.
enum ServingProgram {
  /// A program that serves the protocol of comparisons, with one case, and answers that every slice took as long as asked.
  static func serving(_ name: String, in folder: URL) throws -> String {
    try script(
      """
      echo benchmark-worker 1
      while read -r word rest; do
        case $word in
          list) echo cases 1; echo '\(name)' ;;
          pin) echo ok ;;
          time) n=${rest##* }; echo ok $((n * 1000)) $((n * 1000)) ;;
        esac
      done
      """, in: folder)
  }

  /// A program that refuses its command line, as versions do that serve no comparisons.
  static func refusing(_ message: String, in folder: URL) throws -> String {
    try script("echo \"\(message)\" >&2\nexit 2", in: folder)
  }

  private static func script(_ body: String, in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("old").path
    try "#!/bin/sh\n\(body)\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// Runs `body` with a folder that goes away afterwards.
  static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
