import Foundation
import Layers

/// A file that an option names, for a run to write at its end or as it goes on.
struct OutputFile {
  let path: String
  /// The option, with its dashes.
  let option: String

  /// - Throws: ``UsageError`` when the file could not be written, so that a run need not end to find out.
  init(path: String, option: String) throws(UsageError) {
    self.path = path
    self.option = option
    switch AtomicFile.Target(path: path) {
    case .folder: throw UsageError("\(option) is '\(path)', a folder; expected a file")
    case .stream(let path):
      guard access(path, W_OK) == 0 else {
        throw UsageError("\(option) is '\(path)', which cannot be written; expected a file")
      }
    case .file(let file):
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      let exists = FileManager.default.fileExists(atPath: file)
      let files = FileManager.default
      guard files.isWritableFile(atPath: folder), !exists || files.isWritableFile(atPath: file) else {
        let folderState = files.fileExists(atPath: folder) ? "can be written" : "exists"
        throw UsageError(
          "\(option) is '\(path)', which cannot be written; expected a file in a folder that \(folderState)")
      }
    }
  }

  /// Checks that nothing is in the file, so that what an earlier run wrote is not lost.
  func requireNew() throws(UsageError) {
    guard case .file(let file) = AtomicFile.Target(path: path) else { return }
    var status = stat()
    guard stat(file, &status) == 0, status.st_size > 0 else { return }
    throw UsageError("\(option) is '\(path)', which exists; expected a new file, or --resume to go on with a training")
  }

  /// Replaces the file's content, so that there is always a whole one, the old or the new.
  func write(_ data: Data) throws(UsageError) {
    do {
      try AtomicFile.write(data, to: path)
    } catch {
      throw UsageError("\(option) is '\(path)', which cannot be written: \(error.reason)")
    }
  }
}
