/// A generator of reproducible numbers (SplitMix64), and of sizes near those at which kernels change what they do.
public struct Draw: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// One of 0 ..< count.
  @inline(__always)
  mutating func below(_ count: Int) -> Int {
    Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(truncatingIfNeeded: count)) >> 32)
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(max(range.upperBound - range.lowerBound + 1, 1))
  }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func flag() -> Int { below(2) }

  /// What ``ProblemParameters/fusedActivation`` reads.
  mutating func fusedActivation() -> Int { pick([0, 0, 1, 1, 6]) }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// A number near a multiple of a vector's lanes, or of `other`.
  mutating func nearMultiple(upTo most: Int, of other: Int = 16) -> Int {
    let unit = once(in: 3) ? max(other, 1) : pick([4, 8, 16, 32, 64])
    let multiple = unit * int(1...max(most / unit, 1))
    return min(max(multiple + pick([-1, 0, 0, 1]), 1), most)
  }

  /// A size of at least 1: small ones, those near multiples of vectors, and any.
  mutating func size(upTo most: Int, near unit: Int = 16) -> Int {
    switch below(8) {
    case 0: 1
    case 1, 2: int(1...min(most, 9))
    case 3, 4, 5: nearMultiple(upTo: most, of: unit)
    case 6: int(1...min(most, 40))
    default: int(1...most)
    }
  }

  /// A number of images: around the lanes of vectors, rarely none.
  mutating func batch() -> Int {
    if once(in: 40) { return 0 }
    return pick([1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 31, 32, 33, 47, 48, 49, 63, 64, 65])
  }

  /// The multiply-adds that a problem may have: at most 2^21, so that the reference takes milliseconds; now and then 2^24.
  mutating func workLimit() -> Int { once(in: 400) ? 1 << 24 : 1 << int(12...21) }
}

extension Draw {
  /// A length of an array: around vectors and around the shares of threads; rarely none, or enough that outputs are
  /// stored past the caches.
  mutating func count() -> Int {
    switch below(3000) {
    case 0: (4 << 20) + pick([0, 1, 16, 37])
    case 1...60: 0
    case 61...400: int(1...20_000)
    case 401...900: nearMultiple(upTo: 3000, of: 192)
    default: size(upTo: 700, near: 64)
    }
  }
}
