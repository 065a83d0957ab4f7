import KernelsISA

// Max pooling with any kernel, stride, padding and dilation.

/// The taps `first ..< end` of a window along one axis that lie inside the input.
@inline(always)
func windowTaps(start: Int, kernel: Int, dilation: Int, input: Int) -> (first: Int, end: Int) {
  var first = 0
  while start &+ first &* dilation < 0 { first &+= 1 }
  var end = kernel
  while end > first && start &+ (end &- 1) &* dilation >= input { end &-= 1 }
  return (first, end)
}

/// The outputs `x ..< x + L.count` of a row.
///
/// - Parameters:
///   - input: the padded plane.
///   - top: the input row under the first tap, negative in the padding.
///   - taps: the rows of the window inside the input.
///   - firstColumns: for each output column the first column of its window inside the input.
@inline(always)
private func block<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ input: PaddedPlane<L>, top: Int, taps: (first: Int, end: Int),
  firstColumns: UnsafePointer<Int32>, _ x: Int
) -> (maxima: L.Vector, maxIndices: L.Indices) {
  var maximum = L.splat(-.infinity)
  // Padding is −infinity, which replaces nothing, so the index begins as that of the first input element.
  var maxIndex: L.Indices = L.load(firstColumns + x)
  maxIndex &+= L.Indices(repeating: Int32(truncatingIfNeeded: taps.first &* g.kernelWidth))
  var ky = taps.first
  while ky < taps.end {
    let source = input.rows + ((top &+ ky &* g.dilationHeight) &* input.stride &+ x)
    var kx = 0
    while kx < g.kernelWidth {
      let value = L.load(source + input.taps[kx])
      let replaces = L.replacesMaximum(value, maximum)
      maximum = L.select(maximum, value, where: replaces)
      maxIndex = L.select(maxIndex, Int32(truncatingIfNeeded: ky &* g.kernelWidth &+ kx), where: replaces)
      kx &+= 1
    }
    ky &+= 1
  }
  return (maximum, maxIndex)
}

/// Max pooling by a load for each tap of a vector of windows, from a padded copy of the plane.
@inline(__always)
func maxPoolGeneralForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let g = p.pointee.geometry
  let width = g.outputWidth
  var input = PaddedPlane<L>(g, scratch: p.pointee.scratch, padding: -.infinity)
  let firstColumns = UnsafeMutableRawPointer(input.columns).assumingMemoryBound(to: Int32.self)
  var x = 0
  while !g.isPrepared && x < width &+ PoolGeometry.slack {
    let column = windowTaps(
      start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, dilation: g.dilationWidth,
      input: g.inputWidth)
    firstColumns[x] = Int32(truncatingIfNeeded: column.first)
    x &+= 1
  }
  var source = p.pointee.input
  var output = p.pointee.output
  var maxIndices = p.pointee.maxIndices
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    input.copyPadded(source, g)
    source += g.inputHeight &* g.inputWidth
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let rows = windowTaps(start: top, kernel: g.kernelHeight, dilation: g.dilationHeight, input: g.inputHeight)
      // The last block of a row overlaps the one before. The excess of a row that is narrower than a vector is in the next
      // rows, which are written later; behind the last rows only the row's outputs are stored.
      x = 0
      while true {
        let result = block(
          L.self, g, input, top: top, taps: rows, firstColumns: firstColumns, x)
        if x &+ L.count <= left {
          L.store(result.maxima, output + x)
          if let maxIndices { L.store(result.maxIndices, maxIndices + x) }
        } else {
          L.store(result.maxima, output, first: width)
          if let maxIndices { L.store(result.maxIndices, maxIndices, first: width) }
        }
        let next = x &+ L.count
        if next >= width { break }
        x = next &+ L.count <= width ? next : width &- L.count
      }
      output += width
      if let next = maxIndices { maxIndices = next + width }
      left &-= width
      y &+= 1
    }
  }
}

@inline(always)
private func indexVector<L: HalfLanes>(_ lanes: L.Type, _ value: Int) -> L.Indices {
  L.Indices(repeating: Int32(truncatingIfNeeded: value))
}

/// Clears the planes, then adds each output's gradient at its window's maximum, in scan order, as windows may overlap. The
/// offsets of `L.count` maxima are computed at once; the additions are scalar.
///
/// An index outside the window, or of an element outside the plane, adds nothing: no index makes this write outside the
/// plane.
@inline(__always)
func maxPoolGeneralBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolBackwardArguments>) {
  let g = p.pointee.geometry
  let inputCount = g.inputHeight &* g.inputWidth
  let kernelCount = g.kernelHeight &* g.kernelWidth
  var source = p.pointee.outputGradient
  var maxIndices = p.pointee.maxIndices
  var destination = p.pointee.inputGradient

  let inputWidth = indexVector(lanes, g.inputWidth)
  let kernelWidth = indexVector(lanes, g.kernelWidth)
  let rowStep = indexVector(lanes, g.dilationHeight)
  let columnStep = indexVector(lanes, g.dilationWidth)
  let lastRow = indexVector(lanes, g.inputHeight &- 1)
  let lastColumn = indexVector(lanes, g.inputWidth &- 1)
  let lastIndex = indexVector(lanes, kernelCount &- 1)
  let one = indexVector(lanes, 1)
  let signShift = indexVector(lanes, 31)
  let stride = Int32(truncatingIfNeeded: g.strideWidth)
  var starts = L.Indices(repeating: 0)
  for lane in 0..<L.count { starts[lane] = Int32(truncatingIfNeeded: lane) &* stride }

  var plane = 0
  while plane < g.planes {
    var i = 0
    while i < inputCount {
      destination[i] = 0
      i &+= 1
    }
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      var x = 0
      while x &+ L.count <= g.outputWidth {
        // Index ky · kernelWidth + kx is ky · dilationHeight rows and kx · dilationWidth columns from the window's start.
        let maxIndex: L.Indices = L.load(maxIndices + x)
        var ky = L.Indices(repeating: 0)
        var firstOfRow = g.kernelWidth
        while firstOfRow < kernelCount {
          let reached = L.atLeast(maxIndex, Int32(truncatingIfNeeded: firstOfRow))
          ky = L.select(ky, ky &+ one, where: reached)
          firstOfRow &+= g.kernelWidth
        }
        let kx: L.Indices = maxIndex &- ky &* kernelWidth
        let row: L.Indices = ky &* rowStep &+ indexVector(lanes, top)
        var column: L.Indices = kx &* columnStep &+ starts
        column &+= indexVector(lanes, x &* g.strideWidth &- g.paddingWidth)
        // Negative where the index, the row or the column is negative or beyond its last value.
        var outside: L.Indices = maxIndex | row | column
        outside |= lastIndex &- maxIndex
        outside |= lastRow &- row
        outside |= lastColumn &- column
        let target: L.Indices = (row &* inputWidth &+ column) | (outside &>> signShift)
        for lane in 0..<L.count where target[lane] >= 0 { destination[Int(target[lane])] += source[x &+ lane] }
        x &+= L.count
      }
      while x < g.outputWidth {
        let maxIndex = Int(maxIndices[x])
        if maxIndex >= 0 && maxIndex < kernelCount {
          let ky = maxIndex / g.kernelWidth
          let row = top &+ ky &* g.dilationHeight
          let column =
            x &* g.strideWidth &- g.paddingWidth &+ (maxIndex &- ky &* g.kernelWidth) &* g.dilationWidth
          if row >= 0 && row < g.inputHeight && column >= 0 && column < g.inputWidth {
            destination[row &* g.inputWidth &+ column] += source[x]
          }
        }
        x &+= 1
      }
      source += g.outputWidth
      maxIndices += g.outputWidth
      y &+= 1
    }
    destination += inputCount
    plane &+= 1
  }
}
