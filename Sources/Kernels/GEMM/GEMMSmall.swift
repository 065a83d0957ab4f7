import ISA

/// The most rows of a tile of a small product, as a type.
private struct Most<let rows: Int> {}

/// A product of few elements, in one call: A is used as it lies, B too, but for columns that do not fill a vector.
@inline(always)
private func small<let most: Int, L: Lanes>(
  _ tileRows: Most<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMSmallArguments>
) {
  let (columns, depth) = (p.pointee.columns, p.pointee.depth)
  // What a tile cannot write in place, what the sums begin with, and then B.
  let tile = p.pointee.scratch
  let padded = (columns &+ L.count &- 1) / L.count &* L.count
  let row = tile + most &* L.count
  let copy = row + padded
  if p.pointee.rows &* columns &* depth > 1024 { fetchAll(p) }
  var j = 0
  while j < padded {
    var initial = L.splat(0)
    if let bias = p.pointee.columnBias { initial = L.load(bias + j, first: columns &- j) }
    L.store(initial, row + j)
    j &+= L.count
  }
  let (b, bStride) = (p.pointee.b, p.pointee.bRowStride)
  j = 0
  while j < columns {
    if j &+ 2 &* L.count <= columns {
      tiles(tileRows, Tile<1, 2, L>.self, p, b + j, bStride, j, row + j, tile)
      j &+= 2 &* L.count
    } else {
      var (last, lastStride) = (b + j, bStride)
      if columns &- j < L.count {
        var k = 0
        while k < depth {
          L.store(L.load(last + k &* bStride, first: columns &- j), copy + k &* L.count)
          k &+= 1
        }
        (last, lastStride) = (UnsafePointer(copy), L.count)
      }
      tiles(tileRows, Tile<1, 1, L>.self, p, last, lastStride, j, row + j, tile)
      j &+= L.count
    }
  }
}

/// Asks for all operands at once, before anything waits for them.
@inline(always)
private func fetchAll(_ p: UnsafePointer<GEMMSmallArguments>) {
  let (rows, columns, depth) = (p.pointee.rows, p.pointee.columns, p.pointee.depth)
  fetch(p.pointee.c, rows: rows, columns: columns, stride: p.pointee.cRowStride)
  fetch(p.pointee.b, rows: depth, columns: columns, stride: p.pointee.bRowStride)
  if p.pointee.aDepthStride == 1 {
    fetch(p.pointee.a, rows: rows, columns: depth, stride: p.pointee.aRowStride)
  } else {
    fetch(p.pointee.a, rows: depth, columns: rows, stride: p.pointee.aDepthStride)
  }
}

/// Asks for all lines of a matrix.
@inline(always)
private func fetch(_ matrix: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
  var row = matrix
  var left = rows
  while left > 0 {
    var line = 0
    while line < columns {
      prefetch(row + line)
      line &+= 16
    }
    row += stride
    left &-= 1
  }
}

/// A column of tiles, as high as they can be.
@inline(always)
private func tiles<let most: Int, let vectors: Int, L: Lanes>(
  _ tileRows: Most<most>.Type, _ shape: Tile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMSmallArguments>,
  _ b: UnsafePointer<Float>, _ bStride: Int, _ column: Int, _ initial: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let left = p.pointee.rows &- row
    if most >= 8, left >= 8 {
      tile(Tile<8, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 8
    } else if left >= 4 {
      tile(Tile<4, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 4
    } else if left >= 2 {
      tile(Tile<2, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 2
    } else {
      tile(Tile<1, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 1
    }
  }
}

@inline(always)
private func tile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMSmallArguments>, _ b: UnsafePointer<Float>,
  _ bStride: Int, _ row: Int, _ column: Int, _ initial: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  let (rowStride, depthStride) = (p.pointee.aRowStride, p.pointee.aDepthStride)
  var sums = Tile<rows, vectors, L>(initial, stride: 0)
  var a = p.pointee.a + row &* rowStride
  var b = b
  var k = p.pointee.depth
  while k > 0 {
    var values = zeros(InlineArray<vectors, L.Vector>.self)
    for v in 0..<vectors { values[v] = L.load(b + v &* L.count) }
    for i in 0..<rows {
      let scalar = L.splat(a[i &* rowStride])
      for v in 0..<vectors { sums.sums[i][v] = L.multiplyAdd(scalar, values[v], sums.sums[i][v]) }
    }
    a += depthStride
    b += bStride
    k &-= 1
  }
  let c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
  let width = p.pointee.columns &- column
  if vectors == 1, width < L.count {
    sums.store(to: scratch, stride: L.count)
    for i in 0..<rows {
      var values = L.load(scratch + i &* L.count)
      if p.pointee.relu != 0 { values = L.larger(values, L.splat(0)) }
      L.store(values, c + i &* p.pointee.cRowStride, first: width)
    }
    return
  }
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu != 0 {
    for i in 0..<rows {
      for v in 0..<vectors {
        let place = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.larger(L.load(place), L.splat(0)), place)
      }
    }
  }
}

#if arch(arm64)
  @c(gemm_small_neon_body) private func smallNEON(_ p: UnsafePointer<GEMMSmallArguments>) {
    small(Most<8>.self, NEONLanes.self, p)
  }

  let gemmSmall = LevelFunctions(neon: gemm_small_neon)
#else
  @c(gemm_small_baseline_body) private func smallBaseline(_ p: UnsafePointer<GEMMSmallArguments>) {
    small(Most<4>.self, BaselineLanes.self, p)
  }
  @c(gemm_small_avx2_body) private func smallAVX2(_ p: UnsafePointer<GEMMSmallArguments>) {
    small(Most<4>.self, AVX2Lanes.self, p)
  }
  @c(gemm_small_avx512_body) private func smallAVX512(_ p: UnsafePointer<GEMMSmallArguments>) {
    small(Most<8>.self, AVX512Lanes.self, p)
  }

  let gemmSmall = LevelFunctions(
    baseline: gemm_small_baseline, avx2: gemm_small_avx2, avx512: gemm_small_avx512)
#endif

/// The work of a product for which `gemmSmall` is best: multiply-adds.
private let mostMultiplyAdds = 64 * 64 * 64

/// A small product, if `gemmSmall` is best for it.
func smallProduct(_ problem: GEMM.Problem, _ level: InstructionSet) -> PreparedKernel<GEMM.Operands>? {
  let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
  guard rows > 0, columns > 0, !problem.transposeB, problem.alpha == 1, problem.beta == 0, problem.bias != .perRow,
    max(rows, columns, depth) <= 256, rows * columns * depth <= mostMultiplyAdds
  else { return nil }
  let padded = (columns + level.lanes - 1) / level.lanes * level.lanes
  let small = gemmSmall[level]
  let bytes = cacheLines((8 * level.lanes + padded + depth * level.lanes) * 4)
  return PreparedKernel(workspaceByteCount: bytes) { operands, workspace in
    var product = GEMMSmallArguments(
      a: operands.a, b: operands.b, c: operands.c, scratch: workspace.assumingMemoryBound(to: Float.self), rows: rows,
      columns: columns, depth: depth, aRowStride: problem.aStrides.row, aDepthStride: problem.aStrides.depth,
      bRowStride: problem.bRowStride, cRowStride: problem.cRowStride,
      columnBias: problem.bias == .perColumn ? operands.bias : nil, relu: problem.relu ? 1 : 0)
    small(&product)
  }
}
