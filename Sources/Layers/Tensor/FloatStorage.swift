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

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
