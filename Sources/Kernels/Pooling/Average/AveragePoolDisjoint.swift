import ISA

// Windows side by side: the stride is the kernel's size, and no border cuts one.

/// The sums of columns, a vector of them at a time, and then of each window's.
@inline(always)
private func forward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth) = (g.kernelHeight, g.kernelWidth)
  let span = g.outputWidth &* kernelWidth
  let count = Float(kernelHeight &* kernelWidth)
  let sums = p.pointee.scratch
  var source = p.pointee.source
  let end = source + g.planes &* g.inputHeight &* g.inputWidth
  let spare = sums + g.tilesColumns
  var output = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    var y = 0
    while y < g.outputHeight {
      let top = source + y &* kernelHeight &* g.inputWidth
      var x = 0
      while x < span {
        let isNarrow = span < L.count
        if x &+ L.count > span && !isNarrow { x = span &- L.count }
        var row = top + x
        var sum = isNarrow ? L.load(row, first: span, end: end, spare: spare) : L.load(row)
        prefetch(row + 1024)
        var ky = 1
        while ky < kernelHeight {
          row += g.inputWidth
          sum += isNarrow ? L.load(row, first: span, end: end, spare: spare) : L.load(row)
          prefetch(row + 1024)
          ky &+= 1
        }
        L.store(sum, sums + x)
        x &+= L.count
      }
      var window = sums
      var ox = 0
      while ox < g.outputWidth {
        var sum = window[0]
        var kx = 1
        while kx < kernelWidth {
          sum += window[kx]
          kx &+= 1
        }
        output[ox] = sum / count
        window += kernelWidth
        ox &+= 1
      }
      output += g.outputWidth
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
    plane &+= 1
  }
}

/// Each output's share is written over its window's columns of one row, and that row as often as the window is high.
@inline(always)
private func backward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth, width) = (g.kernelHeight, g.kernelWidth, g.inputWidth)
  let count = Float(kernelHeight &* kernelWidth)
  let row = p.pointee.scratch
  // What no window covers stays 0.
  var x = 0
  while x < width &+ kernelWidth &+ PoolGeometry.slack {
    row[x] = 0
    x &+= 1
  }
  var gradient = p.pointee.source
  var destination = p.pointee.destination
  var left = g.planes &* g.inputHeight &* width
  while left > 0 {
    var y = 0
    while y < g.inputHeight {
      let isCovered = y < g.outputHeight &* kernelHeight
      var copies = isCovered ? kernelHeight : g.inputHeight &- y
      y &+= copies
      var window = row
      var ox = 0
      while ox < g.outputWidth {
        // A vector runs on into the next window, which is written later.
        let share = L.splat(isCovered ? gradient[ox] / count : 0)
        x = 0
        while x < kernelWidth {
          L.store(share, window + x)
          x &+= L.count
        }
        window += kernelWidth
        ox &+= 1
      }
      x = 0
      while x < L.count {
        window[x] = 0
        x &+= 1
      }
      if isCovered { gradient += g.outputWidth }
      while copies > 0 {
        x = 0
        while x &+ L.count <= left && x < width {
          L.store(L.load(row + x), destination + x)
          x &+= L.count
        }
        while x < width {
          destination[x] = row[x]
          x &+= 1
        }
        destination += width
        left &-= width
        copies &-= 1
      }
    }
  }
}

extension PoolGeometry {
  var averageTilesByteCount: Int { cacheLines((inputWidth + kernelWidth + 4 * PoolGeometry.slack) * 4) }
}

#if arch(arm64)
  @c(average_pool_tiles_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(NEONLanes.self, p)
  }
  @c(average_pool_tiles_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(NEONLanes.self, p)
  }

  let averagePoolTilesForward = LevelFunctions(neon: average_pool_tiles_forward_neon)
  let averagePoolTilesBackward = LevelFunctions(neon: average_pool_tiles_backward_neon)
#else
  @c(average_pool_tiles_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(BaselineLanes.self, p)
  }
  @c(average_pool_tiles_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(AVX2Lanes.self, p)
  }
  @c(average_pool_tiles_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    forward(AVX512Lanes.self, p)
  }
  @c(average_pool_tiles_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<AveragePoolArguments>)
  {
    backward(BaselineLanes.self, p)
  }
  @c(average_pool_tiles_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(AVX2Lanes.self, p)
  }
  @c(average_pool_tiles_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    backward(AVX512Lanes.self, p)
  }

  let averagePoolTilesForward = LevelFunctions(
    baseline: average_pool_tiles_forward_baseline, avx2: average_pool_tiles_forward_avx2,
    avx512: average_pool_tiles_forward_avx512)
  let averagePoolTilesBackward = LevelFunctions(
    baseline: average_pool_tiles_backward_baseline, avx2: average_pool_tiles_backward_avx2,
    avx512: average_pool_tiles_backward_avx512)
#endif
