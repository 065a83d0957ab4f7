import KernelsISA

// Windows of any kernel, stride, padding and dilation.

/// Where the taps of a window along one axis lie inside the input: `first ..< end` of `kernel`.
@inline(always)
func windowTaps(start: Int, kernel: Int, dilation: Int, input: Int) -> (first: Int, end: Int) {
  var first = 0
  while start &+ first &* dilation < 0 { first &+= 1 }
  var end = kernel
  while end > first && start &+ (end &- 1) &* dilation >= input { end &-= 1 }
  return (first, end)
}

/// Outputs `x ..< x + L.count` of a row: `rows` is the plane's input with its padding, `top` the row of tap 0.
@inline(always)
private func block<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ input: PaddedPlane<L>, top: Int, taps: (first: Int, end: Int),
  firstColumns: UnsafePointer<Int32>, _ x: Int
) -> (maxima: L.Vector, positions: L.Positions) {
  var best = L.splat(-.infinity)
  // A padding element is minus infinity, which takes over from nothing: the first element of the input leads at first.
  var winner: L.Positions = L.load(firstColumns + x)
  winner &+= L.Positions(repeating: Int32(truncatingIfNeeded: taps.first &* g.kernelWidth))
  var ky = taps.first
  while ky < taps.end {
    let source = input.rows + ((top &+ ky &* g.dilationHeight) &* input.stride &+ x)
    var kx = 0
    while kx < g.kernelWidth {
      let value = L.load(source + input.taps[kx])
      let wins = L.takesOver(value, best)
      best = L.select(best, value, where: wins)
      winner = L.select(winner, Int32(truncatingIfNeeded: ky &* g.kernelWidth &+ kx), where: wins)
      kx &+= 1
    }
    ky &+= 1
  }
  return (best, winner)
}

@inline(__always)
func runMaxPoolWindowsForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
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
  var positions = p.pointee.positions
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    input.fill(from: source, g)
    source += g.inputHeight &* g.inputWidth
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let rows = windowTaps(start: top, kernel: g.kernelHeight, dilation: g.dilationHeight, input: g.inputHeight)
      // The last block of a row overlaps the one before; a row that is narrower than a vector runs on into the next
      // rows, which are written later, as long as there are enough of them.
      x = 0
      while true {
        let result = block(
          L.self, g, input, top: top, taps: rows, firstColumns: firstColumns, x)
        if x &+ L.count <= left {
          L.store(result.maxima, output + x)
          if let positions { L.store(result.positions, positions + x) }
        } else {
          L.store(result.maxima, output, first: width)
          if let positions { L.store(result.positions, positions, first: width) }
        }
        let next = x &+ L.count
        if next >= width { break }
        x = next &+ L.count <= width ? next : width &- L.count
      }
      output += width
      if let next = positions { positions = next + width }
      left &-= width
      y &+= 1
    }
  }
}

@inline(always)
private func positionVector<L: HalfLanes>(_ lanes: L.Type, _ value: Int) -> L.Positions {
  L.Positions(repeating: Int32(truncatingIfNeeded: value))
}

/// Clears the planes, then adds each output's gradient where its window's winner is, in scan order: windows may
/// overlap. The places of `L.count` winners are worked out together; their additions are one by one.
///
/// A position that is none of the window's, or whose element lies outside the plane, adds nothing: no position makes this
/// write outside the plane.
@inline(__always)
func runMaxPoolWindowsBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolBackwardArguments>) {
  let g = p.pointee.geometry
  let inputCount = g.inputHeight &* g.inputWidth
  let kernelCount = g.kernelHeight &* g.kernelWidth
  var source = p.pointee.outputGradient
  var positions = p.pointee.positions
  var destination = p.pointee.inputGradient

  let inputWidth = positionVector(lanes, g.inputWidth)
  let kernelWidth = positionVector(lanes, g.kernelWidth)
  let rowStep = positionVector(lanes, g.dilationHeight)
  let columnStep = positionVector(lanes, g.dilationWidth)
  let lastRow = positionVector(lanes, g.inputHeight &- 1)
  let lastColumn = positionVector(lanes, g.inputWidth &- 1)
  let lastPosition = positionVector(lanes, kernelCount &- 1)
  let one = positionVector(lanes, 1)
  let signShift = positionVector(lanes, 31)
  let stride = Int32(truncatingIfNeeded: g.strideWidth)
  var starts = L.Positions(repeating: 0)
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
        // Position ky · kernelWidth + kx lies ky · dilationHeight rows and kx · dilationWidth columns behind the window's
        // start.
        let winner: L.Positions = L.load(positions + x)
        var ky = L.Positions(repeating: 0)
        var firstOfRow = g.kernelWidth
        while firstOfRow < kernelCount {
          let reached = L.atLeast(winner, Int32(truncatingIfNeeded: firstOfRow))
          ky = L.select(ky, ky &+ one, where: reached)
          firstOfRow &+= g.kernelWidth
        }
        let kx: L.Positions = winner &- ky &* kernelWidth
        let row: L.Positions = ky &* rowStep &+ positionVector(lanes, top)
        var column: L.Positions = kx &* columnStep &+ starts
        column &+= positionVector(lanes, x &* g.strideWidth &- g.paddingWidth)
        // Negative where any of the three is negative or beyond its last value.
        var outside: L.Positions = winner | row | column
        outside |= lastPosition &- winner
        outside |= lastRow &- row
        outside |= lastColumn &- column
        let place: L.Positions = (row &* inputWidth &+ column) | (outside &>> signShift)
        for lane in 0..<L.count where place[lane] >= 0 { destination[Int(place[lane])] += source[x &+ lane] }
        x &+= L.count
      }
      while x < g.outputWidth {
        let winner = Int(positions[x])
        if winner >= 0 && winner < kernelCount {
          let ky = winner / g.kernelWidth
          let row = top &+ ky &* g.dilationHeight
          let column =
            x &* g.strideWidth &- g.paddingWidth &+ (winner &- ky &* g.kernelWidth) &* g.dilationWidth
          if row >= 0 && row < g.inputHeight && column >= 0 && column < g.inputWidth {
            destination[row &* g.inputWidth &+ column] += source[x]
          }
        }
        x &+= 1
      }
      source += g.outputWidth
      positions += g.outputWidth
      y &+= 1
    }
    destination += inputCount
    plane &+= 1
  }
}
