import Foundation
import Kernels

/// Floats in memory aligned to a cache line (64 bytes). Unchecked: its users make sure that no one writes while others
/// access it.
final class FloatStorage: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>
  /// The memory behind ``pointer`` if it is in pages of its own.
  private let pages: PageMemory?

  /// Uninitialised memory, which the caller must write before it is read.
  init(uninitialized count: Int) {
    self.count = count
    let bytes = max(count * MemoryLayout<Float>.stride, 64)
    pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
    pages = nil
  }

  /// Zeros that live as long as a model or a plan, in huge pages where there are enough of them (``PageMemory``).
  init(zeros count: Int) {
    self.count = count
    let pages = PageMemory(byteCount: count * MemoryLayout<Float>.stride)
    self.pages = pages
    pointer = pages.base.assumingMemoryBound(to: Float.self)
  }

  convenience init(repeating value: Float, count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(repeating: value, count: count)
  }

  convenience init(copying source: UnsafePointer<Float>, count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(from: source, count: count)
  }

  /// Whether the system can allocate memory for `count` floats: tried for 256 MiB and more, assumed below.
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

  deinit {
    if let pages { pages.deallocate() } else { UnsafeMutableRawPointer(pointer).deallocate() }
  }
}
