import Foundation

/// What lies where an official file is to be.
struct FileCheck {
  enum Verdict: String {
    case verified
    /// It has another number of bytes, or another MD5 sum.
    case differs
    case missing
    /// It has the right number of bytes; there is no program for sums.
    case unchecked = "not checked"
  }

  let file: DataArchive.File
  /// The file that is read: the plain form where there is one, as the loader takes it first.
  let url: URL
  let expected: DataArchive.Content
  /// Nil where there is no file.
  let byteCount: Int?
  /// Nil where it was not computed: there is no file, its size is wrong already, or there is no program for sums.
  let md5: String?

  var verdict: Verdict {
    guard let byteCount else { return .missing }
    guard byteCount == expected.byteCount else { return .differs }
    guard let md5 else { return .unchecked }
    return md5 == expected.md5 ? .verified : .differs
  }

  /// What is wrong with the file, for a message; nil where nothing is, or where it is not known.
  var complaint: String? {
    switch verdict {
    case .verified, .unchecked: nil
    case .missing: "\(url.path): no such file"
    case .differs where byteCount != expected.byteCount:
      "\(url.path): \(byteCount ?? 0) bytes; expected \(expected.byteCount)"
    case .differs: "\(url.path): MD5 \(md5 ?? ""); expected \(expected.md5)"
    }
  }
}

extension DataArchive {
  /// Checks the set's files in a folder.
  ///
  /// - Parameter md5: nil where the system has no program for sums: only the sizes are checked then.
  /// - Throws: ``UsageError`` for a file that cannot be read.
  func check(in folder: URL, md5: MD5Tool?) throws(UsageError) -> [FileCheck] {
    var checks: [FileCheck] = []
    for file in files { checks.append(try file.check(in: folder, md5: md5)) }
    return checks
  }
}

extension DataArchive.File {
  /// Checks what lies in a folder under the file's name.
  func check(in folder: URL, md5: MD5Tool?) throws(UsageError) -> FileCheck {
    var (url, expected) = (folder.appendingPathComponent(name), content)
    if let plain, let plainName {
      let plainURL = folder.appendingPathComponent(plainName)
      if try regularFileSize(plainURL) != nil { (url, expected) = (plainURL, plain) }
    }
    let byteCount = try regularFileSize(url)
    let sum = byteCount == expected.byteCount ? try md5?.sum(of: url) : nil
    return FileCheck(file: self, url: url, expected: expected, byteCount: byteCount, md5: sum)
  }
}

/// The number of bytes of a file; nil where there is none.
/// - Throws: ``UsageError`` for what is there but not a file, and where the system does not tell.
func regularFileSize(_ url: URL) throws(UsageError) -> Int? {
  var status = stat()
  guard stat(url.path, &status) == 0 else {
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw UsageError("\(url.path) cannot be read: \(String(cString: strerror(errno)))")
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    throw UsageError("\(url.path) is \(isFolder ? "a folder" : "not a regular file"); expected a file")
  }
  return Int(status.st_size)
}
