import Builtin

/// A vector of floats whose operations are single LLVM instructions, in generic code too.
///
/// The standard library's operators on vectors of floats are loops over the lanes, and in generic code so are
/// comparisons and the operators on integers. LLVM mostly turns these loops back into vector instructions, but a kernel
/// then enters LLVM at twenty times its size, which would take most of the compile time. Here every operation is one
/// builtin, and a requirement of the protocol, so that generic code calls it. The results are the same: each lane is
/// rounded once.
protocol FloatVector: SIMD, Sendable, BitwiseCopyable where Scalar == Float, MaskStorage == Bits {
  associatedtype Bits: IntegerVector where Bits.MaskStorage == Bits
  init(repeating value: Float)
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static func .> (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .>= (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .== (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .!= (a: Self, b: Self) -> SIMDMask<MaskStorage>
  /// self + a · b, rounded once.
  func addingProduct(_ a: Self, _ b: Self) -> Self
  func squareRoot() -> Self
  /// `other` where the mask is set.
  func replacing(with other: Self, where mask: SIMDMask<MaskStorage>) -> Self
  /// Lanes 0, 2, 4 … and lanes 1, 3, 5 … of `low` followed by `high`.
  static func deinterleave(_ low: Self, _ high: Self) -> (even: Self, odd: Self)
  /// The inverse of `deinterleave`.
  static func interleave(_ even: Self, _ odd: Self) -> (low: Self, high: Self)
}

/// A vector of 32-bit integers whose operations are single LLVM instructions; see ``FloatVector``.
protocol IntegerVector: SIMD, Sendable, BitwiseCopyable where Scalar == Int32 {
  init(repeating value: Int32)
  static func &+ (a: Self, b: Self) -> Self
  static func &- (a: Self, b: Self) -> Self
  static func &* (a: Self, b: Self) -> Self
  static func & (a: Self, b: Self) -> Self
  static func | (a: Self, b: Self) -> Self
  static func ^ (a: Self, b: Self) -> Self
  /// Shifts; the counts are taken modulo 32. `&>>` keeps the sign.
  static func &<< (a: Self, b: Self) -> Self
  static func &>> (a: Self, b: Self) -> Self
  static func .>= (a: Self, b: Self) -> SIMDMask<MaskStorage>
  static func .== (a: Self, b: Self) -> SIMDMask<MaskStorage>
  func replacing(with other: Self, where mask: SIMDMask<MaskStorage>) -> Self
}

extension IntegerVector {
  @_transparent static func &+= (a: inout Self, b: Self) { a = a &+ b }
}

extension SIMDMask where Storage: IntegerVector {
  @_transparent static func .| (a: Self, b: Self) -> Self {
    unsafeBitCast(unsafeBitCast(a, to: Storage.self) | unsafeBitCast(b, to: Storage.self), to: Self.self)
  }
}

extension FloatVector {
  @_transparent static func += (a: inout Self, b: Self) { a = a + b }
  @_transparent static func -= (a: inout Self, b: Self) { a = a - b }
  @_transparent static func *= (a: inout Self, b: Self) { a = a * b }
}

extension SIMD4: FloatVector where Scalar == Float {
  typealias Bits = SIMD4<Int32>
  @_transparent private var lanes: Builtin.Vec4xFPIEEE32 { unsafeBitCast(self, to: Builtin.Vec4xFPIEEE32.self) }
  @_transparent private init(_ lanes: Builtin.Vec4xFPIEEE32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent static func + (a: Self, b: Self) -> Self { Self(Builtin.fadd_Vec4xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func - (a: Self, b: Self) -> Self { Self(Builtin.fsub_Vec4xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func * (a: Self, b: Self) -> Self { Self(Builtin.fmul_Vec4xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func / (a: Self, b: Self) -> Self { Self(Builtin.fdiv_Vec4xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent func squareRoot() -> Self { Self(Builtin.int_sqrt_Vec4xFPIEEE32(lanes)) }
  @_transparent func addingProduct(_ a: Self, _ b: Self) -> Self {
    Self(Builtin.int_fma_Vec4xFPIEEE32(a.lanes, b.lanes, lanes))
  }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD4<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec4xInt32.self)
    let isSet = Builtin.cmp_slt_Vec4xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec4xInt1_Vec4xFPIEEE32(isSet, other.lanes, lanes))
  }
  @_transparent static func deinterleave(_ low: Self, _ high: Self) -> (even: Self, odd: Self) {
    let (even, odd) = Builtin.deinterleave_Vec4xFPIEEE32(low.lanes, high.lanes)
    return (Self(even), Self(odd))
  }
  @_transparent static func interleave(_ even: Self, _ odd: Self) -> (low: Self, high: Self) {
    let (low, high) = Builtin.interleave_Vec4xFPIEEE32(even.lanes, odd.lanes)
    return (Self(low), Self(high))
  }
}

extension SIMD4: IntegerVector where Scalar == Int32 {
  @_transparent private var lanes: Builtin.Vec4xInt32 { unsafeBitCast(self, to: Builtin.Vec4xInt32.self) }
  @_transparent private init(_ lanes: Builtin.Vec4xInt32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD4<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec4xInt32.self)
    let isSet = Builtin.cmp_slt_Vec4xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec4xInt1_Vec4xInt32(isSet, other.lanes, lanes))
  }
  @_transparent static func & (a: Self, b: Self) -> Self { Self(Builtin.and_Vec4xInt32(a.lanes, b.lanes)) }
  @_transparent static func | (a: Self, b: Self) -> Self { Self(Builtin.or_Vec4xInt32(a.lanes, b.lanes)) }
  @_transparent static func ^ (a: Self, b: Self) -> Self { Self(Builtin.xor_Vec4xInt32(a.lanes, b.lanes)) }
  @_transparent static func &<< (a: Self, b: Self) -> Self {
    Self(Builtin.shl_Vec4xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
  @_transparent static func &>> (a: Self, b: Self) -> Self {
    Self(Builtin.ashr_Vec4xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
}

extension SIMD8: FloatVector where Scalar == Float {
  typealias Bits = SIMD8<Int32>
  @_transparent private var lanes: Builtin.Vec8xFPIEEE32 { unsafeBitCast(self, to: Builtin.Vec8xFPIEEE32.self) }
  @_transparent private init(_ lanes: Builtin.Vec8xFPIEEE32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent static func + (a: Self, b: Self) -> Self { Self(Builtin.fadd_Vec8xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func - (a: Self, b: Self) -> Self { Self(Builtin.fsub_Vec8xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func * (a: Self, b: Self) -> Self { Self(Builtin.fmul_Vec8xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func / (a: Self, b: Self) -> Self { Self(Builtin.fdiv_Vec8xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent func squareRoot() -> Self { Self(Builtin.int_sqrt_Vec8xFPIEEE32(lanes)) }
  @_transparent func addingProduct(_ a: Self, _ b: Self) -> Self {
    Self(Builtin.int_fma_Vec8xFPIEEE32(a.lanes, b.lanes, lanes))
  }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD8<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec8xInt32.self)
    let isSet = Builtin.cmp_slt_Vec8xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec8xInt1_Vec8xFPIEEE32(isSet, other.lanes, lanes))
  }
  @_transparent static func deinterleave(_ low: Self, _ high: Self) -> (even: Self, odd: Self) {
    let (even, odd) = Builtin.deinterleave_Vec8xFPIEEE32(low.lanes, high.lanes)
    return (Self(even), Self(odd))
  }
  @_transparent static func interleave(_ even: Self, _ odd: Self) -> (low: Self, high: Self) {
    let (low, high) = Builtin.interleave_Vec8xFPIEEE32(even.lanes, odd.lanes)
    return (Self(low), Self(high))
  }
}

extension SIMD8: IntegerVector where Scalar == Int32 {
  @_transparent private var lanes: Builtin.Vec8xInt32 { unsafeBitCast(self, to: Builtin.Vec8xInt32.self) }
  @_transparent private init(_ lanes: Builtin.Vec8xInt32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD8<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec8xInt32.self)
    let isSet = Builtin.cmp_slt_Vec8xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec8xInt1_Vec8xInt32(isSet, other.lanes, lanes))
  }
  @_transparent static func & (a: Self, b: Self) -> Self { Self(Builtin.and_Vec8xInt32(a.lanes, b.lanes)) }
  @_transparent static func | (a: Self, b: Self) -> Self { Self(Builtin.or_Vec8xInt32(a.lanes, b.lanes)) }
  @_transparent static func ^ (a: Self, b: Self) -> Self { Self(Builtin.xor_Vec8xInt32(a.lanes, b.lanes)) }
  @_transparent static func &<< (a: Self, b: Self) -> Self {
    Self(Builtin.shl_Vec8xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
  @_transparent static func &>> (a: Self, b: Self) -> Self {
    Self(Builtin.ashr_Vec8xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
}

extension SIMD16: FloatVector where Scalar == Float {
  typealias Bits = SIMD16<Int32>
  @_transparent private var lanes: Builtin.Vec16xFPIEEE32 { unsafeBitCast(self, to: Builtin.Vec16xFPIEEE32.self) }
  @_transparent private init(_ lanes: Builtin.Vec16xFPIEEE32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent static func + (a: Self, b: Self) -> Self { Self(Builtin.fadd_Vec16xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func - (a: Self, b: Self) -> Self { Self(Builtin.fsub_Vec16xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func * (a: Self, b: Self) -> Self { Self(Builtin.fmul_Vec16xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func / (a: Self, b: Self) -> Self { Self(Builtin.fdiv_Vec16xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent func squareRoot() -> Self { Self(Builtin.int_sqrt_Vec16xFPIEEE32(lanes)) }
  @_transparent func addingProduct(_ a: Self, _ b: Self) -> Self {
    Self(Builtin.int_fma_Vec16xFPIEEE32(a.lanes, b.lanes, lanes))
  }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD16<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec16xInt32.self)
    let isSet = Builtin.cmp_slt_Vec16xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec16xInt1_Vec16xFPIEEE32(isSet, other.lanes, lanes))
  }
  @_transparent static func deinterleave(_ low: Self, _ high: Self) -> (even: Self, odd: Self) {
    let (even, odd) = Builtin.deinterleave_Vec16xFPIEEE32(low.lanes, high.lanes)
    return (Self(even), Self(odd))
  }
  @_transparent static func interleave(_ even: Self, _ odd: Self) -> (low: Self, high: Self) {
    let (low, high) = Builtin.interleave_Vec16xFPIEEE32(even.lanes, odd.lanes)
    return (Self(low), Self(high))
  }
}

extension SIMD16: IntegerVector where Scalar == Int32 {
  @_transparent private var lanes: Builtin.Vec16xInt32 { unsafeBitCast(self, to: Builtin.Vec16xInt32.self) }
  @_transparent private init(_ lanes: Builtin.Vec16xInt32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD16<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec16xInt32.self)
    let isSet = Builtin.cmp_slt_Vec16xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec16xInt1_Vec16xInt32(isSet, other.lanes, lanes))
  }
  @_transparent static func & (a: Self, b: Self) -> Self { Self(Builtin.and_Vec16xInt32(a.lanes, b.lanes)) }
  @_transparent static func | (a: Self, b: Self) -> Self { Self(Builtin.or_Vec16xInt32(a.lanes, b.lanes)) }
  @_transparent static func ^ (a: Self, b: Self) -> Self { Self(Builtin.xor_Vec16xInt32(a.lanes, b.lanes)) }
  @_transparent static func &<< (a: Self, b: Self) -> Self {
    Self(Builtin.shl_Vec16xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
  @_transparent static func &>> (a: Self, b: Self) -> Self {
    Self(Builtin.ashr_Vec16xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
}

extension SIMD32: FloatVector where Scalar == Float {
  typealias Bits = SIMD32<Int32>
  @_transparent private var lanes: Builtin.Vec32xFPIEEE32 { unsafeBitCast(self, to: Builtin.Vec32xFPIEEE32.self) }
  @_transparent private init(_ lanes: Builtin.Vec32xFPIEEE32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent static func + (a: Self, b: Self) -> Self { Self(Builtin.fadd_Vec32xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func - (a: Self, b: Self) -> Self { Self(Builtin.fsub_Vec32xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func * (a: Self, b: Self) -> Self { Self(Builtin.fmul_Vec32xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent static func / (a: Self, b: Self) -> Self { Self(Builtin.fdiv_Vec32xFPIEEE32(a.lanes, b.lanes)) }
  @_transparent func squareRoot() -> Self { Self(Builtin.int_sqrt_Vec32xFPIEEE32(lanes)) }
  @_transparent func addingProduct(_ a: Self, _ b: Self) -> Self {
    Self(Builtin.int_fma_Vec32xFPIEEE32(a.lanes, b.lanes, lanes))
  }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD32<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec32xInt32.self)
    let isSet = Builtin.cmp_slt_Vec32xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec32xInt1_Vec32xFPIEEE32(isSet, other.lanes, lanes))
  }
  @_transparent static func deinterleave(_ low: Self, _ high: Self) -> (even: Self, odd: Self) {
    let (even, odd) = Builtin.deinterleave_Vec32xFPIEEE32(low.lanes, high.lanes)
    return (Self(even), Self(odd))
  }
  @_transparent static func interleave(_ even: Self, _ odd: Self) -> (low: Self, high: Self) {
    let (low, high) = Builtin.interleave_Vec32xFPIEEE32(even.lanes, odd.lanes)
    return (Self(low), Self(high))
  }
}

extension SIMD32: IntegerVector where Scalar == Int32 {
  @_transparent private var lanes: Builtin.Vec32xInt32 { unsafeBitCast(self, to: Builtin.Vec32xInt32.self) }
  @_transparent private init(_ lanes: Builtin.Vec32xInt32) { self = unsafeBitCast(lanes, to: Self.self) }
  @_transparent func replacing(with other: Self, where mask: SIMDMask<SIMD32<Int32>>) -> Self {
    let bits = unsafeBitCast(mask, to: Builtin.Vec32xInt32.self)
    let isSet = Builtin.cmp_slt_Vec32xInt32(bits, Builtin.zeroInitializer())
    return Self(Builtin.select_Vec32xInt1_Vec32xInt32(isSet, other.lanes, lanes))
  }
  @_transparent static func & (a: Self, b: Self) -> Self { Self(Builtin.and_Vec32xInt32(a.lanes, b.lanes)) }
  @_transparent static func | (a: Self, b: Self) -> Self { Self(Builtin.or_Vec32xInt32(a.lanes, b.lanes)) }
  @_transparent static func ^ (a: Self, b: Self) -> Self { Self(Builtin.xor_Vec32xInt32(a.lanes, b.lanes)) }
  @_transparent static func &<< (a: Self, b: Self) -> Self {
    Self(Builtin.shl_Vec32xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
  @_transparent static func &>> (a: Self, b: Self) -> Self {
    Self(Builtin.ashr_Vec32xInt32(a.lanes, (b & Self(repeating: 31)).lanes))
  }
}
