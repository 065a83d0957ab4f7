import ISA

/// A vector of floats whose comparisons are single instructions in generic code, too.
///
/// The standard library compares vectors by vector instructions where the type-checker knows the vector's type. Generic
/// code gets forms that compare lane by lane, which the optimiser does not put together again as it does with sums and
/// products. As requirements of a protocol the operators are the known type's own.
protocol FloatVector: SIMD, Sendable where Scalar == Float {
  static func .> (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .>= (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .== (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .!= (a: Self, b: Self) -> SIMDMask<MaskStorage>
}

extension SIMD4: FloatVector where Scalar == Float {}
extension SIMD8: FloatVector where Scalar == Float {}
extension SIMD16: FloatVector where Scalar == Float {}

/// Lanes that can be compared, and whose bits can be worked on as integers.
protocol ElementwiseLanes: Lanes where Vector: FloatVector {
  associatedtype Bits: SIMD, Sendable where Bits.Scalar == Int32
}

#if arch(arm64)
  extension NEONLanes: ElementwiseLanes { typealias Bits = SIMD4<Int32> }
#else
  extension BaselineLanes: ElementwiseLanes { typealias Bits = SIMD4<Int32> }
  extension AVX2Lanes: ElementwiseLanes { typealias Bits = SIMD8<Int32> }
  extension AVX512Lanes: ElementwiseLanes { typealias Bits = SIMD16<Int32> }
#endif

extension ElementwiseLanes {
  @inline(always) static func bits(_ vector: Vector) -> Bits { unsafeBitCast(vector, to: Bits.self) }

  @inline(always) static func vector(_ bits: Bits) -> Vector { unsafeBitCast(bits, to: Vector.self) }

  /// a / b in whole vectors, which the operator on vectors does not see to.
  @inline(always) static func divide(_ a: Vector, _ b: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      var result = unsafeBitCast(a, to: SIMD16<Float>.self)
      var divisor = unsafeBitCast(b, to: SIMD16<Float>.self)
      isa_divide16(&result, &divisor)
      return unsafeBitCast(result, to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      var result = unsafeBitCast(a, to: SIMD8<Float>.self)
      var divisor = unsafeBitCast(b, to: SIMD8<Float>.self)
      isa_divide8(&result, &divisor)
      return unsafeBitCast(result, to: Vector.self)
    } else {
      var result = unsafeBitCast(a, to: SIMD4<Float>.self)
      var divisor = unsafeBitCast(b, to: SIMD4<Float>.self)
      isa_divide4(&result, &divisor)
      return unsafeBitCast(result, to: Vector.self)
    }
  }

  /// The larger of two values lane by lane; `a` where either is NaN or they are equal.
  @inline(always) static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

  /// 0, 1, 2 … in the lanes.
  @inline(always) static var laneIndices: Vector {
    var indices = splat(0)
    for lane in 0..<count { indices[lane] = Float(lane) }
    return indices
  }
}
