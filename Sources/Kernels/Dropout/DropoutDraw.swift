import KernelsISA

/// The random numbers of dropout. Draw i of a key is a hash of i and the key, so that any thread, level or pass can
/// compute it, in any order and again.
///
/// The hash is lowbias32 of C. Wellons' hash-prospector (nullprogram.com/blog/2018/07/31; public domain), two rounds of
/// shift, exclusive or and multiplication in which each bit of the argument changes each bit of the result in almost
/// half of all cases. The key is mixed once, by SplitMix64's finaliser. One half of the result is added to the
/// argument, the other between the rounds: without the second, the draws of one key would be those of another in a
/// different order. Only integers are used, so all levels draw the same numbers.
struct DropoutDraw: Sendable {
  let firstKey: UInt32
  let secondKey: UInt32

  /// - Parameter block: the draws' numbers divided by 2³².
  init(key: UInt64, block: Int) {
    var z = key &+ (UInt64(truncatingIfNeeded: block) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    firstKey = UInt32(truncatingIfNeeded: z)
    secondKey = UInt32(truncatingIfNeeded: z >> 32)
  }

  /// Draw i, an integer of 31 bits.
  func callAsFunction(_ i: UInt32) -> UInt32 {
    var x = i &+ firstKey
    x ^= x >> 16
    x = x &* 0x7FEB_352D
    x ^= x >> 15
    x = x &+ secondKey
    x = x &* 0x846C_A68B
    x ^= x >> 16
    return x >> 1
  }
}

/// ``DropoutDraw`` for all lanes of a vector, and the factors that follow from the draws.
struct VectorDraw<L: Lanes> {
  private let firstKey: L.Bits
  private let secondKey: L.Bits
  private let limit: L.Bits
  private let scale: L.Bits

  @inline(always) init(_ p: UnsafePointer<DropoutArguments>) {
    firstKey = L.Bits(repeating: p.pointee.firstKey)
    secondKey = L.Bits(repeating: p.pointee.secondKey)
    limit = L.Bits(repeating: p.pointee.limit)
    scale = L.bits(L.splat(p.pointee.scale))
  }

  /// The scale where draw i keeps its values, else 0.
  @inline(always) func factor(_ i: L.Bits) -> L.Vector {
    var x: L.Bits = i &+ firstKey
    x = x ^ shiftedDown(x, by: 16)
    x = x &* L.Bits(repeating: 0x7FEB_352D)
    x = x ^ shiftedDown(x, by: 15)
    x = x &+ secondKey
    x = x &* L.Bits(repeating: Int32(bitPattern: 0x846C_A68B))
    x = x ^ shiftedDown(x, by: 16)
    // Negative where the draw is above the limit; the shift makes that a mask.
    let room: L.Bits = limit &- shiftedDown(x, by: 1)
    let isDropped: L.Bits = room &>> L.Bits(repeating: 31)
    return L.vector(scale & (isDropped ^ L.Bits(repeating: -1)))
  }

  @inline(always) private func shiftedDown(_ x: L.Bits, by count: Int32) -> L.Bits {
    let mask: Int32 = Int32.max &>> (count &- 1)
    return (x &>> L.Bits(repeating: count)) & L.Bits(repeating: mask)
  }
}
