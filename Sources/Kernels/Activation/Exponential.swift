import KernelsISA

extension Lanes {
  /// -x. (The standard library's operator works lane by lane, and makes the compiler split what follows into lanes,
  /// too.)
  @inline(always) static func negative(_ x: Vector) -> Vector { splat(-0.0) - x }

  /// Whether a comparison holds in all lanes.
  @inline(always) static func all(_ mask: SIMDMask<Vector.MaskStorage>) -> Bool {
    if Vector.self == SIMD32<Float>.self {
      var lanes = unsafeBitCast(mask, to: SIMD32<Int32>.self)
      return isa_all32(&lanes) != 0
    } else if Vector.self == SIMD16<Float>.self {
      var lanes = unsafeBitCast(mask, to: SIMD16<Int32>.self)
      return isa_all16(&lanes) != 0
    } else if Vector.self == SIMD8<Float>.self {
      var lanes = unsafeBitCast(mask, to: SIMD8<Int32>.self)
      return isa_all8(&lanes) != 0
    } else {
      var lanes = unsafeBitCast(mask, to: SIMD4<Int32>.self)
      return isa_all4(&lanes) != 0
    }
  }

  /// q and a whole number n with exp(x) = (1 + q)·2ⁿ for |x| ≤ 2²¹, q = exp(r) - 1, |r| ≤ ln(2)/2; n in the low bits of
  /// `power`, for ``scale(_:_:)``, ``powerOfTwo(_:)`` and ``exponent(_:)``.
  ///
  /// Adding 1.5·2²³ rounds x/ln(2) to the nearest whole number, which is then in the low bits of the sum. ln(2) is
  /// split in two (Cody and Waite): the first part has 15 bits, so that its product with n is exact for |n| < 512. q =
  /// r + r²·P(r); P is the minimax polynomial of degree 4 of (exp(r) - 1 - r)/r², fitted by Remez' exchange in 40
  /// digits with the error of exp as its weight: 3.1e-9 relative, 0.05 ulp of exp. Two halves of P are computed side by
  /// side.
  ///
  /// - Parameter roundingError: what rounding took from x, which is added to r. It is too small to change n.
  @inline(always) static func exponentialParts(_ x: Vector, roundingError: Vector? = nil) -> (q: Vector, power: Bits) {
    let shift = splat(12_582_912)
    let shifted = multiplyAdd(x, splat(1.442_695_04), shift)
    let whole = shifted - shift
    let high = multiplyAdd(whole, splat(-0x1.62e4p-1), x)
    var r = multiplyAdd(whole, splat(-0x1.7f7d1cp-20), high)
    if let roundingError { r += roundingError }
    let square = r * r
    var p = multiplyAdd(splat(0.008_368_745), r, splat(0.041_668_389))
    p = multiplyAdd(splat(0.001_381_453_7), square, p)
    let low = multiplyAdd(splat(0.166_665_21), r, splat(0.499_999_94))
    p = multiplyAdd(p, square, low)
    return (multiplyAdd(p, square, r), bits(shifted))
  }

  /// v·2ⁿ for normal v and normal results.
  @inline(always) static func scale(_ v: Vector, _ power: Bits) -> Vector {
    vector(bits(v) &+ (power &<< Bits(repeating: 23)))
  }

  /// 2ⁿ for -126 ≤ n ≤ 127.
  @inline(always) static func powerOfTwo(_ power: Bits) -> Vector { scale(splat(1), power) }

  /// The number n of `exponentialParts`.
  @inline(always) static func exponent(_ power: Bits) -> Bits { power &- Bits(repeating: 0x4B40_0000) }

  /// v·2ⁿ for -252 ≤ n ≤ 254, rounded once where the result is denormal.
  @inline(always) static func scaleFar(_ v: Vector, _ power: Bits) -> Vector {
    let n = exponent(power)
    let half = n &>> Bits(repeating: 1)
    return (v * powerOfTwo(half)) * powerOfTwo(n &- half)
  }

  /// The largest |x| for which exp(x) and exp(-x) are both normal numbers.
  @inline(always) static var normalBound: Vector { splat(87) }

  /// exp(x) for |x| ≤ 87, within 1 ulp.
  @inline(always) static func normalExponential(_ x: Vector) -> Vector {
    let (q, power) = exponentialParts(x)
    return scale(splat(1) + q, power)
  }

  /// exp(x), within 1 ulp over all of Float, also of denormal results. A vector takes longer where the |x| of a lane is
  /// above 87 or NaN.
  @inline(always) static func exponential(_ x: Vector) -> Vector {
    let result = normalExponential(x)
    return all(normalBound .>= magnitude(x)) ? result : farExponential(x)
  }

  /// exp(x) over all of Float without a branch; the same bits as `exponential`. Below -104 the result is set to 0,
  /// because underflow costs some processors tens of cycles.
  @inline(always) static func farExponential(_ x: Vector) -> Vector {
    let isZero = splat(-104) .> x
    let bounded = x.replacing(with: splat(89), where: x .> splat(89))
    let (q, power) = exponentialParts(bounded.replacing(with: splat(0), where: isZero))
    return scaleFar(splat(1) + q, power).replacing(with: splat(0), where: isZero)
  }

  /// v·exp(x) for negative x and |v| at most 310, rounded once where the result is denormal.
  @inline(always) static func exponential(_ x: Vector, times v: Vector) -> Vector {
    let (q, power) = exponentialParts(x.replacing(with: splat(-112), where: splat(-112) .> x))
    return scaleFar((splat(1) + q) * v, power)
  }

  /// The result, but NaN where x is -infinity, for functions that PyTorch computes as -∞·0 there.
  @inline(always) static func nanAtNegativeInfinity(_ result: Vector, _ x: Vector) -> Vector {
    result.replacing(with: splat(.nan), where: x .== splat(-.infinity))
  }

  /// The rounding error of a product: the exact a·b minus `product`, its rounded value.
  ///
  /// One fused multiply-add where the level has it. Otherwise both factors are split into halves of 12 bits, whose
  /// products are exact (Dekker).
  @inline(always) static func roundingError(_ a: Vector, _ b: Vector, product: Vector) -> Vector {
    #if arch(x86_64)
      if Self.self == BaselineLanes.self {
        let mask = Bits(repeating: -4096)
        let (aHigh, bHigh) = (vector(bits(a) & mask), vector(bits(b) & mask))
        let (aLow, bLow) = (a - aHigh, b - bHigh)
        return ((aHigh * bHigh - product) + aHigh * bLow) + (aLow * bHigh + aLow * bLow)
      }
    #endif
    return multiplyAdd(a, b, negative(product))
  }
}
