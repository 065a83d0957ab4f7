/// Lanes that can be compared, and whose bits can be worked on as integers.
///
/// The standard library's comparisons of vectors are vector instructions for concrete vector types only; generic code
/// compares lane by lane. So each level gives its own.
protocol ElementwiseLanes: Lanes {
  associatedtype Bits: SIMD, Sendable where Bits.Scalar == Int32, Bits == Vector.MaskStorage
  /// a > b; false where either is NaN.
  static func isGreater(_ a: Vector, _ b: Vector) -> SIMDMask<Bits>
  /// a ≥ b; false where either is NaN.
  static func isAtLeast(_ a: Vector, _ b: Vector) -> SIMDMask<Bits>
  /// a = b; false where either is NaN.
  static func isEqual(_ a: Vector, _ b: Vector) -> SIMDMask<Bits>
}

#if arch(arm64)
  extension NEONLanes: ElementwiseLanes {
    typealias Bits = SIMD4<Int32>
    @inline(always) static func isGreater(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .> b }
    @inline(always) static func isAtLeast(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .>= b }
    @inline(always) static func isEqual(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .== b }
  }
#else
  extension BaselineLanes: ElementwiseLanes {
    typealias Bits = SIMD4<Int32>
    @inline(always) static func isGreater(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .> b }
    @inline(always) static func isAtLeast(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .>= b }
    @inline(always) static func isEqual(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .== b }
  }

  extension AVX2Lanes: ElementwiseLanes {
    typealias Bits = SIMD8<Int32>
    @inline(always) static func isGreater(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .> b }
    @inline(always) static func isAtLeast(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .>= b }
    @inline(always) static func isEqual(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .== b }
  }

  extension AVX512Lanes: ElementwiseLanes {
    typealias Bits = SIMD16<Int32>
    @inline(always) static func isGreater(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .> b }
    @inline(always) static func isAtLeast(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .>= b }
    @inline(always) static func isEqual(_ a: Vector, _ b: Vector) -> SIMDMask<Bits> { a .== b }
  }
#endif

extension ElementwiseLanes {
  @inline(always) static func bits(_ vector: Vector) -> Bits { unsafeBitCast(vector, to: Bits.self) }

  @inline(always) static func vector(_ bits: Bits) -> Vector { unsafeBitCast(bits, to: Vector.self) }

  /// The larger of two values lane by lane; `a` where either is NaN or they are equal.
  @inline(always) static func larger(_ a: Vector, _ b: Vector) -> Vector {
    a.replacing(with: b, where: isGreater(b, a))
  }

  /// `value` between the bounds; NaN stays NaN.
  @inline(always) static func clamp(_ value: Vector, _ low: Float, _ high: Float) -> Vector {
    let least = value.replacing(with: splat(low), where: isGreater(splat(low), value))
    return least.replacing(with: splat(high), where: isGreater(least, splat(high)))
  }

  /// 0, 1, 2 … in the lanes.
  @inline(always) static var laneIndices: Vector {
    var indices = splat(0)
    for lane in 0..<count { indices[lane] = Float(lane) }
    return indices
  }
}
