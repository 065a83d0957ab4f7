import Foundation

extension SplitMix64 {
  /// A Float in low ..< high: the top 24 bits of ``next()``, scaled, which is exact in Float.
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * (Float(next() >> 40) * 0x1p-24)
  }

  /// A Float of a range, from the top 24 bits of ``next()``.
  mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    uniform(range.lowerBound, range.upperBound)
  }

  /// A Float in −1 ..< 1: the top 24 bits of ``next()``, divided by 2²³, less 1, which is exact in Float.
  mutating func signedUnit() -> Float {
    Float(next() >> 40) * 0x1p-23 - 1
  }

  /// A Double in 0 ..< 1: the top 53 bits of ``next()``, scaled.
  mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A Double in 0 ..< 1 that is not 0: the middle of one of 2⁵² equal intervals.
  mutating func openUnit() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// A Double of a range.
  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A Double of a range of positive numbers whose logarithm is uniform.
  mutating func logUniform(_ range: ClosedRange<Double>) -> Double {
    exp(uniform(log(range.lowerBound)...log(range.upperBound)))
  }

  /// An integer in 0 ..< bound: the upper 64 bits of ``next()`` times bound. The standard library's `random(in:)` may
  /// change with its version; this does not.
  mutating func next(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool {
    uniform() < probability
  }
}
