import Builtin
import KernelsISA

extension Lanes {
  /// Four columns of `count` rows that lie `stride` elements apart: lane r of each vector belongs to row r.
  ///
  /// The loads put four elements of every fourth row into the 128-bit lanes of a vector. Then the 4 × 4 squares of all
  /// 128-bit lanes are transposed at once: eight shuffles for 4 × `count` elements, and no more than eight registers.
  @inline(always)
  static func columns4(
    _ source: UnsafePointer<Float>, _ stride: Int
  ) -> (Vector, Vector, Vector, Vector) {
    let a = everyFourthRow(source, stride)
    let b = everyFourthRow(source + stride, stride)
    let c = everyFourthRow(source + 2 &* stride, stride)
    let d = everyFourthRow(source + 3 &* stride, stride)
    let (abLow, abHigh) = (interleavedLow(a, b), interleavedHigh(a, b))
    let (cdLow, cdHigh) = (interleavedLow(c, d), interleavedHigh(c, d))
    return (pairsLow(abLow, cdLow), pairsHigh(abLow, cdLow), pairsLow(abHigh, cdHigh), pairsHigh(abHigh, cdHigh))
  }

  /// Stores four vectors `stride` elements apart.
  @inline(always)
  static func store4(
    _ columns: (Vector, Vector, Vector, Vector), _ target: UnsafeMutablePointer<Float>, _ stride: Int,
    nonTemporal: Bool = false
  ) {
    store(columns.0, target, nonTemporal: nonTemporal)
    store(columns.1, target + stride, nonTemporal: nonTemporal)
    store(columns.2, target + 2 &* stride, nonTemporal: nonTemporal)
    store(columns.3, target + 3 &* stride, nonTemporal: nonTemporal)
  }

  /// Transposes a square of `count` × `count` elements: target[c · targetStride + r] = source[r · sourceStride + c].
  ///
  /// Measured on Zen 5 with data in the first-level cache: about 42 cycles for 16 × 16 at AVX-512 (16 stores, 32
  /// shuffles), and 11 for 8 × 8 at AVX2. The target must not overlap the source. It is stored non-temporally only where
  /// its rows are aligned; inside a loop, `nonTemporal` has to be a compile-time constant.
  @inline(always)
  static func transposeSquare(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<Float>, _ targetStride: Int,
    nonTemporal: Bool = false
  ) {
    transposeSquare(source, sourceStride, target, targetStride, nonTemporal: nonTemporal) { column, _ in column }
  }

  /// Transposes a square, and stores what `finish` makes of each column and of its offset in the target.
  @inline(__always)
  static func transposeSquare(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<Float>, _ targetStride: Int,
    nonTemporal: Bool = false, finish: (_ column: Vector, _ offset: Int) -> Vector
  ) {
    @inline(__always) func store(_ columns: (Vector, Vector, Vector, Vector), from first: Int) {
      let offset = first &* targetStride
      store4(
        (
          finish(columns.0, offset), finish(columns.1, offset &+ targetStride),
          finish(columns.2, offset &+ 2 &* targetStride), finish(columns.3, offset &+ 3 &* targetStride)
        ), target + offset, targetStride, nonTemporal: nonTemporal)
    }
    if count == 16 {
      // Loads of whole rows: 16 in place of 64, for twice the shuffles.
      let a = transposedSquares4(source, sourceStride)
      let b = transposedSquares4(source + 4 &* sourceStride, sourceStride)
      let c = transposedSquares4(source + 8 &* sourceStride, sourceStride)
      let d = transposedSquares4(source + 12 &* sourceStride, sourceStride)
      let (e, f) = (quarters(a.0, b.0, c.0, d.0), quarters(a.1, b.1, c.1, d.1))
      let (g, h) = (quarters(a.2, b.2, c.2, d.2), quarters(a.3, b.3, c.3, d.3))
      // In the order of memory.
      store((e.0, f.0, g.0, h.0), from: 0)
      store((e.1, f.1, g.1, h.1), from: 4)
      store((e.2, f.2, g.2, h.2), from: 8)
      store((e.3, f.3, g.3, h.3), from: 12)
      return
    }
    var c = 0
    while c < count {
      store(columns4(source + c, sourceStride), from: c)
      c &+= 4
    }
  }

  /// Four rows, with each of their 4 × 4 squares transposed.
  @inline(always)
  private static func transposedSquares4(
    _ source: UnsafePointer<Float>, _ stride: Int
  ) -> (Vector, Vector, Vector, Vector) {
    let (a, b) = (load(source), load(source + stride))
    let (c, d) = (load(source + 2 &* stride), load(source + 3 &* stride))
    let (abLow, abHigh) = (interleavedLow(a, b), interleavedHigh(a, b))
    let (cdLow, cdHigh) = (interleavedLow(c, d), interleavedHigh(c, d))
    return (pairsLow(abLow, cdLow), pairsHigh(abLow, cdLow), pairsLow(abHigh, cdHigh), pairsHigh(abHigh, cdHigh))
  }

  /// The transpose of the 4 × 4 matrix of 128-bit lanes that four 512-bit vectors form.
  @inline(always)
  private static func quarters(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector
  ) -> (Vector, Vector, Vector, Vector) {
    let (abEven, abOdd) = (evenQuarters(a, b), oddQuarters(a, b))
    let (cdEven, cdOdd) = (evenQuarters(c, d), oddQuarters(c, d))
    return (
      evenQuarterPairs(abEven, cdEven), evenQuarterPairs(abOdd, cdOdd), oddQuarterPairs(abEven, cdEven),
      oddQuarterPairs(abOdd, cdOdd)
    )
  }

  /// Transposes `rows` × `columns` elements of any number: target[c · targetStride + r] = source[r · sourceStride + c].
  ///
  /// Strips of 16, 8 or 4 rows pass over all columns, four at a time. The last strip and the last four columns overlap
  /// those before them, so that all are whole; elements in the overlap are written twice. Fewer than four rows or
  /// columns are moved a few elements at a time. Nothing outside the source is read and nothing outside the target
  /// written; the two must not overlap.
  @inline(always)
  static func transpose(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, rows: Int, columns: Int,
    _ target: UnsafeMutablePointer<Float>, _ targetStride: Int
  ) {
    if columns < 4 {
      for c in 0..<columns {
        var r = 0
        while r < rows {
          target[c &* targetStride &+ r] = source[r &* sourceStride &+ c]
          r &+= 1
        }
      }
      return
    }
    if rows < 4 {
      transposeLow(source, sourceStride, rows: rows, columns: columns, target, targetStride)
      return
    }
    if rows > 4, rows < 8 {
      twoStrips(Lanes4.self, Lanes4.self, source, sourceStride, rows: rows, columns: columns, target, targetStride)
      return
    }
    if count >= 8, rows > 8, rows <= 12 {
      twoStrips(Lanes8.self, Lanes4.self, source, sourceStride, rows: rows, columns: columns, target, targetStride)
      return
    }
    var r = 0
    while r < rows {
      let remaining = rows &- r
      if count == 16, remaining > 8, rows >= 16 {
        r = min(r, rows &- 16)
        strip(source + r &* sourceStride, sourceStride, columns: columns, target + r, targetStride)
        r &+= 16
      } else if count >= 8, remaining > 4, rows >= 8 {
        r = min(r, rows &- 8)
        Lanes8.strip(source + r &* sourceStride, sourceStride, columns: columns, target + r, targetStride)
        r &+= 8
      } else {
        r = min(r, rows &- 4)
        Lanes4.strip(source + r &* sourceStride, sourceStride, columns: columns, target + r, targetStride)
        r &+= 4
      }
    }
  }

  /// Transposes `count` rows of at least four columns.
  @inline(always)
  static func strip(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, columns: Int, _ target: UnsafeMutablePointer<Float>,
    _ targetStride: Int
  ) {
    var c = 0
    // Whole lines of the rows at once: rows that share a set of the first-level cache do not stay in it.
    while count == 16, c &+ 16 <= columns {
      transposeSquare(source + c, sourceStride, target + c &* targetStride, targetStride)
      c &+= 16
    }
    if c == columns { return }
    c = min(c, columns &- 4)
    while true {
      store4(columns4(source + c, sourceStride), target + c &* targetStride, targetStride)
      if c &+ 4 >= columns { break }
      c = min(c &+ 4, columns &- 4)
    }
  }

  /// Transposes the first rows and the last in one pass over at least four columns.
  @inline(always)
  private static func twoStrips<First: Lanes, Last: Lanes>(
    _ first: First.Type, _ last: Last.Type, _ source: UnsafePointer<Float>, _ sourceStride: Int, rows: Int,
    columns: Int, _ target: UnsafeMutablePointer<Float>, _ targetStride: Int
  ) {
    let below = rows &- Last.count
    let sourceBelow = source + below &* sourceStride
    var c = 0
    while true {
      let to = target + c &* targetStride
      First.store4(First.columns4(source + c, sourceStride), to, targetStride)
      Last.store4(Last.columns4(sourceBelow + c, sourceStride), to + below, targetStride)
      if c &+ 4 >= columns { break }
      c = min(c &+ 4, columns &- 4)
    }
  }

  /// Transposes one to three rows of at least four columns. The last row is read again in place of missing ones.
  @inline(always)
  private static func transposeLow(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, rows: Int, columns: Int,
    _ target: UnsafeMutablePointer<Float>, _ targetStride: Int
  ) {
    guard rows > 0 else { return }
    let second = min(1, rows &- 1) &* sourceStride
    let third = (rows &- 1) &* sourceStride
    var c = 0
    while true {
      let a = Lanes4.load(source + c)
      let b = Lanes4.load(source + (c &+ second))
      let d = Lanes4.load(source + (c &+ third))
      let to = target + c &* targetStride
      for i in 0..<4 {
        let row = to + i &* targetStride
        row[0] = a[i]
        if rows > 1 { row[1] = b[i] }
        if rows > 2 { row[2] = d[i] }
      }
      if c &+ 4 >= columns { break }
      c = min(c &+ 4, columns &- 4)
    }
  }
}

/// The columns of a 4 × 4 square whose rows lie `stride` elements apart.
@inline(always)
func transposed4x4(
  _ source: UnsafePointer<Float>, _ stride: Int
) -> (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>) {
  Lanes4.columns4(source, stride)
}

#if arch(arm64)
  private typealias Lanes4 = NEONLanes
  private typealias Lanes8 = NEONLanes
#else
  private typealias Lanes4 = BaselineLanes
  private typealias Lanes8 = AVX2Lanes
#endif

// The shuffles work within 128-bit lanes. Each is spelled element by element, which LLVM compiles to one instruction.
// They alternate between vectors of single and of double floats: LLVM does not combine shuffles across the change of
// type, and so does not try to merge the whole sequence into one shuffle.

extension Lanes {
  /// Four elements of every fourth row, one row in each 128-bit lane.
  @inline(always)
  private static func everyFourthRow(_ source: UnsafePointer<Float>, _ stride: Int) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let low = SIMD4(lowHalf: pairs(source), highHalf: pairs(source + 4 &* stride))
      let high = SIMD4(lowHalf: pairs(source + 8 &* stride), highHalf: pairs(source + 12 &* stride))
      return unsafeBitCast(SIMD8(lowHalf: low, highHalf: high), to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      return unsafeBitCast(SIMD4(lowHalf: pairs(source), highHalf: pairs(source + 4 &* stride)), to: Vector.self)
    } else {
      return unsafeBitCast(pairs(source), to: Vector.self)
    }
  }

  @inline(always)
  private static func pairs(_ source: UnsafePointer<Float>) -> SIMD2<Double> {
    Builtin.loadRaw(UnsafeRawPointer(source)._rawValue)
  }

  /// a0 b0 a1 b1 of each 128-bit lane.
  @inline(always)
  private static func interleavedLow(_ a: Vector, _ b: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD16<Float>.self), unsafeBitCast(b, to: SIMD16<Float>.self))
      let r = SIMD16(
        a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5], a[8], b[8], a[9], b[9], a[12], b[12], a[13], b[13])
      return unsafeBitCast(r, to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD8<Float>.self), unsafeBitCast(b, to: SIMD8<Float>.self))
      return unsafeBitCast(SIMD8(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5]), to: Vector.self)
    } else {
      let (a, b) = (unsafeBitCast(a, to: SIMD4<Float>.self), unsafeBitCast(b, to: SIMD4<Float>.self))
      return unsafeBitCast(SIMD4(a[0], b[0], a[1], b[1]), to: Vector.self)
    }
  }

  /// a2 b2 a3 b3 of each 128-bit lane.
  @inline(always)
  private static func interleavedHigh(_ a: Vector, _ b: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD16<Float>.self), unsafeBitCast(b, to: SIMD16<Float>.self))
      let r = SIMD16(
        a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7], a[10], b[10], a[11], b[11], a[14], b[14], a[15], b[15])
      return unsafeBitCast(r, to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD8<Float>.self), unsafeBitCast(b, to: SIMD8<Float>.self))
      return unsafeBitCast(SIMD8(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7]), to: Vector.self)
    } else {
      let (a, b) = (unsafeBitCast(a, to: SIMD4<Float>.self), unsafeBitCast(b, to: SIMD4<Float>.self))
      return unsafeBitCast(SIMD4(a[2], b[2], a[3], b[3]), to: Vector.self)
    }
  }

  /// a0 a1 b0 b1 of each 128-bit lane.
  @inline(always)
  private static func pairsLow(_ a: Vector, _ b: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD8<Double>.self), unsafeBitCast(b, to: SIMD8<Double>.self))
      return unsafeBitCast(
        SIMD8(lowHalf: SIMD4(a[0], b[0], a[2], b[2]), highHalf: SIMD4(a[4], b[4], a[6], b[6])), to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD4<Double>.self), unsafeBitCast(b, to: SIMD4<Double>.self))
      return unsafeBitCast(SIMD4(a[0], b[0], a[2], b[2]), to: Vector.self)
    } else {
      let (a, b) = (unsafeBitCast(a, to: SIMD2<Double>.self), unsafeBitCast(b, to: SIMD2<Double>.self))
      return unsafeBitCast(SIMD2(a[0], b[0]), to: Vector.self)
    }
  }

  /// a2 a3 b2 b3 of each 128-bit lane.
  @inline(always)
  private static func pairsHigh(_ a: Vector, _ b: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD8<Double>.self), unsafeBitCast(b, to: SIMD8<Double>.self))
      return unsafeBitCast(SIMD8(a[1], b[1], a[3], b[3], a[5], b[5], a[7], b[7]), to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      let (a, b) = (unsafeBitCast(a, to: SIMD4<Double>.self), unsafeBitCast(b, to: SIMD4<Double>.self))
      return unsafeBitCast(SIMD4(a[1], b[1], a[3], b[3]), to: Vector.self)
    } else {
      let (a, b) = (unsafeBitCast(a, to: SIMD2<Double>.self), unsafeBitCast(b, to: SIMD2<Double>.self))
      return unsafeBitCast(SIMD2(a[1], b[1]), to: Vector.self)
    }
  }
}

// Shuffles of whole 128-bit lanes: the first step on single floats, the second on double floats.
extension Lanes {
  @inline(always)
  private static func evenQuarters(_ a: Vector, _ b: Vector) -> Vector {
    let (a, b) = (unsafeBitCast(a, to: SIMD16<Float>.self), unsafeBitCast(b, to: SIMD16<Float>.self))
    let r = SIMD16(
      a[0], a[1], a[2], a[3], a[8], a[9], a[10], a[11], b[0], b[1], b[2], b[3], b[8], b[9], b[10], b[11])
    return unsafeBitCast(r, to: Vector.self)
  }

  @inline(always)
  private static func oddQuarters(_ a: Vector, _ b: Vector) -> Vector {
    let (a, b) = (unsafeBitCast(a, to: SIMD16<Float>.self), unsafeBitCast(b, to: SIMD16<Float>.self))
    let r = SIMD16(
      a[4], a[5], a[6], a[7], a[12], a[13], a[14], a[15], b[4], b[5], b[6], b[7], b[12], b[13], b[14], b[15])
    return unsafeBitCast(r, to: Vector.self)
  }

  @inline(always)
  private static func evenQuarterPairs(_ a: Vector, _ b: Vector) -> Vector {
    let (a, b) = (unsafeBitCast(a, to: SIMD8<Double>.self), unsafeBitCast(b, to: SIMD8<Double>.self))
    return unsafeBitCast(SIMD8(a[0], a[1], a[4], a[5], b[0], b[1], b[4], b[5]), to: Vector.self)
  }

  @inline(always)
  private static func oddQuarterPairs(_ a: Vector, _ b: Vector) -> Vector {
    let (a, b) = (unsafeBitCast(a, to: SIMD8<Double>.self), unsafeBitCast(b, to: SIMD8<Double>.self))
    return unsafeBitCast(SIMD8(a[2], a[3], a[6], a[7], b[2], b[3], b[6], b[7]), to: Vector.self)
  }
}

/// The arguments of the level functions that transpose a matrix; see ``Transposition``.
struct TransposeArguments {
  /// `[rows, columns]`, rows `sourceStride` apart.
  var source: UnsafePointer<Float>
  /// `[columns, rows]`, rows `targetStride` apart; does not overlap the source.
  var target: UnsafeMutablePointer<Float>
  /// The rows of the source.
  var rows: Int
  /// The columns of the source.
  var columns: Int
  /// In elements.
  var sourceStride: Int
  /// In elements.
  var targetStride: Int
}

@inline(always)
func transpose<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<TransposeArguments>) {
  L.transpose(
    p.pointee.source, p.pointee.sourceStride, rows: p.pointee.rows, columns: p.pointee.columns, p.pointee.target,
    p.pointee.targetStride)
}
