import Foundation

/// A file that grows record by record while a training runs, each whole or not at all.
final class AppendedFile {
  let path: String
  private let descriptor: Int32
  /// Whether it can be cut, which devices and pipes cannot.
  private let isRegular: Bool

  /// What the system says of a failure.
  struct Failure: Error {
    let reason: String
    fileprivate init() { reason = String(cString: strerror(errno)) }
  }

  /// - Parameter mustBeNew: whether the file must not exist yet.
  init(path: String, mustBeNew: Bool = false) throws(Failure) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (mustBeNew ? O_EXCL : 0), 0o644)
    guard descriptor >= 0 else { throw Failure() }
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  deinit { close(descriptor) }

  /// Writes a record to the file's end; where the system takes only a part of it, the part is cut off again.
  func append(_ record: Data) throws(Failure) {
    var done = 0
    while done < record.count {
      let count = record.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, record.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        let failure = Failure()
        let end = lseek(descriptor, 0, SEEK_END)
        if isRegular, done > 0, end >= done { ftruncate(descriptor, end - off_t(done)) }
        throw failure
      }
      done += count
    }
  }

  /// Cuts the file back to its first bytes.
  func cut(to byteCount: Int) throws(Failure) {
    guard isRegular else { return }
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw Failure() }
  }

  /// Waits until the records are on the disk, so that no checkpoint that is written later outlives them.
  func synchronize() {
    if isRegular { fsync(descriptor) }
  }
}
