import Builtin

/// What pooling needs of a level's vector beyond arithmetic and comparisons: positions beside values, columns taken in
/// pairs, and narrower vectors for narrow rows.
protocol HalfLanes: Lanes {
  /// The level whose vector has half the lanes, for rows that are narrower than a vector; the same where there is none.
  associatedtype Half: HalfLanes
}

#if arch(arm64)
  extension NEONLanes: HalfLanes {
    typealias Half = NEONLanes
  }
#else
  extension BaselineLanes: HalfLanes {
    typealias Half = BaselineLanes
  }

  extension AVX2Lanes: HalfLanes {
    typealias Half = BaselineLanes
  }

  extension AVX512Lanes: HalfLanes {
    typealias Half = AVX2Lanes
  }
#endif

extension HalfLanes {
  /// A position for each lane.
  typealias Positions = Vector.Bits

  /// Lanes 0, 2, 4 … and lanes 1, 3, 5 … of `low` followed by `high`.
  @_transparent
  static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
    Vector.deinterleave(low, high)
  }

  /// The reverse of `deinterleave`.
  @_transparent
  static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
    Vector.interleave(even, odd)
  }

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
}

extension HalfLanes {
  @inline(always)
  static func load(_ source: UnsafePointer<Int32>) -> Positions {
    Builtin.loadRaw(UnsafeRawPointer(source)._rawValue)
  }

  @inline(always)
  static func store(_ positions: Positions, _ destination: UnsafeMutablePointer<Int32>) {
    Builtin.storeRaw(positions, UnsafeMutableRawPointer(destination)._rawValue)
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

  /// Copies a row.
  @inline(always)
  static func copyRow(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, count: Int) {
    var x = 0
    while x &+ self.count <= count {
      store(load(source + x), destination + x)
      x &+= self.count
    }
    copy(source + x, destination + x, first: count &- x)
  }

  /// A vector that begins with `count` values; the others are what lies behind them, which may be read before `end`, or
  /// in `spare`, by which they are read where there is no room.
  @inline(always)
  static func load(
    _ source: UnsafePointer<Float>, first count: Int, end: UnsafePointer<Float>, spare: UnsafeMutablePointer<Float>
  ) -> Vector {
    if source + self.count <= end { return load(source) }
    copy(source, spare, first: count)
    return load(spare)
  }

  /// The first `count` lanes; `fill` in the others.
  @inline(always)
  static func clip(_ vector: Vector, first count: Int, fill: Float) -> Vector {
    select(vector, splat(fill), where: laneIndices .>= splat(Float(count)))
  }
}
