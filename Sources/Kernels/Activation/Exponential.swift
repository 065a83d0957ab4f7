extension ElementwiseLanes {
  /// n and q with exp(x) = (1 + q)·2ⁿ for |x| ≤ 2²¹, n a whole number and q = exp(r) - 1, |r| ≤ ln(2)/2.
  ///
  /// Adding 1.5·2²³ rounds x/ln(2) to the nearest whole number, which then lies in the low bits of the sum. ln(2) is cut
  /// in two (Cody and Waite): the first part has 15 bits, so that its product with n is exact for |n| < 512.
  /// q = r + r²·P(r); P is the minimax polynomial of degree 4 of (exp(r) - 1 - r)/r², fitted by Remez' exchange in 40
  /// digits with the error of exp as its weight: 3.1e-9 relative, 0.05 ulp of exp.
  @inline(always) static func exponentialParts(_ x: Vector) -> (q: Vector, n: Bits) {
    let shift = splat(12_582_912)
    let shifted = multiplyAdd(x, splat(1.442_695_04), shift)
    let whole = shifted - shift
    let high = multiplyAdd(whole, splat(-0x1.62e4p-1), x)
    let r = multiplyAdd(whole, splat(-0x1.7f7d1cp-20), high)
    var p = splat(0.001_381_453_7)
    p = multiplyAdd(p, r, splat(0.008_368_745))
    p = multiplyAdd(p, r, splat(0.041_668_389))
    p = multiplyAdd(p, r, splat(0.166_665_21))
    p = multiplyAdd(p, r, splat(0.499_999_94))
    let q = multiplyAdd(r * r, p, r)
    return (q, bits(shifted) &- Bits(repeating: 0x4B40_0000))
  }

  /// 2ⁿ for -126 ≤ n ≤ 127.
  @inline(always) static func powerOfTwo(_ n: Bits) -> Vector {
    vector((n &+ Bits(repeating: 127)) &<< Bits(repeating: 23))
  }

  /// exp(x), within 2 ulp over all of Float, also where the result is denormal. The scale 2ⁿ is applied in two steps, as
  /// n lies in -150...128. Below -104 the result is put to 0 rather than let to underflow, which costs some processors
  /// tens of cycles.
  @inline(always) static func exponential(_ x: Vector) -> Vector {
    let isZero = splat(-104) .> x
    let bounded = x.replacing(with: splat(89), where: x .> splat(89))
    let (q, n) = exponentialParts(bounded.replacing(with: splat(0), where: isZero))
    let half = n &>> Bits(repeating: 1)
    let result = ((splat(1) + q) * powerOfTwo(half)) * powerOfTwo(n &- half)
    return result.replacing(with: splat(0), where: isZero)
  }
}
