import Foundation

/// The most memory that the process has held at a time.
///
/// The system keeps one mark for the whole process; Linux lets a process lower it to what is held now.
enum PeakMemory {
  /// Starts anew; false where the system does not permit it, so that the mark stays that of the whole process.
  static func reset() -> Bool {
    #if os(Linux)
      // clear_refs(5): "Writing 5 to this file resets the peak resident set size to the process's current" (proc(5)).
      guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
      defer { try? file.close() }
      return (try? file.write(contentsOf: Data("5".utf8))) != nil
    #else
      return false
    #endif
  }

  /// The mark, in bytes.
  static var byteCount: Int {
    #if os(Linux)
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
      else { return 0 }
      return kibibytes * 1024
    #else
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0
    #endif
  }
}
