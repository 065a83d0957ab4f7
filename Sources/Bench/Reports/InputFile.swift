import Foundation

/// A file that an option names and a run reads.
enum InputFile {
  /// Checks, before a run begins, that the file is there and can be read.
  static func check(_ path: String, option: String, expected: String) throws(UsageError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw UsageError("\(option) is '\(path)', which does not exist; expected \(expected)")
    }
    guard !isFolder.boolValue else { throw UsageError("\(option) is '\(path)', a folder; expected \(expected)") }
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw UsageError("\(option) is '\(path)', which cannot be read; expected \(expected)")
    }
  }
}
