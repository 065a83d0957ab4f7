import KernelsISA

/// The arguments of the level functions of ``ImageKernels/addNoise(_:count:standardDeviation:clamps:key:)``.
struct ImageNoiseArguments {
  /// The values; read and written.
  var image: UnsafeMutablePointer<Float>
  var count: Int
  var standardDeviation: Float
  /// Whether the results are clamped to 0 … 1.
  var clamps: Bool
  /// The key that is added before the first round of the hash.
  var firstKey: UInt32
  /// The key that is added between the two rounds.
  var secondKey: UInt32
}

/// Adds normally distributed numbers, by Box and Muller's method ("A note on the generation of random normal deviates",
/// Ann. Math. Stat. 29, 1958): √(−2·ln u)·cos(2πv) and √(−2·ln u)·sin(2πv) of two uniform numbers.
///
/// The uniform numbers of pair i are hashes of 2i and 2i + 1 with the keys, like those of ``DropoutDraw``, so no number
/// depends on another. u has 24 bits, so no result is farther than 5.77 from 0. LLVM's loop vectoriser compiles the
/// loop to each level's instructions. Without fused operations, all levels give the same bits.
@inline(always)
func noise(_ p: UnsafePointer<ImageNoiseArguments>) {
  let (image, standardDeviation) = (p.pointee.image, p.pointee.standardDeviation)
  let pairs = p.pointee.count / 2
  let second = image + pairs
  var i = 0
  while i < pairs {
    let (a, b) = normalPair(UInt32(truncatingIfNeeded: i), p.pointee.firstKey, p.pointee.secondKey)
    image[i] += standardDeviation * a
    second[i] += standardDeviation * b
    i &+= 1
  }
  if p.pointee.count & 1 != 0 {
    let (a, _) = normalPair(UInt32(truncatingIfNeeded: pairs), p.pointee.firstKey, p.pointee.secondKey)
    image[2 &* pairs] += standardDeviation * a
  }
  if p.pointee.clamps {
    i = 0
    while i < p.pointee.count {
      let value = image[i]
      image[i] = value < 0 ? 0 : value > 1 ? 1 : value
      i &+= 1
    }
  }
}

@inline(always)
private func normalPair(_ i: UInt32, _ firstKey: UInt32, _ secondKey: UInt32) -> (Float, Float) {
  let first = hash(2 &* i, firstKey, secondKey)
  let phase = hash(2 &* i &+ 1, firstKey, secondKey)
  // 0 < u ≤ 1.
  let u = Float(Int32(bitPattern: (first &>> 8) &+ 1)) * 0x1p-24
  let radius = (-2 * logarithm(u)).squareRoot()
  // The upper two bits choose the quadrant, the others an angle of −π/4 to π/4 from its middle.
  let angle = Float(Int32(bitPattern: phase &<< 2)) * (0x1p-32 * Float.pi / 2)
  let square = angle * angle
  let (sine, cosine) = (sineOf(angle, square), cosineOf(square))
  let isOdd = phase & 0x4000_0000 != 0
  let (across, along) = (isOdd ? sine : cosine, isOdd ? cosine : sine)
  let sign = phase & 0x8000_0000
  // cos(a + π/2) = −sin(a), sin(a + π/2) = cos(a); half a circle further both signs change.
  let flipped = sign ^ (isOdd ? 0x8000_0000 : 0)
  return (
    radius * Float(bitPattern: across.bitPattern ^ flipped), radius * Float(bitPattern: along.bitPattern ^ sign)
  )
}

/// lowbias32 of C. Wellons' hash-prospector, with one key added before its first round and one between its two rounds.
@inline(always)
private func hash(_ i: UInt32, _ firstKey: UInt32, _ secondKey: UInt32) -> UInt32 {
  var x = i &+ firstKey
  x ^= x &>> 16
  x = x &* 0x7FEB_352D
  x ^= x &>> 15
  x = x &+ secondKey
  x = x &* 0x846C_A68B
  return x ^ (x &>> 16)
}

/// The natural logarithm of a positive normal number: `Lanes.normalLogarithm` without fused operations.
@inline(always)
private func logarithm(_ x: Float) -> Float {
  let bits = Int32(bitPattern: x.bitPattern)
  let n: Int32 = (bits &- 0x3F35_04F3) &>> 23
  let f = Float(bitPattern: UInt32(bitPattern: bits &- (n &<< 23))) - 1
  let exponent = Float(n)
  var q: Float = 0.067_465_983
  q = q * f - 0.116_756_14
  q = q * f + 0.118_881_606
  q = q * f - 0.124_055_952
  q = q * f + 0.142_195_54
  q = q * f - 0.166_679_95
  q = q * f + 0.200_021_19
  q = q * f - 0.250_000_09
  q = q * f + 0.333_333_13
  let square = f * f
  let small: Float = square * f * q - 0.5 * square + exponent * 0x1.7f7d1cp-20
  return exponent * 0x1.62e4p-1 + (f + small)
}

/// The sine for −π/4 to π/4, as cephes' `sinf` (S. Moshier, netlib.org/cephes; relative error 2⁻²³).
@inline(always)
private func sineOf(_ x: Float, _ square: Float) -> Float {
  var q: Float = -1.951_529_6e-4
  q = q * square + 8.332_161e-3
  q = q * square - 1.666_665_5e-1
  return q * square * x + x
}

/// The cosine for −π/4 to π/4, as cephes' `cosf`.
@inline(always)
private func cosineOf(_ square: Float) -> Float {
  var q: Float = 2.443_315_7e-5
  q = q * square - 1.388_731_6e-3
  q = q * square + 4.166_664_6e-2
  return q * square * square - 0.5 * square + 1
}
