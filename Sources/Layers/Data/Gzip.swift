import Foundation

/// Decompression by the system's gzip, so that the package needs no library for it.
enum Gzip {
  /// The decompressed content of a .gz file.
  ///
  /// - Parameter searchPath: folders to look for gzip in; by default those of `PATH`, then /usr/bin and /bin.
  static func decompress(_ file: URL, searchPath: [String]? = nil) throws(DataError) -> Data {
    try DataFiles.requireFile(file)
    let folders = searchPath ?? systemSearchPath
    guard
      let gzip = folders.map({ $0 + "/gzip" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { throw .gzipMissing(file: file.path) }
    do {
      return try run(gzip, on: file)
    } catch let error as DataError {
      throw error
    } catch {
      throw .unreadable(file: file.path, reason: DataFiles.reason(error))
    }
  }

  private static var systemSearchPath: [String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map(String.init) + ["/usr/bin", "/bin"]
  }

  private static func run(_ gzip: String, on file: URL) throws -> Data {
    let input = try FileHandle(forReadingFrom: file)
    defer { try? input.close() }
    let output = Pipe()
    let messages = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: gzip)
    process.arguments = ["-dc"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = messages
    try process.run()

    // Both pipes are drained while gzip runs: it would wait for ever on a full one.
    let complaint = Complaint()
    let drained = DispatchGroup()
    DispatchQueue.global().async(group: drained) {
      complaint.data = (try? messages.fileHandleForReading.readToEnd()) ?? Data()
    }
    var content = Data()
    while content.count <= DataFiles.largestByteCount,
      let piece = try output.fileHandleForReading.read(upToCount: 1 << 20), !piece.isEmpty
    {
      content.append(piece)
    }
    if content.count > DataFiles.largestByteCount {
      process.terminate()
      process.waitUntilExit()
      throw DataError.unreadable(
        file: file.path, reason: "it decompresses to more than \(DataFiles.largestByteCount) bytes")
    }
    process.waitUntilExit()
    drained.wait()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let message = String(decoding: complaint.data, as: UTF8.self)
      throw DataError.gzipFailed(
        file: file.path, status: Int(process.terminationStatus),
        message: message.split(separator: "\n").joined(separator: " ").trimmingCharacters(in: .whitespaces))
    }
    return content
  }

  /// What gzip said; written by one thread, read by another after it is done.
  private final class Complaint: @unchecked Sendable {
    var data = Data()
  }
}
