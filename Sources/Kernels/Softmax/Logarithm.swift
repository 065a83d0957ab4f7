extension Lanes {
  /// log(x) for positive normal x, within 2 ulp; NaN stays NaN.
  ///
  /// With x = m·2ⁿ, m in [√½, √2), and f = m − 1 (exact): log(x) = n·ln(2) + f − f²/2 + f³·Q(f). ln(2) is split into two
  /// constants so that n times the first is exact. Q is the minimax polynomial of degree 8, fitted with Remez' exchange in 40
  /// digits for the relative error of log: 7.5e-10, 0.013 ulp.
  @inline(always) static func logarithm(_ x: Vector) -> Vector {
    x.replacing(with: normalLogarithm(x), where: x .== x)
  }

  /// log(x) for positive normal x; the result for NaN is undefined.
  @inline(always) static func normalLogarithm(_ x: Vector) -> Vector {
    let aboveRootHalf = bits(x) &- Bits(repeating: 0x3F35_04F3)
    let n = aboveRootHalf &>> Bits(repeating: 23)
    let f = vector(bits(x) &- (n &<< Bits(repeating: 23))) - splat(1)
    let exponent = vector(n &+ Bits(repeating: 0x4B40_0000)) - splat(12_582_912)
    var q = splat(0.067_465_983)
    q = multiplyAdd(q, f, splat(-0.116_756_14))
    q = multiplyAdd(q, f, splat(0.118_881_606))
    q = multiplyAdd(q, f, splat(-0.124_055_952))
    q = multiplyAdd(q, f, splat(0.142_195_54))
    q = multiplyAdd(q, f, splat(-0.166_679_95))
    q = multiplyAdd(q, f, splat(0.200_021_19))
    q = multiplyAdd(q, f, splat(-0.250_000_09))
    q = multiplyAdd(q, f, splat(0.333_333_13))
    let square = f * f
    var small = multiplyAdd(square * f, q, splat(-0.5) * square)
    small = multiplyAdd(exponent, splat(0x1.7f7d1cp-20), small)
    return multiplyAdd(exponent, splat(0x1.62e4p-1), f + small)
  }
}
