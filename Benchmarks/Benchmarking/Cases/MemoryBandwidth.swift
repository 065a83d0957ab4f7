import Foundation

/// What the memory of this machine can do.
enum MemoryBandwidth {
  /// Bytes read and written a second while 64 MiB are copied, the best of several copies of 0.2 s together.
  static func copying() -> Double {
    let count = 64 << 20
    let source = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    let target = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    defer {
      source.deallocate()
      target.deallocate()
    }
    memset(source, 1, count)
    memset(target, 2, count)
    let start = SliceTime.now()
    var best = Double.infinity
    repeat {
      let before = SliceTime.now()
      memcpy(target, source, count)
      blackHole(target)
      best = min(best, (SliceTime.now() - before).wallNanoseconds)
    } while (SliceTime.now() - start).wallNanoseconds < 0.2e9
    return 2 * Double(count) / (best * 1e-9)
  }
}
