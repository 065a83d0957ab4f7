import Foundation

/// Finds and reads the files of a data set.
enum DataFiles {
  /// The folder that holds one of `files`: the given folder, or a subfolder with one of the official names.
  static func folder(
    _ directory: URL, officialNames: [String], holding files: [String]
  ) throws(DataError) -> URL {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory), isDirectory.boolValue
    else { throw .missingDirectory(path: directory.path) }
    let candidates = [directory] + officialNames.map { directory.appendingPathComponent($0, isDirectory: true) }
    for candidate in candidates {
      for file in files where exists(candidate.appendingPathComponent(file)) { return candidate }
    }
    throw .nothingFound(
      directory: directory.path,
      expected: "\(files[0]) here or in a folder \(officialNames.joined(separator: " or ")) below")
  }

  static func exists(_ file: URL) -> Bool {
    FileManager.default.fileExists(atPath: file.path)
  }

  /// The largest file, in bytes: about forty times MNIST's, so that a damaged file cannot exhaust memory.
  static let largestByteCount = 2_000_000_000

  /// Checks that a regular file exists at the path, not a folder, pipe or device; returns its size in bytes.
  @discardableResult
  static func requireFile(_ file: URL, limit: Int = largestByteCount) throws(DataError) -> Int {
    var status = stat()
    guard stat(file.path, &status) == 0 else {
      let reason = errno
      if reason == ENOENT || reason == ENOTDIR { throw .missingFile(path: file.path) }
      throw .unreadable(file: file.path, reason: String(cString: strerror(reason)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw .unreadable(file: file.path, reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    guard status.st_size <= limit else {
      throw .unreadable(
        file: file.path, reason: "it has \(status.st_size) bytes, expected at most \(limit)")
    }
    return Int(status.st_size)
  }

  /// The whole content of a file.
  static func read(_ file: URL, limit: Int = largestByteCount) throws(DataError) -> Data {
    try requireFile(file, limit: limit)
    do {
      return try Data(contentsOf: file)
    } catch {
      throw .unreadable(file: file.path, reason: reason(error))
    }
  }

  /// Reads from an open file or pipe until the memory is full or the end is reached; returns the number of bytes read.
  static func read(
    _ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, path: String
  ) throws(DataError) -> Int {
    guard let base = memory.baseAddress else { return 0 }
    var done = 0
    while done < memory.count {
      let count = systemRead(descriptor, base + done, min(memory.count - done, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(file: path, reason: String(cString: strerror(errno)))
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// An error of Foundation in one line.
  static func reason(_ error: any Error) -> String {
    if let error = error as? CocoaError, let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error {
      return reason(underlying)
    }
    if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
    return error.localizedDescription.split(separator: "\n").joined(separator: " ")
  }
}

/// The system's `read`, under a name that differs from the functions above.
private func systemRead(_ descriptor: Int32, _ memory: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, memory, count)
}
