import Foundation

/// The decompressed content of a .gz file. The system's gzip decompresses it, so that the package needs no library.
///
/// gzip's output is read on demand: a small file with very large content costs no more time or memory than the bytes
/// that are read.
final class GzipSource: ByteSource {
  let byteCount: Int? = nil
  let largestByteCount: Int

  /// The largest ratio of deflate, in bytes out for each byte in: a match of 258 bytes takes two bits (RFC 1951,
  /// section 3.2.5).
  private static let largestRatio = 4 * 258

  private let path: String
  private let process = Process()
  private let output = Pipe()
  private let complaint = Complaint()
  /// Left when gzip's standard error has been read to its end.
  private let drained = DispatchGroup()

  /// Starts gzip.
  ///
  /// - Parameter searchPath: folders to look for gzip in; by default those of `PATH`, then /usr/bin and /bin.
  init(_ file: URL, searchPath: [String]? = nil) throws(DataError) {
    path = file.path
    largestByteCount = GzipSource.largestRatio * (try DataFiles.requireFile(file))
    let folders = searchPath ?? GzipSource.systemSearchPath
    guard
      let gzip = folders.map({ $0 + "/gzip" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { throw .gzipMissing(file: file.path) }
    do {
      let input = try FileHandle(forReadingFrom: file)
      defer { try? input.close() }
      let messages = Pipe()
      process.executableURL = URL(fileURLWithPath: gzip)
      process.arguments = ["-dc"]
      process.standardInput = input
      process.standardOutput = output
      process.standardError = messages
      try process.run()
      // Standard error is read while gzip runs: otherwise gzip would block on a full pipe.
      DispatchQueue.global().async(group: drained) { [complaint] in
        complaint.data = (try? messages.fileHandleForReading.readToEnd()) ?? Data()
      }
    } catch {
      throw .unreadable(file: file.path, reason: DataFiles.reason(error))
    }
  }

  deinit { stop() }

  private static var systemSearchPath: [String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map(String.init) + ["/usr/bin", "/bin"]
  }

  func read(into memory: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    try DataFiles.read(output.fileHandleForReading.fileDescriptor, into: memory, path: path)
  }

  func finish() throws(DataError) {
    guard try read(1).isEmpty else {
      stop()
      throw .unreadable(file: path, reason: "it decompresses to more bytes than its header claims")
    }
    process.waitUntilExit()
    drained.wait()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let message = String(decoding: complaint.data, as: UTF8.self)
      throw .gzipFailed(
        file: path, status: Int(process.terminationStatus),
        message: message.split(separator: "\n").joined(separator: " ").trimmingCharacters(in: .whitespaces))
    }
  }

  /// Kills gzip where it still runs. SIGKILL, because it may have inherited a signal mask that blocks every other
  /// signal, as on Dispatch's threads.
  private func stop() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// gzip's messages. Unchecked: one thread writes them, and another reads them once ``drained`` is left.
  private final class Complaint: @unchecked Sendable {
    var data = Data()
  }
}
