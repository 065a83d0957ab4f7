import Foundation
import Synchronization

/// The lines of the problems that are running, which a signal handler prints if one of them stops the process.
final class CrashReport {
  private static let capacity = 1024
  private static let slots = 256
  /// `slots` lines that end with a newline, each begun by a 0 byte where nothing runs in it.
  nonisolated(unsafe) private static let lines: UnsafeMutablePointer<UInt8> = {
    let lines = UnsafeMutablePointer<UInt8>.allocate(capacity: slots * capacity)
    lines.initialize(repeating: 0, count: slots * capacity)
    return lines
  }()
  nonisolated(unsafe) private static let previous: UnsafeMutablePointer<sigaction> = .allocate(capacity: 65)
  private static let taken = Mutex(Set<Int>())
  private static let signals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT]

  private let slot: Int
  private let line: UnsafeMutablePointer<UInt8>
  private var prefixCount = 0

  init() {
    _ = Self.installed
    slot = Self.taken.withLock { taken in
      let free = (0..<Self.slots).first { !taken.contains($0) } ?? 0
      taken.insert(free)
      return free
    }
    line = Self.lines + slot * Self.capacity
  }

  deinit {
    line[0] = 0
    _ = Self.taken.withLock { $0.remove(slot) }
  }

  /// What the lines of the coming runs have in common.
  func begin(_ prefix: String) {
    line[0] = 0
    prefixCount = 0
    append(prefix)
  }

  /// Says what runs from now on.
  func run(row: String, threads: Int, placement: Placement) {
    let common = prefixCount
    line[common] = 0
    append(" row=")
    append(row)
    append(" threads=")
    line[prefixCount] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: threads % 10)
    prefixCount += 1
    append(placement == .begin ? " place=begin\n" : " place=end\n")
    line[prefixCount] = 0
    prefixCount = common
  }

  func end() { line[0] = 0 }

  private func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      let count = min(bytes.count, Self.capacity - 64 - prefixCount)
      guard count > 0, let base = bytes.baseAddress else { return }
      (line + prefixCount).update(from: base, count: count)
      prefixCount += count
    }
  }

  /// Installed once. The handler writes the lines, gives the signal back to who had it, and lets it happen again.
  private static let installed: Bool = {
    _ = lines
    for signal in signals {
      var action = sigaction()
      #if os(Linux)
        action.__sigaction_handler.sa_handler = { CrashReport.report($0) }
      #else
        action.__sigaction_u.__sa_handler = { CrashReport.report($0) }
      #endif
      sigaction(signal, &action, previous + Int(signal))
    }
    return true
  }()

  private static func report(_ signal: Int32) {
    for slot in 0..<slots {
      let line = lines + slot * capacity
      guard line[0] != 0 else { continue }
      let title: StaticString = "\nCrashed while running:\n  "
      write(2, title.utf8Start, title.utf8CodeUnitCount)
      write(2, line, strlen(UnsafeRawPointer(line).assumingMemoryBound(to: CChar.self)))
    }
    sigaction(signal, previous + Int(signal), nil)
  }
}
