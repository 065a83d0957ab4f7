import Layers

/// Checks of bilinear operations that cost far less than the operation.
///
/// An operation's result on integers is summed with random factors along one or two dimensions, and compared with what
/// the operation gives on inputs that are summed with the same factors, which is a far smaller problem. All is done in
/// 64-bit integers, modulo 2⁶⁴. The factors are odd, so that a single wrong value always changes a sum; several wrong
/// ones in the same sum cancel with a probability of 2⁻³¹ or less.
enum Checksum {
  /// Random odd factors of 32 bits, always the same.
  static func factors(_ count: Int, seed: UInt64 = 1) -> [Int] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in Int(truncatingIfNeeded: random.next() >> 32) | 1 }
  }

  /// An input's value; inputs are small integers.
  static func integer(_ value: Float) -> Int { Int(value) }

  /// The sum of results times factors; nil where a result is no integer that a float holds exactly, as NaN.
  static func sum(_ values: UnsafePointer<Float>, _ factors: [Int]) -> Int? {
    var sum = 0
    for i in factors.indices {
      guard let value = result(values[i]) else { return nil }
      sum &+= value &* factors[i]
    }
    return sum
  }

  /// A result's value; nil where it is no integer that a float holds exactly.
  static func result(_ value: Float) -> Int? {
    guard abs(value) <= 0x1p24 else { return nil }
    let integer = Int(value)
    return Float(integer) == value ? integer : nil
  }
}
