import KernelsISA

/// The arguments of the level functions of ``ImageKernels/mirror(_:to:planes:height:width:columns:rows:)``.
struct ImageMirrorArguments {
  /// `[planes, height, width]`
  var source: UnsafePointer<Float>
  /// `[planes, height, width]`; does not overlap the source.
  var destination: UnsafeMutablePointer<Float>
  var planes: Int
  var height: Int
  var width: Int
  /// Whether each row is reversed.
  var reversesColumns: Bool
  /// Whether the order of the rows is reversed.
  var reversesRows: Bool
}

/// Copies planes with their columns, their rows or both in reverse order.
@inline(always)
func mirror<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ImageMirrorArguments>) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  let (columns, rows) = (p.pointee.reversesColumns, p.pointee.reversesRows)
  var output = p.pointee.destination
  var plane = 0
  while plane < p.pointee.planes {
    let source = p.pointee.source + plane &* height &* width
    var y = 0
    while y < height {
      let row = source + (rows ? height &- 1 &- y : y) &* width
      if columns { reverse(lanes, row, output, width) } else { copyRow(lanes, row, output, width) }
      output += width
      y &+= 1
    }
    plane &+= 1
  }
}

@inline(always)
private func reverse<L: Lanes>(
  _ lanes: L.Type, _ row: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ width: Int
) {
  if width < L.count {
    var x = 0
    while x < width {
      output[x] = row[width &- 1 &- x]
      x &+= 1
    }
    return
  }
  var x = 0
  while x &+ L.count <= width {
    L.store(L.reversed(L.load(row + (width &- L.count &- x))), output + x)
    x &+= L.count
  }
  // The last vector overlaps the one before it.
  if x < width { L.store(L.reversed(L.load(row)), output + (width &- L.count)) }
}

@inline(always)
private func copyRow<L: Lanes>(
  _ lanes: L.Type, _ row: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ width: Int
) {
  var x = 0
  while x &+ L.count <= width {
    L.store(L.load(row + x), output + x)
    x &+= L.count
  }
  if x < width { L.copy(row + x, output + x, first: width &- x) }
}

extension Lanes {
  /// The lanes in reverse order.
  @inline(always) fileprivate static func reversed(_ vector: Vector) -> Vector {
    if Vector.self == SIMD16<Float>.self {
      let v = unsafeBitCast(vector, to: SIMD16<Float>.self)
      let result = SIMD16(lowHalf: reversed8(v.highHalf), highHalf: reversed8(v.lowHalf))
      return unsafeBitCast(result, to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      return unsafeBitCast(reversed8(unsafeBitCast(vector, to: SIMD8<Float>.self)), to: Vector.self)
    } else {
      return unsafeBitCast(reversed4(unsafeBitCast(vector, to: SIMD4<Float>.self)), to: Vector.self)
    }
  }

  @inline(always) private static func reversed8(_ v: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8(lowHalf: reversed4(v.highHalf), highHalf: reversed4(v.lowHalf))
  }

  @inline(always) private static func reversed4(_ v: SIMD4<Float>) -> SIMD4<Float> { SIMD4(v.w, v.z, v.y, v.x) }
}
