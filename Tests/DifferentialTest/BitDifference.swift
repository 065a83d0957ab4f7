import Foundation

/// The first place where bits differ; a NaN's sign and payload do not count, which follow from the order of operands.
func bitDifference(
  _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ byteCount: Int, isFloat: Bool
) -> String? {
  guard memcmp(a, b, byteCount) != 0 else { return nil }
  guard byteCount % 4 == 0 else {
    let place = (0..<byteCount).first { memcmp(a + $0, b + $0, 1) != 0 }
    return place.map { "byte \($0) differs" }
  }
  for i in 0..<byteCount / 4 {
    let (x, y) = (a.word(i), b.word(i))
    if x == y { continue }
    guard isFloat else { return "at \(i) is \(x), not \(y)" }
    let (p, q) = (Float(bitPattern: x), Float(bitPattern: y))
    if !(p.isNaN && q.isNaN) { return "at \(i) is \(p) (\(x)), not \(q) (\(y))" }
  }
  return nil
}

extension UnsafeRawPointer {
  /// Four bytes, which need not be aligned: results may be single bytes.
  @inline(__always)
  func word(_ index: Int) -> UInt32 { loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) }
}
