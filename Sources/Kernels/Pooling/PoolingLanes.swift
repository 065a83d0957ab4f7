/// What pooling needs of a level's vector beyond arithmetic: positions beside values, and columns taken in pairs.
protocol PoolingLanes: Lanes where Vector: BitwiseCopyable {
  /// A position for each lane.
  associatedtype Positions: SIMD, BitwiseCopyable, Sendable
  where Positions.Scalar == Int32, Positions.MaskStorage == Vector.MaskStorage
  /// The level whose vector has half the lanes, for rows that are narrower than a vector; the same where there is none.
  associatedtype Half: PoolingLanes

  /// Where a window's next value takes the place of its maximum so far: it is larger, or NaN.
  static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage>
  /// `b` where the mask is set, else `a`.
  static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector
  /// `b` in all lanes where the mask is set, else `a`.
  static func select(_ a: Positions, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Positions
  /// Where a position is at least `value`.
  static func atLeast(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage>
  /// `b` where the mask is set, else `a`.
  static func select(_ a: Positions, _ b: Positions, where mask: SIMDMask<Vector.MaskStorage>) -> Positions
  /// Where a position is `value`.
  static func equal(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage>
  /// Lanes 0, 2, 4 … and lanes 1, 3, 5 … of `low` followed by `high`.
  static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector)
  /// The inverse of ``deinterleave(_:_:)``.
  static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector)
}

extension PoolingLanes {
  @inline(__always)
  static func load(_ source: UnsafePointer<Int32>) -> Positions {
    UnsafeRawPointer(source).loadUnaligned(as: Positions.self)
  }

  /// In place of the general one, whose store becomes a call where a body has many.
  @inline(__always)
  static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: vector, as: Vector.self)
  }

  @inline(__always)
  static func store(_ positions: Positions, _ destination: UnsafeMutablePointer<Int32>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: positions, as: Positions.self)
  }

  /// Stores the first `count` positions.
  @inline(__always)
  static func store(_ positions: Positions, _ destination: UnsafeMutablePointer<Int32>, first count: Int) {
    withUnsafeBytes(of: positions) { lanes in
      let lanes = lanes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int32.self)
      var i = 0
      while i < count {
        destination[i] = lanes[i]
        i &+= 1
      }
    }
  }
}

#if arch(arm64)
  extension NEONLanes: PoolingLanes {
    typealias Positions = SIMD4<Int32>
    typealias Half = NEONLanes
  }
  private typealias FourLanes = NEONLanes
#else
  extension BaselineLanes: PoolingLanes {
    typealias Positions = SIMD4<Int32>
    typealias Half = BaselineLanes
  }
  private typealias FourLanes = BaselineLanes

  extension AVX2Lanes: PoolingLanes {
    typealias Positions = SIMD8<Int32>
    typealias Half = BaselineLanes

    @inline(__always)
    static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
      (value .> maximum) .| (value .!= value)
    }
    @inline(__always)
    static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector {
      a.replacing(with: b, where: mask)
    }
    @inline(__always)
    static func select(_ a: Positions, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Positions {
      a.replacing(with: Positions(repeating: b), where: mask)
    }
    @inline(__always)
    static func select(
      _ a: Positions, _ b: Positions, where mask: SIMDMask<Vector.MaskStorage>
    ) -> Positions {
      a.replacing(with: b, where: mask)
    }
    @inline(__always)
    static func atLeast(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
      positions .>= Positions(repeating: value)
    }
    @inline(__always)
    static func equal(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
      positions .== Positions(repeating: value)
    }
    @inline(__always)
    static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
      (
        Vector(lowHalf: low.evenHalf, highHalf: high.evenHalf),
        Vector(lowHalf: low.oddHalf, highHalf: high.oddHalf)
      )
    }
    @inline(__always)
    static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
      var (low, high) = (Vector(), Vector())
      low.evenHalf = even.lowHalf
      low.oddHalf = odd.lowHalf
      high.evenHalf = even.highHalf
      high.oddHalf = odd.highHalf
      return (low, high)
    }
  }

  extension AVX512Lanes: PoolingLanes {
    typealias Positions = SIMD16<Int32>
    typealias Half = AVX2Lanes

    @inline(__always)
    static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
      (value .> maximum) .| (value .!= value)
    }
    @inline(__always)
    static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector {
      a.replacing(with: b, where: mask)
    }
    @inline(__always)
    static func select(_ a: Positions, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Positions {
      a.replacing(with: Positions(repeating: b), where: mask)
    }
    @inline(__always)
    static func select(
      _ a: Positions, _ b: Positions, where mask: SIMDMask<Vector.MaskStorage>
    ) -> Positions {
      a.replacing(with: b, where: mask)
    }
    @inline(__always)
    static func atLeast(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
      positions .>= Positions(repeating: value)
    }
    @inline(__always)
    static func equal(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
      positions .== Positions(repeating: value)
    }
    @inline(__always)
    static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
      (
        Vector(lowHalf: low.evenHalf, highHalf: high.evenHalf),
        Vector(lowHalf: low.oddHalf, highHalf: high.oddHalf)
      )
    }
    @inline(__always)
    static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
      var (low, high) = (Vector(), Vector())
      low.evenHalf = even.lowHalf
      low.oddHalf = odd.lowHalf
      high.evenHalf = even.highHalf
      high.oddHalf = odd.highHalf
      return (low, high)
    }
  }
#endif

extension FourLanes {
  @inline(__always)
  static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
    (value .> maximum) .| (value .!= value)
  }
  @inline(__always)
  static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector {
    a.replacing(with: b, where: mask)
  }
  @inline(__always)
  static func select(_ a: Positions, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Positions {
    a.replacing(with: Positions(repeating: b), where: mask)
  }
  @inline(__always)
  static func select(
    _ a: Positions, _ b: Positions, where mask: SIMDMask<Vector.MaskStorage>
  ) -> Positions {
    a.replacing(with: b, where: mask)
  }
  @inline(__always)
  static func atLeast(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    positions .>= Positions(repeating: value)
  }
  @inline(__always)
  static func equal(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    positions .== Positions(repeating: value)
  }
  @inline(__always)
  static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
    (
      Vector(lowHalf: low.evenHalf, highHalf: high.evenHalf),
      Vector(lowHalf: low.oddHalf, highHalf: high.oddHalf)
    )
  }
  @inline(__always)
  static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
    var (low, high) = (Vector(), Vector())
    low.evenHalf = even.lowHalf
    low.oddHalf = odd.lowHalf
    high.evenHalf = even.highHalf
    high.oddHalf = odd.highHalf
    return (low, high)
  }
}
