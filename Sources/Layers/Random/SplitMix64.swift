/// Steele, Lea and Flood's SplitMix64 ("Fast splittable pseudorandom number generators", OOPSLA 2014): 64 bits of
/// state; the same numbers on every platform.
///
/// Sequences that must not depend on each other, such as one for each image, are streams of one seed:
/// ``init(seed:stream:)``.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator whose numbers follow from the seed.
  public init(seed: UInt64) { state = seed }

  /// The generator of one of the 2⁶⁴ streams of a seed.
  public init(seed: UInt64, stream: UInt64) {
    var seeds = SplitMix64(seed: seed)
    self.init(seed: SplitMix64.key(seed: seeds.next() ^ stream))
  }

  /// 64 bits, each 0 or 1 with probability ½.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension SplitMix64 {
  /// The first number of a seed's sequence.
  private static func key(seed: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: seed)
    return generator.next()
  }

  /// The first number of a stream, as a seed with its own streams.
  static func key(seed: UInt64, stream: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: seed, stream: stream)
    return generator.next()
  }
}
