import Foundation
import Layers

/// A file that an option names and a run writes.
enum OutputFile {
  /// Checks, before a run begins, that the file can be written.
  ///
  /// - Parameters:
  ///   - option: the option that names it, for messages.
  ///   - mustBeNew: whether a file with content is refused, so that what an earlier run wrote is not lost.
  static func check(_ path: String, option: String, mustBeNew: Bool = false) throws(UsageError) {
    switch AtomicFile.Target(path: path) {
    case .folder: throw UsageError("\(option) is '\(path)', a folder; expected a file")
    case .stream(let path):
      guard access(path, W_OK) == 0 else {
        throw UsageError("\(option) is '\(path)', which cannot be written; expected a file")
      }
    case .file(let file):
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      let files = FileManager.default
      let exists = files.fileExists(atPath: file)
      guard files.isWritableFile(atPath: folder), !exists || files.isWritableFile(atPath: file) else {
        let folderState = files.fileExists(atPath: folder) ? "can be written" : "exists"
        throw UsageError(
          "\(option) is '\(path)', which cannot be written; expected a file in a folder that \(folderState)")
      }
      if mustBeNew, exists, byteCount(file) > 0 {
        throw UsageError("\(option) is '\(path)', which exists; expected a new file, or --resume to go on with a training")
      }
    }
  }

  private static func byteCount(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}

/// A file that an option names and a run reads.
enum InputFile {
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
