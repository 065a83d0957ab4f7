import Builtin

/// What pooling needs of a level's vector beyond arithmetic and comparisons: integer indices beside the values, even
/// and odd columns apart, and narrower vectors for narrow rows.
protocol HalfLanes: Lanes {
  /// The level whose vector has half the lanes, for rows that are narrower than a vector; the level itself if there is
  /// none.
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
  /// An index for each lane.
  typealias Indices = Vector.Bits

  /// Lanes 0, 2, 4 … and lanes 1, 3, 5 … of `low` followed by `high`.
  @_transparent
  static func deinterleave(_ low: Vector, _ high: Vector) -> (even: Vector, odd: Vector) {
    Vector.deinterleave(low, high)
  }

  /// The inverse of `deinterleave`.
  @_transparent
  static func interleave(_ even: Vector, _ odd: Vector) -> (low: Vector, high: Vector) {
    Vector.interleave(even, odd)
  }

  /// `first`, then all lanes of `vector` but the last.
  @inline(always)
  static func shiftedUp(_ vector: Vector, first: Float) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let v = unsafeBitCast(vector, to: SIMD16<Float>.self)
      let r = SIMD16(
        first, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12], v[13], v[14])
      return unsafeBitCast(r, to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      let v = unsafeBitCast(vector, to: SIMD8<Float>.self)
      return unsafeBitCast(SIMD8(first, v[0], v[1], v[2], v[3], v[4], v[5], v[6]), to: Vector.self)
    } else {
      let v = unsafeBitCast(vector, to: SIMD4<Float>.self)
      return unsafeBitCast(SIMD4(first, v[0], v[1], v[2]), to: Vector.self)
    }
  }

  /// Where a window's next value replaces the maximum so far: it is larger, or NaN.
  @inline(always)
  static func replacesMaximum(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
    (value .> maximum) .| (value .!= value)
  }

  /// `b` where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Vector, _ b: Vector, where mask: SIMDMask<Vector.MaskStorage>) -> Vector {
    a.replacing(with: b, where: mask)
  }

  /// `b` where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Indices, _ b: Indices, where mask: SIMDMask<Vector.MaskStorage>) -> Indices {
    a.replacing(with: b, where: mask)
  }

  /// `b` in all lanes where the mask is set, else `a`.
  @inline(always)
  static func select(_ a: Indices, _ b: Int32, where mask: SIMDMask<Vector.MaskStorage>) -> Indices {
    a.replacing(with: Indices(repeating: b), where: mask)
  }

  /// Where an index is at least `value`.
  @inline(always)
  static func atLeast(_ indices: Indices, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    indices .>= Indices(repeating: value)
  }

  /// Where an index is `value`.
  @inline(always)
  static func equal(_ indices: Indices, _ value: Int32) -> SIMDMask<Vector.MaskStorage> {
    indices .== Indices(repeating: value)
  }
}

extension HalfLanes {
  @inline(always)
  static func load(_ source: UnsafePointer<Int32>) -> Indices {
    Builtin.loadRaw(UnsafeRawPointer(source)._rawValue)
  }

  @inline(always)
  static func store(_ indices: Indices, _ destination: UnsafeMutablePointer<Int32>) {
    Builtin.storeRaw(indices, UnsafeMutableRawPointer(destination)._rawValue)
  }

  /// Stores the first `count` indices.
  @inline(always)
  static func store(_ indices: Indices, _ destination: UnsafeMutablePointer<Int32>, first count: Int) {
    store(vector(indices), UnsafeMutableRawPointer(destination).assumingMemoryBound(to: Float.self), first: count)
  }

  /// Copies a row that is narrower than a vector, without the level's masked instructions: for methods of protocols, which
  /// are compiled outside of the level functions, too.
  @inline(always)
  static func copyNarrow(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, count: Int) {
    var x = 0
    while x &+ 4 <= count {
      let values = UnsafeRawPointer(source + x).loadUnaligned(as: SIMD4<Float>.self)
      UnsafeMutableRawPointer(destination + x).storeBytes(of: values, as: SIMD4<Float>.self)
      x &+= 4
    }
    while x < count {
      destination[x] = source[x]
      x &+= 1
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

  /// A vector whose first `count` lanes are the values at `source`; the others are undefined.
  ///
  /// - Parameters:
  ///   - end: the end of the readable memory. A vector that would cross it is loaded by way of `spare`.
  ///   - spare: memory of one vector.
  @inline(always)
  static func load(
    _ source: UnsafePointer<Float>, first count: Int, end: UnsafePointer<Float>, spare: UnsafeMutablePointer<Float>
  ) -> Vector {
    if source + self.count <= end { return load(source) }
    copy(source, spare, first: count)
    return load(spare)
  }

  /// The vector with `fill` in all lanes but the first `count`.
  @inline(always)
  static func clip(_ vector: Vector, first count: Int, fill: Float) -> Vector {
    select(vector, splat(fill), where: laneIndices .>= splat(Float(count)))
  }
}
