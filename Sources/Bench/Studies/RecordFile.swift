import Foundation

/// A study's record file: lines of JSON that are only ever appended, so that what a run has found outlives whatever stops
/// it.
final class RecordFile {
  let path: String
  private let descriptor: Int32

  /// Opens the file, or makes it, with its folder.
  /// - Throws: ``UsageError`` when it cannot be written.
  init(path: String) throws(UsageError) {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError("the folder '\(folder.path)' cannot be made; expected a folder that can be written to")
    }
    descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw UsageError("the record '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
    // What a process that was killed, or a full disk, left of a line goes away before the next one is appended.
    try locked { () throws(UsageError) in
      let end = lseek(descriptor, 0, SEEK_END)
      let whole = wholeLinesEnd(before: end)
      if whole < end, ftruncate(descriptor, whole) != 0 { throw failure() }
    }
  }

  deinit { close(descriptor) }

  /// Appends a line, whole or not at all.
  func append(_ line: StudyRecordLine) throws(UsageError) {
    let data: Data
    do {
      data = try StudyRecord.encoder.encode(line) + Data("\n".utf8)
    } catch {
      throw UsageError("a line of the record '\(path)' cannot be written as JSON: \(error)")
    }
    try locked { () throws(UsageError) in
      let end = lseek(descriptor, 0, SEEK_END)
      var written = 0
      while written < data.count {
        let count = data.withUnsafeBytes { bytes in
          write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let error = failure()
          _ = ftruncate(descriptor, end)
          throw error
        }
        written += count
      }
    }
  }

  /// The position behind the last end of a line.
  private func wholeLinesEnd(before end: off_t) -> off_t {
    var position = end
    var byte: UInt8 = 0
    while position > 0 {
      guard pread(descriptor, &byte, 1, position - 1) == 1 else { return end }
      if byte == UInt8(ascii: "\n") { return position }
      position -= 1
    }
    return 0
  }

  /// Runs `body` while no other process appends.
  private func locked(_ body: () throws(UsageError) -> Void) throws(UsageError) {
    flock(descriptor, LOCK_EX)
    defer { flock(descriptor, LOCK_UN) }
    try body()
  }

  private func failure() -> UsageError {
    UsageError("the record '\(path)' cannot be written: \(String(cString: strerror(errno)))")
  }
}
