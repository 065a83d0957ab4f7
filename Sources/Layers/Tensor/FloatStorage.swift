import Foundation

/// Floats in memory that starts on a cache line.
final class FloatStorage: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>

  /// Memory that holds anything; the caller writes it before it is read.
  init(uninitialized count: Int) {
    self.count = count
    let bytes = max(count * MemoryLayout<Float>.stride, 64)
    pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
  }

  convenience init(repeating value: Float, count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(repeating: value, count: count)
  }

  convenience init(copying source: UnsafePointer<Float>, count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(from: source, count: count)
  }

  /// Whether the system grants memory for so many floats. Small requests are not tried.
  static func fits(_ count: Int) -> Bool {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    if overflow { return false }
    if byteCount < 1 << 28 { return true }
    guard let trial = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
      trial != MAP_FAILED
    else { return false }
    munmap(trial, byteCount)
    return true
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
