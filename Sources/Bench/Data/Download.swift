import Foundation

/// The programs that a download needs.
struct DownloadTools {
  let curl: SystemTool
  let tar: SystemTool
  let md5: MD5Tool

  /// - Throws: ``UsageError`` that names what the system lacks.
  init(environment: [String: String]) throws(UsageError) {
    func tool(_ name: String) throws(UsageError) -> SystemTool {
      guard let tool = SystemTool(name, environment: environment) else {
        throw UsageError("a download needs the program \(name), which is not on PATH; expected it installed")
      }
      return tool
    }
    curl = try tool("curl")
    tar = try tool("tar")
    guard let md5 = MD5Tool(environment: environment) else {
      throw UsageError("a download is checked by its MD5 sum, but \(MD5Tool.missing); expected one installed")
    }
    self.md5 = md5
  }
}

/// Fetches one file with curl, from the first of several addresses that has it whole.
///
/// What has come lies beside the file's place, under its name and `.part`, until its size and sum are right; then it takes
/// its name. A download that ends early, or was interrupted, goes on where it stopped, at whatever address: all have the
/// same bytes.
struct Download {
  /// When curl gives up.
  struct Limits {
    var connectSeconds = 20
    /// A transfer that is slower than `bytesPerSecond` for so long has stalled.
    var stallSeconds = 30
    var bytesPerSecond = 1000
    /// Transfers from one address that end early, before the next address is tried.
    var attempts = 8
  }

  enum Outcome {
    case done
    /// What has come is kept.
    case interrupted
  }

  let file: DataArchive.File
  /// Where the file is, in the order in which they are tried.
  let addresses: [String]
  /// The folder that the file is for; it exists.
  let folder: URL
  let tools: DownloadTools
  var limits = Limits()
  /// Asked all the time; true ends the download.
  var isInterrupted: () -> Bool = { false }
  /// Takes a line about what happens.
  var note: (String) throws(UsageError) -> Void = { (_) throws(UsageError) in }
  /// Takes the number of bytes that have come, several times a second.
  var progress: (Int) -> Void = { _ in }

  var target: URL { folder.appendingPathComponent(file.name) }
  var partial: URL { folder.appendingPathComponent(file.name + ".part") }

  /// How an address did.
  private enum Transfer {
    case complete
    case interrupted
    /// In words; what has come is kept for the next address, unless it was wrong.
    case failed(String)
  }

  /// - Throws: ``UsageError`` when no address gave the file, with what each one did, and when it cannot be written.
  func run() throws(UsageError) -> Outcome {
    if let size = try regularFileSize(partial), size >= file.content.byteCount {
      if try accept() == nil { return .done }
      try note("\(partial.path) is not the file's beginning: deleted")
    }
    var failures: [String] = []
    for address in addresses {
      if isInterrupted() { return .interrupted }
      switch try fetch(from: address) {
      case .complete: return .done
      case .interrupted: return .interrupted
      case .failed(let reason):
        failures.append("\(address): \(reason)")
        try note(reason)
      }
    }
    let size = try regularFileSize(partial) ?? 0
    // curl makes the file before anything comes.
    if size == 0 { try remove(partial) }
    throw UsageError(
      "\(file.name) was not downloaded: \(failures.joined(separator: "; "))"
        + (size > 0 ? "; \(size) bytes are kept in \(partial.path), where the same command goes on" : ""))
  }

  private func fetch(from address: String) throws(UsageError) -> Transfer {
    var reason = ""
    for _ in 0..<limits.attempts {
      let before = try regularFileSize(partial) ?? 0
      try note("from \(address)\(before > 0 ? ", resumed at byte \(before)" : "")")
      let result = try transfer(address, from: before)
      if isInterrupted() { return .interrupted }
      let after = try regularFileSize(partial) ?? 0
      if after >= file.content.byteCount {
        guard let complaint = try accept() else { return .complete }
        // The beginning may be another address's fault.
        guard before > 0 else { return .failed("\(complaint): deleted") }
        reason = complaint
        try note("\(complaint), of which the beginning was there before: deleted, once more")
        continue
      }
      switch result.status {
      // Ended early, broken off, or stalled: worth another attempt where it brought something.
      case 0, 18, 28, 52, 56, 92:
        reason =
          result.status == 28 ? curlReason(result) : "ended after \(after) of \(file.content.byteCount) bytes"
        guard after > before else { return .failed(reason) }
        try note(reason)
      // It sends the whole file whatever part is asked for.
      case 33 where before > 0:
        reason = "does not send parts of a file"
        try note("\(reason): once more from the beginning")
        try remove(partial)
      case 23: throw UsageError("\(partial.path) cannot be written: \(curlReason(result))")
      default: return .failed(curlReason(result))
      }
    }
    return .failed(reason)
  }

  /// One run of curl.
  private func transfer(_ address: String, from byteCount: Int) throws(UsageError) -> SystemTool.Result {
    // Without buffer, so that what has come is in the file when curl is stopped.
    var arguments = [
      "--silent", "--show-error", "--no-buffer", "--fail", "--location", "--max-redirs", "10", "--proto", "=http,https",
      "--connect-timeout", "\(limits.connectSeconds)", "--speed-time", "\(limits.stallSeconds)", "--speed-limit",
      "\(limits.bytesPerSecond)", "--output", partial.path, "--url", address,
    ]
    if byteCount > 0 { arguments += ["--continue-at", "\(byteCount)"] }
    return try tools.curl.run(arguments) {
      // A size that cannot be had now is an error after the run.
      let size = (try? regularFileSize(partial)) ?? 0
      progress(size)
      return isInterrupted() || size > file.content.byteCount
    }
  }

  /// Gives the partial file its name if it is what was expected, or deletes it.
  /// - Returns: what is wrong with it; nil for nothing.
  private func accept() throws(UsageError) -> String? {
    let size = try regularFileSize(partial) ?? 0
    var complaint: String?
    if size != file.content.byteCount {
      complaint = "sent more than the file's \(file.content.byteCount) bytes"
    } else {
      let sum = try tools.md5.sum(of: partial)
      if sum != file.content.md5 { complaint = "sent a file with MD5 \(sum); expected \(file.content.md5)" }
    }
    if complaint != nil {
      try remove(partial)
    } else if rename(partial.path, target.path) != 0 {
      throw UsageError("\(target.path) cannot be written: \(String(cString: strerror(errno)))")
    }
    return complaint
  }

  private func remove(_ url: URL) throws(UsageError) {
    guard unlink(url.path) == 0 || errno == ENOENT else {
      throw UsageError("\(url.path) cannot be deleted: \(String(cString: strerror(errno)))")
    }
  }

  /// What curl says, without its name and number.
  private func curlReason(_ result: SystemTool.Result) -> String {
    let line = result.lastError
    guard !line.isEmpty else { return "curl ended with status \(result.status.map(String.init) ?? "of a signal")" }
    guard line.hasPrefix("curl: ("), let end = line.firstIndex(of: ")") else { return line }
    return line[line.index(after: end)...].trimmingCharacters(in: .whitespaces)
  }
}
