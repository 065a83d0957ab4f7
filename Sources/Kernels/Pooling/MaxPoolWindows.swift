import ISA

// Windows of any kernel, stride, padding and dilation.

/// Where the taps of a window along one axis lie inside the input: `first ..< end` of `kernel`.
@inline(__always)
private func taps(start: Int, kernel: Int, dilation: Int, input: Int) -> (first: Int, end: Int) {
  var first = 0
  while start &+ first &* dilation < 0 { first &+= 1 }
  var end = kernel
  while end > first && start &+ (end &- 1) &* dilation >= input { end &-= 1 }
  return (first, end)
}

/// A row of outputs and the rows of input under it.
private struct WindowRow {
  var input: UnsafePointer<Float>  // the plane
  var top: Int  // the input row of tap 0; negative in the padding
  var taps: (first: Int, end: Int)  // rows of the window that lie inside the input
  var output: UnsafeMutablePointer<Float>
  var positions: UnsafeMutablePointer<Int32>?
}

/// Outputs `x ..< x + L.count`, whose windows no side border cuts.
@inline(__always)
private func block<L: PoolingLanes>(_ lanes: L.Type, _ g: PoolGeometry, _ row: WindowRow, _ x: Int) {
  let left = x &* g.strideWidth &- g.paddingWidth
  var best = L.splat(-.infinity)
  var winner = L.Positions(repeating: Int32(truncatingIfNeeded: row.taps.first &* g.kernelWidth))
  var ky = row.taps.first
  while ky < row.taps.end {
    let source = row.input + ((row.top &+ ky &* g.dilationHeight) &* g.inputWidth &+ left)
    var kx = 0
    while kx < g.kernelWidth {
      let value = L.load(source + kx &* g.dilationWidth, stride: g.strideWidth)
      let wins = L.takesOver(value, best)
      best = L.select(best, value, where: wins)
      winner = L.select(winner, Int32(truncatingIfNeeded: ky &* g.kernelWidth &+ kx), where: wins)
      kx &+= 1
    }
    ky &+= 1
  }
  L.store(best, row.output + x)
  if let positions = row.positions { L.store(winner, positions + x) }
}

/// One output, whose window may run into the padding on both sides.
@inline(__always)
private func single(_ g: PoolGeometry, _ row: WindowRow, _ x: Int) {
  let left = x &* g.strideWidth &- g.paddingWidth
  let columns = taps(start: left, kernel: g.kernelWidth, dilation: g.dilationWidth, input: g.inputWidth)
  var best = -Float.infinity
  var winner = row.taps.first &* g.kernelWidth &+ columns.first
  var ky = row.taps.first
  while ky < row.taps.end {
    let source = row.input + ((row.top &+ ky &* g.dilationHeight) &* g.inputWidth &+ left)
    var kx = columns.first
    while kx < columns.end {
      let value = source[kx &* g.dilationWidth]
      if value > best || value != value {
        best = value
        winner = ky &* g.kernelWidth &+ kx
      }
      kx &+= 1
    }
    ky &+= 1
  }
  row.output[x] = best
  if let positions = row.positions { positions[x] = Int32(truncatingIfNeeded: winner) }
}

/// All outputs whose windows no side border cuts, at least `L.count` of them; the last block overlaps the one before.
@inline(__always)
private func blocks<L: PoolingLanes>(_ lanes: L.Type, _ g: PoolGeometry, _ row: WindowRow) {
  var x = g.insideFirst
  while true {
    block(L.self, g, row, x)
    let next = x &+ L.count
    if next >= g.insideEnd { break }
    x = next &+ L.count <= g.insideEnd ? next : g.insideEnd &- L.count
  }
}

@inline(__always)
private func forward<L: PoolingLanes, Half: PoolingLanes, Quarter: PoolingLanes>(
  _ lanes: L.Type, _ half: Half.Type, _ quarter: Quarter.Type, _ p: UnsafePointer<MaxPoolForwardArguments>
) {
  let g = p.pointee.geometry
  let inside = g.insideEnd &- g.insideFirst
  var row = WindowRow(
    input: p.pointee.input, top: 0, taps: (0, 0), output: p.pointee.output, positions: p.pointee.positions)
  var plane = 0
  while plane < g.planes {
    var y = 0
    while y < g.outputHeight {
      row.top = y &* g.strideHeight &- g.paddingHeight
      row.taps = taps(start: row.top, kernel: g.kernelHeight, dilation: g.dilationHeight, input: g.inputHeight)
      var x = 0
      while x < g.insideFirst {
        single(g, row, x)
        x &+= 1
      }
      if inside >= L.count {
        blocks(L.self, g, row)
      } else if L.count != Half.count && inside >= Half.count {
        blocks(Half.self, g, row)
      } else if Half.count != Quarter.count && inside >= Quarter.count {
        blocks(Quarter.self, g, row)
      } else {
        while x < g.insideEnd {
          single(g, row, x)
          x &+= 1
        }
      }
      x = g.insideEnd
      while x < g.outputWidth {
        single(g, row, x)
        x &+= 1
      }
      row.output += g.outputWidth
      if let positions = row.positions { row.positions = positions + g.outputWidth }
      y &+= 1
    }
    row.input += g.inputHeight &* g.inputWidth
    plane &+= 1
  }
}

/// Clears the planes, then adds each output's gradient where its window's winner is, in scan order: windows may
/// overlap. The places of `L.count` winners are worked out together; their additions are one by one.
@inline(__always)
private func backward<L: PoolingLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolBackwardArguments>) {
  let g = p.pointee.geometry
  let inputCount = g.inputHeight &* g.inputWidth
  var source = p.pointee.outputGradient
  var positions = p.pointee.positions
  var destination = p.pointee.inputGradient

  // Tap ky · kernelWidth + kx lies ky · dilationHeight rows and kx · dilationWidth columns behind the window's start.
  let columnStep = Int32(truncatingIfNeeded: g.dilationWidth)
  let rowStep = Int32(truncatingIfNeeded: g.dilationHeight &* g.inputWidth &- g.kernelWidth &* g.dilationWidth)
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
      let start = (y &* g.strideHeight &- g.paddingHeight) &* g.inputWidth &- g.paddingWidth
      var x = 0
      while x &+ L.count <= g.outputWidth {
        let winner: L.Positions = L.load(positions + x)
        var place = winner &* L.Positions(repeating: columnStep)
        place &+= starts &+ L.Positions(repeating: Int32(truncatingIfNeeded: start &+ x &* g.strideWidth))
        var firstOfRow = g.kernelWidth
        while firstOfRow < g.kernelHeight &* g.kernelWidth {
          let reached = L.atLeast(winner, Int32(truncatingIfNeeded: firstOfRow))
          place = L.select(place, place &+ L.Positions(repeating: rowStep), where: reached)
          firstOfRow &+= g.kernelWidth
        }
        for lane in 0..<L.count { destination[Int(place[lane])] += source[x &+ lane] }
        x &+= L.count
      }
      while x < g.outputWidth {
        let winner = Int(positions[x])
        let ky = winner / g.kernelWidth
        let kx = winner &- ky &* g.kernelWidth
        let row = start &+ x &* g.strideWidth &+ ky &* g.dilationHeight &* g.inputWidth
        destination[row &+ kx &* g.dilationWidth] += source[x]
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

#if arch(arm64)
  @c(max_pool_windows_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    forward(NEONLanes.self, NEONLanes.self, NEONLanes.self, p)
  }
  @c(max_pool_windows_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    backward(NEONLanes.self, p)
  }

  let maxPoolWindowsForward = LevelFunctions(neon: max_pool_windows_forward_neon)
  let maxPoolWindowsBackward = LevelFunctions(neon: max_pool_windows_backward_neon)
#else
  @c(max_pool_windows_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    forward(BaselineLanes.self, BaselineLanes.self, BaselineLanes.self, p)
  }
  @c(max_pool_windows_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    forward(AVX2Lanes.self, BaselineLanes.self, BaselineLanes.self, p)
  }
  @c(max_pool_windows_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    forward(AVX512Lanes.self, AVX2Lanes.self, BaselineLanes.self, p)
  }
  @c(max_pool_windows_backward_baseline_body) private func backwardBaseline(
    _ p: UnsafePointer<MaxPoolBackwardArguments>
  ) {
    backward(BaselineLanes.self, p)
  }
  @c(max_pool_windows_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    backward(AVX2Lanes.self, p)
  }
  @c(max_pool_windows_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    backward(AVX512Lanes.self, p)
  }

  let maxPoolWindowsForward = LevelFunctions(
    baseline: max_pool_windows_forward_baseline, avx2: max_pool_windows_forward_avx2,
    avx512: max_pool_windows_forward_avx512)
  let maxPoolWindowsBackward = LevelFunctions(
    baseline: max_pool_windows_backward_baseline, avx2: max_pool_windows_backward_avx2,
    avx512: max_pool_windows_backward_avx512)
#endif
