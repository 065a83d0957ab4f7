import Foundation

/// Brings the official files of a data set into a folder: nothing for those that are there and verified, and never over a
/// file that is there and differs.
struct DataInstallation {
  let archive: DataArchive
  /// Where the files are to be; it is made where there is none.
  let folder: URL
  /// Addresses of folders that are tried before the official ones; each ends in a slash.
  var firstAddresses: [String] = []
  let environment: [String: String]
  var limits = Download.Limits()
  var isInterrupted: () -> Bool = { false }
  /// Takes a line about what happens.
  var note: (String) throws(UsageError) -> Void = { (_) throws(UsageError) in }
  let progress = ProgressLine()

  /// - Throws: ``UsageError`` when a file could not be had, or one is there that is not the official one.
  func run() throws(UsageError) -> Download.Outcome {
    let md5 = MD5Tool(environment: environment)
    let missing = try missingFiles(md5: md5)
    guard !missing.isEmpty else {
      try say("\(md5 == nil ? "there, not verified: \(MD5Tool.missing)" : "there and verified"), in \(folder.path)")
      return .done
    }
    let tools = try DownloadTools(environment: environment)
    try makeFolder(folder)
    let lock = try FolderLock(folder)
    defer { lock.release() }
    if let package = archive.package {
      return try install(package, with: tools)
    }
    for file in missing where try download(file, with: tools) == .interrupted { return .interrupted }
    try say("verified, in \(folder.path)")
    return .done
  }

  /// The files that are not there.
  /// - Throws: ``UsageError`` for one that is there and is not the official one: it may be anybody's work.
  private func missingFiles(md5: MD5Tool?) throws(UsageError) -> [DataArchive.File] {
    let checks = try archive.check(in: folder, md5: md5)
    for check in checks where check.verdict == .differs {
      throw UsageError(
        "\(check.complaint ?? ""); not the official file of \(archive.name), and not replaced: move it away, or name "
          + "another folder by --data-dir")
    }
    return checks.filter { $0.verdict == .missing }.map(\.file)
  }

  private func download(_ file: DataArchive.File, with tools: DownloadTools) throws(UsageError) -> Download.Outcome {
    let addresses = (firstAddresses + archive.addresses).map { $0 + file.name }
    let total = Figure.mebibytes(file.content.byteCount)
    try say("\(file.name), \(total)")
    let download = Download(
      file: file, addresses: addresses, folder: folder, tools: tools, limits: limits, isInterrupted: isInterrupted,
      note: { (line) throws(UsageError) in try say("  \(line)") },
      progress: { progress.show("\(archive.name): \(file.name), \(Figure.mebibytes($0)) of \(total)") })
    defer { progress.clear() }
    let outcome = try download.run()
    if outcome == .interrupted {
      progress.clear()
      let size = try regularFileSize(download.partial) ?? 0
      try say("interrupted; \(size) bytes are kept in \(download.partial.path), where the same command goes on")
    }
    return outcome
  }

  private func say(_ line: String) throws(UsageError) {
    progress.clear()
    try note("\(archive.name): \(line)")
  }
}

// MARK: A set that comes in one package

extension DataInstallation {
  /// Downloads the tar archive unless it is there, and unpacks it beside the files' places, which they take when all of
  /// them are verified.
  private func install(_ package: DataArchive.File, with tools: DownloadTools) throws(UsageError) -> Download.Outcome {
    let file = folder.appendingPathComponent(package.name)
    let check = try package.check(in: folder, md5: tools.md5)
    if let complaint = check.complaint, check.verdict == .differs {
      throw UsageError("\(complaint); not the official archive, and not replaced: move it away")
    }
    if check.verdict == .missing, try download(package, with: tools) == .interrupted { return .interrupted }
    try say("unpacking \(package.name)")
    // The lock on the folder makes the name this process's own; what is there was left by one that was killed.
    let unpacked = folder.appendingPathComponent(".unpacking", isDirectory: true)
    try remove(unpacked)
    try makeFolder(unpacked)
    let result = try tools.tar.run(
      ["-x", "-z", "-o", "-f", file.path, "-C", unpacked.path], stopWhen: isInterrupted)
    if isInterrupted() {
      try remove(unpacked)
      try say("interrupted; \(file.path) is whole, and the same command goes on")
      return .interrupted
    }
    guard result.status == 0 else {
      try remove(unpacked)
      throw UsageError("\(file.path) cannot be unpacked into \(unpacked.path): \(result.lastError)")
    }
    let content = unpacked.appendingPathComponent(archive.folderNames[0], isDirectory: true)
    for check in try archive.check(in: content, md5: tools.md5) {
      if let complaint = check.complaint {
        try remove(unpacked)
        throw UsageError("\(complaint), in \(file.path)")
      }
    }
    try moveFiles(from: content)
    try remove(unpacked)
    try remove(file)
    try say("verified, in \(folder.path)")
    return .done
  }

  /// Moves all files of a folder, also those that the set does not need, such as its description.
  private func moveFiles(from content: URL) throws(UsageError) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: content.path)
    } catch {
      throw UsageError("\(content.path) cannot be read: \(systemReason(error))")
    }
    for name in names {
      let target = folder.appendingPathComponent(name).path
      guard rename(content.appendingPathComponent(name).path, target) == 0 else {
        throw UsageError("\(target) cannot be written: \(String(cString: strerror(errno)))")
      }
    }
  }

  private func makeFolder(_ folder: URL) throws(UsageError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError("the folder \(folder.path) cannot be made: \(systemReason(error))")
    }
  }

  private func remove(_ url: URL) throws(UsageError) {
    guard FileManager.default.fileExists(atPath: url.path) else { return }
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      throw UsageError("\(url.path) cannot be deleted: \(systemReason(error))")
    }
  }
}

/// Keeps two downloads from writing the same folder at a time; gone with the process, however it ends.
private struct FolderLock {
  private let descriptor: Int32

  /// - Throws: ``UsageError`` when another process has the lock.
  init(_ folder: URL) throws(UsageError) {
    descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UsageError("the folder \(folder.path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    // Some network file systems have no locks; a download there is as safe as its check sums.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw UsageError("another download writes to \(folder.path); expected one at a time")
    }
  }

  func release() { close(descriptor) }
}
