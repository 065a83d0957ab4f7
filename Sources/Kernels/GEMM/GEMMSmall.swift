import KernelsISA

/// The most rows of a tile of a small product, as a type.
struct SmallRows<let rows: Int> {}

#if arch(x86_64)
  /// Half a vector of AVX2.
  private enum HalfAVX2Lanes: Lanes {
    @inline(__always) static func multiplyAdd(
      _ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>
    ) -> SIMD4<Float> { c.addingProduct(a, b) }
  }
#endif

/// C = op(A) · B + bias of few elements, where packing would take as long as multiplying: A is used as it lies.
struct GEMMSmallArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// A tile and a row of C, and a vector for each k.
  var scratch: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  var depth: Int
  /// Elements from one row to the next.
  var aRowStride: Int
  /// Elements from one k to the next.
  var aDepthStride: Int
  var bRowStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  var relu: Int32
  /// Of what ReLU lets through; infinity for none.
  var ceiling: Float
}

/// A product of few elements, in one call, by vectors as wide as it needs.
@inline(always)
func multiplySmallOfAnyWidth<let most: Int, L: Lanes>(
  _ tileRows: SmallRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMSmallArguments>
) {
  #if arch(x86_64)
    if L.count > 4, p.pointee.columns <= 4 { return multiplySmall(tileRows, HalfAVX2Lanes.self, p) }
    if L.count > 8, p.pointee.columns <= 8 { return multiplySmall(tileRows, AVX2Lanes.self, p) }
  #endif
  multiplySmall(tileRows, lanes, p)
}

/// A is used as it lies, B too, but for columns that do not fill a vector.
@inline(always)
func multiplySmall<let most: Int, L: Lanes>(
  _ tileRows: SmallRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMSmallArguments>
) {
  let (columns, depth) = (p.pointee.columns, p.pointee.depth)
  // What a tile cannot write in place, what the sums begin with, and then B.
  let tile = p.pointee.scratch
  let padded = (columns &+ L.count &- 1) / L.count &* L.count
  let row = tile + most &* L.count
  let copy = row + padded
  fetchFirst(tileRows, lanes, p)
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
      tiles(tileRows, RegisterTile<1, 2, L>.self, p, b + j, bStride, j, row + j, tile)
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
      tiles(tileRows, RegisterTile<1, 1, L>.self, p, last, lastStride, j, row + j, tile)
      j &+= L.count
    }
  }
}

/// Products of up to so many multiply-adds ask for all operands at once, before anything waits for them.
private let fetchedAtOnce = 1 << 15

/// Asks for what is needed at first.
@inline(always)
private func fetchFirst<let most: Int, L: Lanes>(
  _ tileRows: SmallRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMSmallArguments>
) {
  var (rows, columns, depth) = (p.pointee.rows, p.pointee.columns, p.pointee.depth)
  let work = rows &* columns &* depth
  if work <= 1024 { return }
  if p.pointee.aDepthStride != 1 {
    fetch(p.pointee.a, rows: depth, columns: rows, stride: p.pointee.aDepthStride)
  }
  if work > fetchedAtOnce {
    rows = rows < most ? rows : most
    columns = columns < 2 &* L.count ? columns : 2 &* L.count
  }
  fetch(p.pointee.c, rows: rows, columns: columns, stride: p.pointee.cRowStride)
  fetch(p.pointee.b, rows: depth, columns: columns, stride: p.pointee.bRowStride)
  if p.pointee.aDepthStride == 1 {
    fetch(p.pointee.a, rows: rows, columns: depth, stride: p.pointee.aRowStride)
  }
}

/// Asks for what the next tile needs, and for a part of the next columns of B, while a tile is computed.
@inline(always)
private func fetchNext(
  _ p: UnsafePointer<GEMMSmallArguments>, row: Int, height: Int, column: Int, width: Int
) {
  let (rows, columns, depth) = (p.pointee.rows, p.pointee.columns, p.pointee.depth)
  if rows &* columns &* depth <= fetchedAtOnce { return }
  let next = row &+ height
  if next < rows {
    let left = rows &- next < height ? rows &- next : height
    let c = p.pointee.c + (next &* p.pointee.cRowStride &+ column)
    fetch(c, rows: left, columns: columns &- column < width ? columns &- column : width, stride: p.pointee.cRowStride)
    if column == 0, p.pointee.aDepthStride == 1 {
      fetch(p.pointee.a + next &* p.pointee.aRowStride, rows: left, columns: depth, stride: p.pointee.aRowStride)
    }
  }
  let behind = column &+ width
  if behind < columns {
    let first = depth &* row / rows
    let last = depth &* next / rows
    fetch(
      p.pointee.b + (first &* p.pointee.bRowStride &+ behind), rows: last &- first,
      columns: columns &- behind < width ? columns &- behind : width, stride: p.pointee.bRowStride)
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
  _ tileRows: SmallRows<most>.Type, _ shape: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMSmallArguments>,
  _ b: UnsafePointer<Float>, _ bStride: Int, _ column: Int, _ initial: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let left = p.pointee.rows &- row
    let height = most >= 8 && left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    fetchNext(p, row: row, height: height, column: column, width: vectors &* L.count)
    if most >= 8, left >= 8 {
      tile(RegisterTile<8, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 8
    } else if left >= 4 {
      tile(RegisterTile<4, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 4
    } else if left >= 2 {
      tile(RegisterTile<2, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 2
    } else {
      tile(RegisterTile<1, vectors, L>.self, p, b, bStride, row, column, initial, scratch)
      row &+= 1
    }
  }
}

@inline(always)
private func tile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMSmallArguments>, _ b: UnsafePointer<Float>,
  _ bStride: Int, _ row: Int, _ column: Int, _ initial: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  let (rowStride, depthStride) = (p.pointee.aRowStride, p.pointee.aDepthStride)
  var sums = RegisterTile<rows, vectors, L>(initial, stride: 0)
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
      if p.pointee.relu != 0 { values = L.rectified(values, ceiling: p.pointee.ceiling) }
      L.store(values, c + i &* p.pointee.cRowStride, first: width)
    }
    return
  }
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu != 0 {
    for i in 0..<rows {
      for v in 0..<vectors {
        let place = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.rectified(L.load(place), ceiling: p.pointee.ceiling), place)
      }
    }
  }
}

/// The work of a product for which `Levels.gemmSmall` is best: multiply-adds.
private let mostMultiplyAdds = 1 << 22

/// Whether the rows of a few columns of B, which all rows of A pass over, find places in a first-level cache, or half of
/// them: rows that lie a multiple of 4 KB apart would share one place of its 64.
private func staysCached(_ problem: GEMM.Problem) -> Bool {
  let places = 64 >> min((problem.bRowStride / 16).trailingZeroBitCount, 6)
  return problem.bRowStride % 16 != 0 || problem.depth <= 2 * 12 * places
}

/// A small product, if `Levels.gemmSmall` is best for it.
func smallProduct(_ problem: GEMM.Problem, _ level: InstructionSet) -> PreparedKernel<GEMM.Operands>? {
  let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
  guard rows > 0, columns > 0, !problem.transposeB, problem.alpha == 1, problem.beta == 0, problem.bias != .perRow,
    rows <= 4096, max(columns, depth) <= 256, rows * columns * depth <= mostMultiplyAdds, staysCached(problem)
  else { return nil }
  // Many rows that leave lanes empty are multiplied faster by kernels that do not.
  if rows > 256, columns <= 16 ? problem.isNarrow(lanes: level.lanes) : columns % level.lanes != 0 { return nil }
  let padded = (columns + level.lanes - 1) / level.lanes * level.lanes
  let small = Levels.gemmSmall[level]
  let bytes = cacheLines((8 * level.lanes + padded + depth * level.lanes) * 4)
  return PreparedKernel(workspaceByteCount: bytes, path: GEMMPath.small.rawValue) { operands, workspace in
    var product = GEMMSmallArguments(
      a: operands.a, b: operands.b, c: operands.c, scratch: workspace.assumingMemoryBound(to: Float.self), rows: rows,
      columns: columns, depth: depth, aRowStride: problem.aStrides.row, aDepthStride: problem.aStrides.depth,
      bRowStride: problem.bRowStride, cRowStride: problem.cRowStride,
      columnBias: problem.bias == .perColumn ? operands.bias : nil, relu: problem.activation == nil ? 0 : 1,
      ceiling: problem.activation.limits.ceiling)
    small(&product)
  }
}
