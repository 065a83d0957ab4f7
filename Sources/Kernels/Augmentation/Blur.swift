import KernelsISA

/// The arguments of the level functions of
/// ``ImageKernels/blur(_:planes:height:width:columnWeights:rowWeights:scratch:)``.
struct ImageBlurArguments {
  /// `[planes, height, width]`; read and written.
  var image: UnsafeMutablePointer<Float>
  /// Memory of one plane.
  var scratch: UnsafeMutablePointer<Float>
  var planes: Int
  var height: Int
  var width: Int
  /// The weights along a row.
  var columnWeights: UnsafePointer<Float>
  /// The number of weights along a row: odd, half of it less than the width.
  var columnTaps: Int
  /// The weights along a column.
  var rowWeights: UnsafePointer<Float>
  /// The number of weights along a column: odd, half of it less than the height.
  var rowTaps: Int
}

/// Weighted sums along the rows and then along the columns, with reflected borders.
///
/// Each pass treats a plane as one long row, so that no row has a remainder. The outputs at the borders, which then mix
/// two rows, are computed again.
@inline(always)
func blur<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ImageBlurArguments>) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  let count = height &* width
  let sums = p.pointee.scratch
  let halfColumns = p.pointee.columnTaps / 2
  let halfRows = p.pointee.rowTaps / 2
  var plane = 0
  while plane < p.pointee.planes {
    let image = p.pointee.image + plane &* count
    weightedSums(
      lanes, image, sums, from: halfColumns, to: count &- halfColumns, p.pointee.columnWeights, p.pointee.columnTaps,
      stride: 1)
    var y = 0
    while y < height {
      let (source, output) = (image + y &* width, sums + y &* width)
      borderColumns(p, source, output, from: 0, to: halfColumns < width ? halfColumns : width)
      borderColumns(p, source, output, from: width &- halfColumns, to: width)
      y &+= 1
    }
    weightedSums(
      lanes, sums, image, from: halfRows &* width, to: count &- halfRows &* width, p.pointee.rowWeights,
      p.pointee.rowTaps, stride: width)
    borderRows(p, sums, image, from: 0, to: halfRows)
    borderRows(p, sums, image, from: height &- halfRows, to: height)
    plane &+= 1
  }
}

/// Output i is the weighted sum of the elements around i, `stride` elements apart.
@inline(always)
private func weightedSums<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, from first: Int,
  to end: Int, _ weights: UnsafePointer<Float>, _ taps: Int, stride: Int
) {
  let start = source - (taps / 2) &* stride
  var i = first
  if taps == 3 {
    let (a, b, c) = (L.splat(weights[0]), L.splat(weights[1]), L.splat(weights[2]))
    while i &+ L.count <= end {
      let values = start + i
      let pair = a * L.load(values) + b * L.load(values + stride)
      L.store(pair + c * L.load(values + 2 &* stride), output + i)
      i &+= L.count
    }
  } else {
    while i &+ L.count <= end {
      var sum = L.splat(weights[0]) * L.load(start + i)
      var tap = 1
      while tap < taps {
        sum += L.splat(weights[tap]) * L.load(start + (i &+ tap &* stride))
        tap &+= 1
      }
      L.store(sum, output + i)
      i &+= L.count
    }
  }
  while i < end {
    var sum = weights[0] * start[i]
    var tap = 1
    while tap < taps {
      sum += weights[tap] * start[i &+ tap &* stride]
      tap &+= 1
    }
    output[i] = sum
    i &+= 1
  }
}

/// The outputs of a row whose windows cross the left or right border.
@inline(always)
private func borderColumns(
  _ p: UnsafePointer<ImageBlurArguments>, _ source: UnsafeMutablePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, from first: Int, to end: Int
) {
  let (width, taps, weights) = (p.pointee.width, p.pointee.columnTaps, p.pointee.columnWeights)
  if taps == 3 {
    // One output on each side; the missing neighbour is the reflection of the other.
    let inner = source[first == 0 ? 1 : width &- 2]
    let pair = weights[0] * inner + weights[1] * source[first]
    if first < end { output[first] = pair + weights[2] * inner }
    return
  }
  var x = first < 0 ? 0 : first
  while x < end {
    let start = x &- taps / 2
    var sum = weights[0] * source[reflected(start, width)]
    var tap = 1
    while tap < taps {
      sum += weights[tap] * source[reflected(start &+ tap, width)]
      tap &+= 1
    }
    output[x] = sum
    x &+= 1
  }
}

/// The rows of outputs whose windows cross the upper or lower border.
@inline(always)
private func borderRows(
  _ p: UnsafePointer<ImageBlurArguments>, _ source: UnsafeMutablePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, from first: Int, to end: Int
) {
  let (height, width) = (p.pointee.height, p.pointee.width)
  let (taps, weights) = (p.pointee.rowTaps, p.pointee.rowWeights)
  var y = first < 0 ? 0 : first
  let last = end < height ? end : height
  while y < last {
    let row = output + y &* width
    let start = y &- taps / 2
    var values = source + reflected(start, height) &* width
    var weight = weights[0]
    var x = 0
    while x < width {
      row[x] = weight * values[x]
      x &+= 1
    }
    var tap = 1
    while tap < taps {
      values = source + reflected(start &+ tap, height) &* width
      weight = weights[tap]
      x = 0
      while x < width {
        row[x] += weight * values[x]
        x &+= 1
      }
      tap &+= 1
    }
    y &+= 1
  }
}

/// The index, reflected at the ends of an axis, of an index at most `count` − 1 beyond them.
@inline(always)
private func reflected(_ x: Int, _ count: Int) -> Int {
  x < 0 ? 0 &- x : x < count ? x : 2 &* (count &- 1) &- x
}
