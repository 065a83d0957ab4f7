import Foundation

/// What the memory of this machine can do.
enum MemoryBandwidth {
  /// Bytes read and written a second while 64 MiB are copied: the median over pieces of 1 MiB, for at least 0.2 s, so that
  /// what interrupts some of them does not count.
  static func copying() -> Double {
    let count = 64 << 20
    let piece = 1 << 20
    let source = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    let target = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    defer {
      source.deallocate()
      target.deallocate()
    }
    memset(source, 1, count)
    memset(target, 2, count)
    let start = SliceTime.now()
    var times: [Double] = []
    repeat {
      for offset in stride(from: 0, to: count, by: piece) {
        let before = SliceTime.now()
        memcpy(target + offset, source + offset, piece)
        blackHole(target)
        times.append((SliceTime.now() - before).wallNanoseconds)
      }
    } while (SliceTime.now() - start).wallNanoseconds < 0.2e9
    return 2 * Double(piece) / (Quantiles.median(times) * 1e-9)
  }
}
