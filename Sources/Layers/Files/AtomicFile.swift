import Foundation

/// Writes files atomically: a path always holds a complete file, the old or the new one, even if the program or the
/// system stops, if the disk is full, or if several threads and processes write it.
package enum AtomicFile {
  /// What went wrong: the path, which may be the temporary file's, and the system's message.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: String
    package var description: String { "\(path): \(reason)" }

    /// A failure with the system's last error (`errno`).
    fileprivate init(path: String) {
      self.init(path: path, reason: String(cString: strerror(errno)))
    }

    fileprivate init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// The kind of target at a path.
  package enum Target: Equatable {
    /// Nothing, or a regular file, in whose folder the temporary file is created. Symbolic links are resolved in the
    /// path, so that the link itself is not replaced.
    case file(path: String)
    /// A device or a pipe, such as `/dev/stdout`, which is written to directly, since it cannot be replaced.
    case stream(path: String)
    case folder(path: String)

    package init(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else {
        self = .file(path: path)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: self = .folder(path: path)
      case S_IFREG:
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        self = .file(path: resolved.map { String(cString: $0) } ?? path)
      default: self = .stream(path: path)
      }
    }
  }

  /// Replaces a file's content: writes a temporary file beside it and renames it.
  ///
  /// The temporary file is created with `O_EXCL`, so that no link is followed, under a name that is unique to the call.
  /// The new file gets the permissions of the replaced one. Devices and pipes are written to directly.
  package static func write(_ data: Data, to path: String) throws(Failure) {
    switch Target(path: path) {
    case .folder(let path): throw Failure(path: path, reason: "it is a folder")
    case .stream(let path):
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Failure(path: path) }
      defer { close(descriptor) }
      try write(data, to: descriptor, path: path)
    case .file(let path): try replace(path, by: data)
    }
  }

  private static func replace(_ path: String, by data: Data) throws(Failure) {
    removeAbandoned(path)
    let temporary = temporaryPath(for: path)
    var old = stat()
    let permissions = stat(path, &old) == 0 ? old.st_mode & 0o777 : nil
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions ?? 0o644)
    guard descriptor >= 0 else { throw Failure(path: temporary) }
    do throws(Failure) {
      do throws(Failure) {
        // `open`'s mode is masked by the process's umask, so the permissions are set explicitly.
        if let permissions, fchmod(descriptor, permissions) != 0 { throw Failure(path: temporary) }
        try write(data, to: descriptor, path: temporary)
        guard fsync(descriptor) == 0 else { throw Failure(path: temporary) }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw Failure(path: temporary) }
      guard rename(temporary, path) == 0 else { throw Failure(path: path) }
    } catch {
      unlink(temporary)
      throw error
    }
    // Syncs the folder, so that the rename is on disk. An error is ignored: the file itself is written.
    let parent = open(folder(of: path), O_RDONLY | O_CLOEXEC)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }

  private static func write(_ data: Data, to descriptor: Int32, path: String) throws(Failure) {
    let reason = data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int32? in
      guard let base = bytes.baseAddress else { return nil }
      var done = 0
      while done < bytes.count {
        // Linux writes at most about 2 GB in one call.
        let count = systemWrite(descriptor, base + done, min(bytes.count - done, 1 << 30))
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        done += count
      }
      return nil
    }
    if let reason { throw Failure(path: path, reason: String(cString: strerror(reason))) }
  }

  private static func folder(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }

  /// A unique path in the same folder: `.NAME.PROCESS.NUMBER.partial`.
  private static func temporaryPath(for path: String) -> String {
    let number = String(UInt64.random(in: 0 ... .max), radix: 36)
    let file = URL(fileURLWithPath: path)
    return file.deletingLastPathComponent()
      .appendingPathComponent(".\(file.lastPathComponent).\(getpid()).\(number).partial").path
  }

  /// Removes temporary files of processes that no longer run.
  private static func removeAbandoned(_ path: String) {
    let file = URL(fileURLWithPath: path)
    let folder = file.deletingLastPathComponent()
    let (prefix, suffix) = (".\(file.lastPathComponent).", ".partial")
    // If the folder cannot be listed, nothing is removed; writing may still succeed.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasPrefix(prefix) && name.hasSuffix(suffix) && name.count > prefix.count + suffix.count {
      let parts = name.dropFirst(prefix.count).dropLast(suffix.count).split(separator: ".")
      guard parts.count == 2, let process = Int32(parts[0]), process > 0, kill(process, 0) == -1, errno == ESRCH
      else { continue }
      unlink(folder.appendingPathComponent(name).path)
    }
  }
}

/// The system's `write`, under a name that differs from the function above.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
