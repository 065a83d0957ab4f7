extension SplitMix64 {
  /// A number in −1 ..< 1: the upper 24 bits of ``next()``, divided by 2²³, less 1, which is exact in Float.
  mutating func nextSignedUnit() -> Float {
    Float(next() >> 40) * 0x1p-23 - 1
  }

  /// An integer in 0 ..< bound: the upper 64 bits of ``next()`` times bound. The standard library's `random(in:)` may
  /// change with its version; this does not.
  mutating func next(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Puts elements into random order (Fisher and Yates: from the last to the second, each changes places with one of
  /// those up to it).
  mutating func shuffle<Element>(_ elements: UnsafeMutableBufferPointer<Element>) {
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, next(below: last + 1))
      last -= 1
    }
  }
}
