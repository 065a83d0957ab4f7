import KernelsISA

/// The product by register tiles that read A and B in place: for products of few elements, packing takes as long as
/// multiplying.
enum UnpackedGEMM {
  /// Products of up to so many multiply-adds prefetch all operands before the first load, and end rows by whole vectors.
  @inline(always) static var prefetchedAtOnce: Int { 1 << 15 }

  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let tile = (rows: tileRows(level), vectors: 2)
    let multiply = Levels.gemmUnpacked[level]
    return Kernel(
      algorithm: "unpacked", level: level, tile: "\(tile.rows)x\(tile.vectors)",
      cost: { problem, machine in accepts(problem, level) ? GEMMCost(problem, level, machine).unpacked : nil },
      prepare: { problem, threads in
        let bytes = byteCount(problem, level)
        let parts = problem.work.parts(threads: threads)
        if parts == 1 {
          return PreparedKernel(workspaceByteCount: bytes) { operands, workspace in
            var product = arguments(
              problem, GEMMRegion(rows: 0..<problem.rows, columns: 0..<problem.columns), operands, workspace)
            multiply(&product)
          }
        }
        let partition = GEMMPartition(
          problem, parts: parts, tileRows: tile.rows, tileColumns: tile.vectors * level.lanes)
        return PreparedKernel(partition, bytesOfPart: bytes) { region, operands, workspace in
          var product = arguments(problem, region, operands, workspace)
          multiply(&product)
        }
      })
  }

  /// Rows of a level's tiles: 8 × 2 accumulators where there are 32 registers, 4 × 2 with 16.
  static func tileRows(_ level: InstructionSet) -> Int {
    switch level {
    #if arch(arm64)
      case .neon: 8
    #else
      case .baseline, .avx2: 4
      case .avx512: 8
    #endif
    }
  }

  /// A in place is not scaled, and sums begin with a row: of biases, or of zeros.
  static func accepts(_ problem: GEMM.Problem, _ level: InstructionSet) -> Bool {
    !problem.transposeB && problem.alpha == 1 && problem.beginsWithColumnBias
      && max(problem.columns, problem.depth) <= Workspace.mostKernelBytes
      && byteCount(problem, level) <= Workspace.mostKernelBytes
  }

  /// Bytes of one thread: a tile, a row of C, and a vector of B for each k.
  private static func byteCount(_ problem: GEMM.Problem, _ level: InstructionSet) -> Int {
    let lanes = level.lanes
    return cacheLines((8 * lanes + (problem.columns + lanes - 1) / lanes * lanes + problem.depth * lanes) * 4)
  }

  private static func arguments(
    _ problem: GEMM.Problem, _ region: GEMMRegion, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer
  ) -> GEMMUnpackedArguments {
    let (row, column) = (region.rows.lowerBound, region.columns.lowerBound)
    return GEMMUnpackedArguments(
      a: operands.a + row * problem.aStrides.row, b: operands.b + column,
      c: operands.c + (row * problem.cRowStride + column), scratch: workspace.assumingMemoryBound(to: Float.self),
      rows: region.rows.count, columns: region.columns.count, depth: problem.depth, aRowStride: problem.aStrides.row,
      aDepthStride: problem.aStrides.depth, bRowStride: problem.bRowStride, cRowStride: problem.cRowStride,
      columnBias: problem.columnBias(operands, column), relu: problem.hasActivation,
      ceiling: problem.activation.limits.ceiling)
  }
}

#if arch(x86_64)
  /// Half a vector of AVX2.
  private enum HalfAVX2Lanes: Lanes {
    @inline(__always) static func multiplyAdd(
      _ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>
    ) -> SIMD4<Float> { c.addingProduct(a, b) }
  }
#endif

/// A and B in place, by register tiles.
struct GEMMUnpackedArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// A tile and a row of C, and a vector for each k.
  var scratch: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  var depth: Int
  var aRowStride: Int
  /// From one k to the next.
  var aDepthStride: Int
  var bRowStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  var relu: Bool
  /// ReLU's upper limit; infinity for none.
  var ceiling: Float
}

/// Vectors as wide as the columns need: the last ones are computed by half or a quarter of a vector where those hold them
/// exactly.
@inline(always)
func multiplyUnpackedOfAnyWidth<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>
) {
  prefetchFirst(tileRows, lanes, p)
  #if arch(x86_64)
    if L.count > 4, p.pointee.columns <= 4 { return multiplyOneVector(tileRows, HalfAVX2Lanes.self, p) }
    if L.count > 8, p.pointee.columns <= 8 { return multiplyOneVector(tileRows, AVX2Lanes.self, p) }
    let remaining = p.pointee.columns % L.count
    // Not in products of few elements: lines of C that are in no cache are better written at once.
    let work = p.pointee.rows &* p.pointee.columns &* p.pointee.depth
    if L.count > 4, remaining > 0, remaining % 4 == 0, work > UnpackedGEMM.prefetchedAtOnce {
      var part = p.pointee
      part.columns = p.pointee.columns &- remaining
      if part.columns > 0 { multiplyUnpacked(tileRows, lanes, &part) }
      if L.count > 8, remaining >= 8 {
        part.moveColumns(by: part.columns, count: 8)
        multiplyOneVector(tileRows, AVX2Lanes.self, &part)
      }
      if remaining & 4 != 0 {
        part.moveColumns(by: part.columns, count: 4)
        multiplyOneVector(tileRows, HalfAVX2Lanes.self, &part)
      }
      return
    }
  #endif
  multiplyUnpacked(tileRows, lanes, p)
}

extension GEMMUnpackedArguments {
  /// Goes `offset` columns to the right, to the next `count` columns.
  @inline(always)
  fileprivate mutating func moveColumns(by offset: Int, count: Int) {
    b += offset
    c += offset
    if let bias = columnBias { columnBias = bias + offset }
    columns = count
  }
}

/// A and B in place, but for columns that do not fill a vector: those of B are copied.
@inline(always)
private func multiplyUnpacked<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>
) {
  let initial = storeInitialRow(tileRows, lanes, p)
  var j = 0
  while j &+ 2 &* L.count <= p.pointee.columns {
    tiles(
      tileRows, RegisterTile<1, 2, L>.self, p, p.pointee.b + j, p.pointee.bRowStride, j, initial + j,
      p.pointee.scratch)
    j &+= 2 &* L.count
  }
  while j < p.pointee.columns {
    multiplyVector(tileRows, lanes, p, j, initial)
    j &+= L.count
  }
}

/// All columns, where they are at most as many as a vector has lanes.
@inline(always)
private func multiplyOneVector<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>
) {
  let initial = storeInitialRow(tileRows, lanes, p)
  multiplyVector(tileRows, lanes, p, 0, initial)
}

/// The columns of one vector from `column` on, which are copied if they do not fill it.
@inline(always)
private func multiplyVector<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>, _ column: Int,
  _ initial: UnsafeMutablePointer<Float>
) {
  let columns = p.pointee.columns
  var (b, stride) = (p.pointee.b + column, p.pointee.bRowStride)
  if columns &- column < L.count {
    // Behind the row that sums begin with.
    let copy = initial + (columns &+ L.count &- 1) / L.count &* L.count
    var k = 0
    while k < p.pointee.depth {
      L.store(L.load(b + k &* stride, first: columns &- column), copy + k &* L.count)
      k &+= 1
    }
    (b, stride) = (UnsafePointer(copy), L.count)
  }
  tiles(tileRows, RegisterTile<1, 1, L>.self, p, b, stride, column, initial + column, p.pointee.scratch)
}

/// Stores the row that sums begin with, behind the scratch memory of a tile: the biases, or zeros.
@inline(always)
private func storeInitialRow<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>
) -> UnsafeMutablePointer<Float> {
  let row = p.pointee.scratch + most &* L.count
  var j = 0
  while j < p.pointee.columns {
    var initial = L.splat(0)
    if let bias = p.pointee.columnBias { initial = L.load(bias + j, first: p.pointee.columns &- j) }
    L.store(initial, row + j)
    j &+= L.count
  }
  return row
}

/// Prefetches all operands, or of a large product those of the first tile.
@inline(always)
private func prefetchFirst<let most: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ lanes: L.Type, _ p: UnsafePointer<GEMMUnpackedArguments>
) {
  var (rows, columns, depth) = (p.pointee.rows, p.pointee.columns, p.pointee.depth)
  let work = rows &* columns &* depth
  if work <= 1024 { return }
  if p.pointee.aDepthStride != 1 {
    prefetchMatrix(p.pointee.a, rows: depth, columns: rows, stride: p.pointee.aDepthStride)
  }
  if work > UnpackedGEMM.prefetchedAtOnce {
    rows = rows < most ? rows : most
    columns = columns < 2 &* L.count ? columns : 2 &* L.count
  }
  prefetchMatrix(p.pointee.c, rows: rows, columns: columns, stride: p.pointee.cRowStride)
  prefetchMatrix(p.pointee.b, rows: depth, columns: columns, stride: p.pointee.bRowStride)
  if p.pointee.aDepthStride == 1 {
    prefetchMatrix(p.pointee.a, rows: rows, columns: depth, stride: p.pointee.aRowStride)
  }
}

/// What the next tile needs, and a part of the next columns of B.
@inline(always)
private func nextLines(
  _ p: UnsafePointer<GEMMUnpackedArguments>, row: Int, height: Int, column: Int, width: Int
) -> TilePrefetch {
  let (rows, columns, depth) = (p.pointee.rows, p.pointee.columns, p.pointee.depth)
  if rows &* columns &* depth <= UnpackedGEMM.prefetchedAtOnce { return TilePrefetch(nothingBut: p.pointee.a) }
  let next = row &+ height
  let left = rows &- next < height ? rows &- next : height
  let tileColumns = columns &- column < width ? columns &- column : width
  let behind = column &+ width
  let hasNextColumns = behind < columns
  let first = hasNextColumns ? depth &* row / rows : 0
  let last = hasNextColumns ? depth &* next / rows : 0
  return TilePrefetch(
    TilePrefetch.Part(
      row: p.pointee.a + next &* p.pointee.aRowStride, stride: p.pointee.aRowStride,
      rows: column == 0 && p.pointee.aDepthStride == 1 ? left : 0, columns: depth),
    TilePrefetch.Part(
      row: UnsafePointer(p.pointee.c) + (next &* p.pointee.cRowStride &+ column), stride: p.pointee.cRowStride,
      rows: left, columns: tileColumns),
    TilePrefetch.Part(
      row: p.pointee.b + (first &* p.pointee.bRowStride &+ behind), stride: p.pointee.bRowStride,
      rows: last &- first,
      columns: columns &- behind < width ? columns &- behind : width))
}

/// Prefetches all lines of a matrix.
@inline(always)
private func prefetchMatrix(_ matrix: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
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
  _ tileRows: TileRows<most>.Type, _ shape: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMUnpackedArguments>,
  _ b: UnsafePointer<Float>, _ bStride: Int, _ column: Int, _ initial: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let left = p.pointee.rows &- row
    let height = most >= 8 && left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    var next = nextLines(p, row: row, height: height, column: column, width: vectors &* L.count)
    if most >= 8, left >= 8 {
      tile(RegisterTile<8, vectors, L>.self, p, b, bStride, row, column, initial, scratch, &next)
      row &+= 8
    } else if left >= 4 {
      tile(RegisterTile<4, vectors, L>.self, p, b, bStride, row, column, initial, scratch, &next)
      row &+= 4
    } else if left >= 2 {
      tile(RegisterTile<2, vectors, L>.self, p, b, bStride, row, column, initial, scratch, &next)
      row &+= 2
    } else {
      tile(RegisterTile<1, vectors, L>.self, p, b, bStride, row, column, initial, scratch, &next)
      row &+= 1
    }
  }
}

@inline(always)
private func tile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMUnpackedArguments>, _ b: UnsafePointer<Float>,
  _ bStride: Int, _ row: Int, _ column: Int, _ initial: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ next: inout TilePrefetch
) {
  let (rowStride, depthStride) = (p.pointee.aRowStride, p.pointee.aDepthStride)
  var sums = RegisterTile<rows, vectors, L>(initial, stride: 0)
  var a = p.pointee.a + row &* rowStride
  var b = b
  var k = p.pointee.depth
  while k > 0 {
    var values = zeros(InlineArray<vectors, L.Vector>.self)
    for v in 0..<vectors { values[v] = L.load(b + v &* L.count) }
    next.advance()
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
      if p.pointee.relu { values = L.rectified(values, ceiling: p.pointee.ceiling) }
      L.store(values, c + i &* p.pointee.cRowStride, first: width)
    }
    return
  }
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu {
    for i in 0..<rows {
      for v in 0..<vectors {
        let vector = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.rectified(L.load(vector), ceiling: p.pointee.ceiling), vector)
      }
    }
  }
}
