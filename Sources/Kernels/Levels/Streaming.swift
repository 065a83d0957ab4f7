import ISA

extension Lanes {
  /// Stores a vector past the caches, to an address that is a multiple of its size.
  ///
  /// Without it, the line that is overwritten is first read from memory: half as much traffic again for a copy. A run
  /// that uses it ends with ``isa_stream_fence``.
  @inline(__always) static func stream(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: vector) {
      if count == 16 {
        isa_stream16(destination, $0)
      } else if count == 8 {
        isa_stream8(destination, $0)
      } else {
        isa_stream4(destination, $0)
      }
    }
  }
}

/// When outputs are stored past the caches.
enum Streaming {
  /// Bytes of output from which on it is not kept in the caches: with what it is made from, it fills a last-level cache
  /// of 32 MB. Below, the next operation finds it there.
  static let threshold = 16 << 20

  /// Whether an output that is written whole and once is stored past the caches.
  static func pays(outputCount: Int) -> Bool { outputCount >= threshold / 4 }

  /// Whether vectors that lie whole vectors behind an address can be streamed at every level.
  @inline(__always)
  static func isAligned(_ address: UnsafeMutablePointer<Float>) -> Bool { UInt(bitPattern: address) % 64 == 0 }
}
