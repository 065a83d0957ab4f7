/// What pooling needs of a level's vector beyond arithmetic and comparisons: positions beside values, columns taken in
/// pairs, and narrower vectors for narrow rows.
protocol PoolingLanes: Lanes {
  /// The level whose vector has half the lanes, for rows that are narrower than a vector; the same where there is none.
  associatedtype Half: PoolingLanes
}

#if arch(arm64)
  extension NEONLanes: PoolingLanes {
    typealias Half = NEONLanes
  }
#else
  extension BaselineLanes: PoolingLanes {
    typealias Half = BaselineLanes
  }

  extension AVX2Lanes: PoolingLanes {
    typealias Half = BaselineLanes
  }

  extension AVX512Lanes: PoolingLanes {
    typealias Half = AVX2Lanes
  }
#endif

extension PoolingLanes {
  /// A position for each lane.
  typealias Positions = Vector.Bits

  /// Where a window's next value takes the place of its maximum so far: it is larger, or NaN.
  @inline(always)
  static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
    (value .> maximum) .| (value .!= value)
  }

  /// `b` where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector {
    a.replacing(with: b, where: mask)
  }

  /// `b` where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Positions, _ b: Positions, where mask: SIMDMask<Vector.MaskStorage>) -> Positions {
    a.replacing(with: b, where: mask)
  }

  /// `b` in all lanes where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Positions, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Positions {
    a.replacing(with: Positions(repeating: b), where: mask)
  }

  /// Where a position is at least `value`.
  @inline(always)
  static func atLeast(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    positions .>= Positions(repeating: value)
  }

  /// Where a position is `value`.
  @inline(always)
  static func equal(_ positions: Positions, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    positions .== Positions(repeating: value)
  }

  /// Lanes 0, 2, 4 … and lanes 1, 3, 5 … of `low` followed by `high`: two shuffles, which the optimiser makes of the
  /// loop.
  @inline(always)
  static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
    var (even, odd) = (Vector(), Vector())
    let half = count / 2
    for lane in 0..<half {
      even[lane] = low[2 &* lane]
      odd[lane] = low[2 &* lane &+ 1]
      even[half &+ lane] = high[2 &* lane]
      odd[half &+ lane] = high[2 &* lane &+ 1]
    }
    return (even, odd)
  }

  /// The inverse of ``deinterleave(_:_:)``.
  @inline(always)
  static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
    var (low, high) = (Vector(), Vector())
    let half = count / 2
    for lane in 0..<half {
      low[2 &* lane] = even[lane]
      low[2 &* lane &+ 1] = odd[lane]
      high[2 &* lane] = even[half &+ lane]
      high[2 &* lane &+ 1] = odd[half &+ lane]
    }
    return (low, high)
  }
}

extension PoolingLanes {
  @inline(always)
  static func load(_ source: UnsafePointer<Int32>) -> Positions {
    UnsafeRawPointer(source).loadUnaligned(as: Positions.self)
  }

  /// In place of the general one, whose store becomes a call where a body has many.
  @inline(always)
  static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: vector, as: Vector.self)
  }

  @inline(always)
  static func store(_ positions: Positions, _ destination: UnsafeMutablePointer<Int32>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: positions, as: Positions.self)
  }

  /// Stores the first `count` positions.
  @inline(always)
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
