import KernelsISA

/// A column of register tiles, `vectors` wide, as a type.
struct TileWidth<let vectors: Int, L: Lanes> {
  @inline(always) static var columns: Int { vectors &* L.count }
}

/// What one call of the micro-kernel computes with.
private struct MicroKernelArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var bStride: Int
  /// Where the tile packs its part of B; nil if it is packed already, or stays in place.
  var panel: UnsafeMutablePointer<Float>?
  var depth: Int
  /// Elements from the row of B that is loaded to the line of B that is prefetched.
  var bDistance: Int
  /// What the accumulators begin with.
  var initial: UnsafePointer<Float>
  var initialStride: Int
  /// Where they are stored: C, or scratch memory.
  var target: UnsafeMutablePointer<Float>
  var targetStride: Int
  var cursor: PrefetchCursor
}

/// The macro-kernel: packed panels of A times a block of B, by register tiles one or two vectors wide.
struct GEMMMacroArguments {
  var a: UnsafePointer<Float>
  /// Panels, `depth` rows as wide as a tile, or B in place.
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// Where the tiles of A's first panel pack B; NULL: B stays as it is.
  var bPanels: UnsafeMutablePointer<Float>?
  /// One tile and a row of it.
  var scratch: UnsafeMutablePointer<Float>
  var rows: Int
  /// Where tiles pack B: a multiple of the tile's.
  var columns: Int
  var depth: Int
  /// Rows of a panel of A, at most the tile's.
  var panelRows: Int
  /// The depth of A's panels.
  var aPanelDepth: Int
  /// The first k that is used of them.
  var aFirstDepth: Int
  /// From one row of B, or of a panel, to the next.
  var bStride: Int
  /// From one column of tiles to the next.
  var bPanelStride: Int
  /// From the row of B that is loaded to the line that is prefetched.
  var bPrefetchDistance: Int
  /// How many rows ahead the packing tiles prefetch B; 0: `prefetch` instead.
  var bPrefetchRows: Int
  /// The next block of B.
  var bNext: UnsafePointer<Float>
  var cRowStride: Int
  /// 0: C is not read.
  var beta: Float
  /// NULL but for the first block of k.
  var rowBias: UnsafePointer<Float>?
  var columnBias: UnsafePointer<Float>?
  var relu: Bool
  /// ReLU's upper limit; infinity for none.
  var ceiling: Float
  /// Whether the next panel of A is prefetched.
  var prefetchesPanels: Bool
  /// One line at each k.
  var prefetch: GEMMPrefetch
  /// After `prefetch`
  var secondPrefetch: GEMMPrefetch
}

/// The macro-kernel, the loops 2 and 1 around the micro-kernel: panels of A (MR rows each), and for each the columns of
/// tiles (NR columns each) of a block of B.
///
/// The panel of A stays in the first-level cache while the block's panels of B come from the second-level cache. Of a
/// block that is one tile wide, it is the panel of B that stays.
@inline(always)
func macroKernel<let most: Int, let vectors: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ width: TileWidth<vectors, L>.Type, _ p: UnsafePointer<GEMMMacroArguments>
) {
  let isWhole = p.pointee.columns % width.columns == 0
  var tile = MicroKernelArguments(
    a: p.pointee.a, b: p.pointee.b, bStride: p.pointee.bStride, panel: p.pointee.bPanels, depth: p.pointee.depth,
    bDistance: p.pointee.bPrefetchDistance, initial: isa_zeros(), initialStride: 0, target: p.pointee.scratch,
    targetStride: width.columns, cursor: PrefetchCursor(p.pointee.prefetch))
  var hasSecondPrefetch = true
  var bPanelStride = p.pointee.bPanelStride
  // The accumulators begin with what is in memory: zeros, a row of biases, C, or values computed into scratch memory.
  let beginsWithC = p.pointee.beta == 1 && p.pointee.columnBias == nil && p.pointee.rowBias == nil && isWhole
  let beginsWithRow = p.pointee.beta == 0 && p.pointee.rowBias == nil
  if beginsWithRow, !isWhole, let bias = p.pointee.columnBias {
    let row = p.pointee.scratch + most &* width.columns
    for j in 0..<p.pointee.columns { row[j] = bias[j] }
    tile.initial = UnsafePointer(row)
  } else if !beginsWithRow {
    tile.initial = UnsafePointer(p.pointee.scratch)
    tile.initialStride = width.columns
  }
  // Loop 2: the panels of A.
  var row = 0
  while row < p.pointee.rows {
    let left = p.pointee.rows &- row
    let height = left < p.pointee.panelRows ? left : p.pointee.panelRows
    tile.a = p.pointee.a + (row &* p.pointee.aPanelDepth &+ height &* p.pointee.aFirstDepth)
    // Loop 1: the columns of tiles.
    var column = 0
    while column < p.pointee.columns {
      let c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
      prefetchNextTile(width, p, row: row, height: height, column: column)
      if beginsWithC {
        tile.initial = UnsafePointer(c)
        tile.initialStride = p.pointee.cRowStride
      } else if !beginsWithRow {
        computeInitialValues(width, p, UnsafePointer(c), row: row, height: height, column: column)
      } else if isWhole, let bias = p.pointee.columnBias {
        tile.initial = bias + column
      }
      if isWhole {
        tile.target = c
        tile.targetStride = p.pointee.cRowStride
      }
      // A tile that packs B prefetches what it packs next; the first tile of a panel prefetches the next panel of A; the
      // others what the block is told to prefetch. The micro-kernel, which is large, is called in one place.
      let blockCursor = tile.cursor
      let packsB = tile.panel != nil && p.pointee.bPrefetchRows > 0
      let beginsPanel =
        column == 0 && p.pointee.prefetchesPanels && row &+ height < p.pointee.rows
        && (p.pointee.columns > width.columns || blockCursor.isDone)
      if packsB {
        let isLast = column &+ width.columns >= p.pointee.columns
        tile.cursor = PrefetchCursor(
          rowsToPackNext(p, tile.b, next: isLast ? p.pointee.bNext : tile.b + width.columns))
      } else if beginsPanel {
        tile.cursor = PrefetchCursor(nextPanel(p, row: row &+ height))
      }
      microKernel(tileRows, width, height: height, &tile)
      if packsB || beginsPanel { tile.cursor = blockCursor }
      if tile.cursor.isDone, hasSecondPrefetch {
        tile.cursor = PrefetchCursor(p.pointee.secondPrefetch)
        hasSecondPrefetch = false
      }
      if !isWhole || p.pointee.relu { epilogue(width, p, tile, c, height: height, column: column) }
      tile.b += bPanelStride
      if let panel = tile.panel { tile.panel = panel + width.columns &* p.pointee.depth }
      column &+= width.columns
    }
    tile.b = p.pointee.b
    if let panel = p.pointee.bPanels {
      // The first panel of A has packed the block of B.
      tile.b = UnsafePointer(panel)
      tile.bStride = width.columns
      bPanelStride = width.columns &* p.pointee.depth
      tile.panel = nil
    }
    row &+= height
  }
}

/// The lines of the packed panel of A that begins with a row.
@inline(always)
private func nextPanel(_ p: UnsafePointer<GEMMMacroArguments>, row: Int) -> GEMMPrefetch {
  let left = p.pointee.rows &- row
  let height = left < p.pointee.panelRows ? left : p.pointee.panelRows
  return GEMMPrefetch(
    first: p.pointee.a + (row &* p.pointee.aPanelDepth &+ height &* p.pointee.aFirstDepth), lineStride: 16,
    lines: (height &* p.pointee.depth &+ 15) / 16, repeatStride: 0, repeats: 1)
}

/// What a tile that packs B prefetches: its own rows `bPrefetchRows` ahead, then as many first rows of the next tile.
@inline(always)
private func rowsToPackNext(
  _ p: UnsafePointer<GEMMMacroArguments>, _ b: UnsafePointer<Float>, next: UnsafePointer<Float>
) -> GEMMPrefetch {
  let left = p.pointee.depth &- p.pointee.bPrefetchRows
  if left <= 0 {
    return GEMMPrefetch(
      first: next, lineStride: p.pointee.bStride, lines: p.pointee.depth, repeatStride: 0, repeats: 1)
  }
  let first = b + p.pointee.bPrefetchRows &* p.pointee.bStride
  return GEMMPrefetch(
    first: first, lineStride: p.pointee.bStride, lines: left, repeatStride: next - first, repeats: 2)
}

/// Prefetches the next tile's lines of C, which arrive during this tile's multiply-adds.
@inline(always)
private func prefetchNextTile<let vectors: Int, L: Lanes>(
  _ width: TileWidth<vectors, L>.Type, _ p: UnsafePointer<GEMMMacroArguments>, row: Int, height: Int, column: Int
) {
  var (row, column) = (row, column &+ width.columns)
  if column >= p.pointee.columns {
    column = 0
    row &+= height
  }
  var left = p.pointee.rows &- row
  if left > p.pointee.panelRows { left = p.pointee.panelRows }
  var c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
  while left > 0 {
    prefetchToWrite(c)
    if width.columns > 16 { prefetchToWrite(c + 16) }
    prefetchToWrite(c + (width.columns &- 1))
    c += p.pointee.cRowStride
    left &-= 1
  }
}

/// Computes what a tile's accumulators begin with into scratch memory: beta · C + bias, whichever there is of the two, or
/// 0. Lanes behind the last column are not read later.
@inline(always)
private func computeInitialValues<let vectors: Int, L: Lanes>(
  _ tileWidth: TileWidth<vectors, L>.Type, _ p: UnsafePointer<GEMMMacroArguments>, _ c: UnsafePointer<Float>, row: Int,
  height: Int, column: Int
) {
  var width = p.pointee.columns &- column
  if width > tileWidth.columns { width = tileWidth.columns }
  var r = 0
  while r < height {
    let target = p.pointee.scratch + r &* tileWidth.columns
    let c = c + r &* p.pointee.cRowStride
    var rowBias: Float = 0
    if let values = p.pointee.rowBias { rowBias = values[row &+ r] }
    let hasBias = p.pointee.rowBias != nil || p.pointee.columnBias != nil
    var j = 0
    while j < width {
      var bias = rowBias
      if let values = p.pointee.columnBias { bias = values[column &+ j] }
      var value = bias
      if p.pointee.beta != 0 {
        // Without a bias nothing is added: −0 + 0 would lose its sign.
        value = hasBias ? c[j] * p.pointee.beta + bias : c[j] * p.pointee.beta
      }
      target[j] = value
      j &+= 1
    }
    r &+= 1
  }
}

/// The epilogue of a tile: ReLU, and the copy to C of a tile that was stored in scratch memory.
@inline(always)
private func epilogue<let vectors: Int, L: Lanes>(
  _ tileWidth: TileWidth<vectors, L>.Type, _ p: UnsafePointer<GEMMMacroArguments>, _ tile: MicroKernelArguments,
  _ c: UnsafeMutablePointer<Float>, height: Int, column: Int
) {
  let width = p.pointee.columns &- column
  var r = 0
  while r < height {
    let source = tile.target + r &* tile.targetStride
    if p.pointee.relu {
      // Whole vectors: behind the last column is scratch memory, unless the columns fill them.
      for v in 0..<vectors {
        let vector = source + v &* L.count
        L.store(L.rectified(L.load(vector), ceiling: p.pointee.ceiling), vector)
      }
    }
    if tile.targetStride == tileWidth.columns, tile.target == p.pointee.scratch {
      let target = c + r &* p.pointee.cRowStride
      var j = 0
      while j < tileWidth.columns, j &+ L.count <= width {
        L.store(L.load(source + j), target + j)
        j &+= L.count
      }
      if j < tileWidth.columns { L.copy(source + j, target + j, first: width &- j) }
    }
    r &+= 1
  }
}

/// The micro-kernel for `height` rows, each number of which has code of its own.
@inline(always)
private func microKernel<let most: Int, let vectors: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ width: TileWidth<vectors, L>.Type, height: Int,
  _ arguments: inout MicroKernelArguments
) {
  if most > 6, height > 6 {
    switch height {
    case 7: compute(RegisterTile<7, vectors, L>.self, &arguments)
    case 8: compute(RegisterTile<8, vectors, L>.self, &arguments)
    case 9: compute(RegisterTile<9, vectors, L>.self, &arguments)
    case 10: compute(RegisterTile<10, vectors, L>.self, &arguments)
    case 11: compute(RegisterTile<11, vectors, L>.self, &arguments)
    default: compute(RegisterTile<12, vectors, L>.self, &arguments)
    }
    return
  }
  switch height {
  case 1: compute(RegisterTile<1, vectors, L>.self, &arguments)
  case 2: compute(RegisterTile<2, vectors, L>.self, &arguments)
  case 3: compute(RegisterTile<3, vectors, L>.self, &arguments)
  case 4: compute(RegisterTile<4, vectors, L>.self, &arguments)
  case 5: compute(RegisterTile<5, vectors, L>.self, &arguments)
  default: compute(RegisterTile<6, vectors, L>.self, &arguments)
  }
}

@inline(always)
private func compute<let rows: Int, let vectors: Int, L: Lanes>(
  _ shape: RegisterTile<rows, vectors, L>.Type, _ tile: inout MicroKernelArguments
) {
  // Each branch has accumulators of its own: those of both would be kept in memory.
  if let panel = tile.panel {
    var accumulators = RegisterTile<rows, vectors, L>(tile.initial, stride: tile.initialStride)
    accumulators.multiplyPacking(
      tile.a, tile.b, bStride: tile.bStride, depth: tile.depth, panel: panel, &tile.cursor)
    accumulators.store(to: tile.target, stride: tile.targetStride)
  } else {
    var accumulators = RegisterTile<rows, vectors, L>(tile.initial, stride: tile.initialStride)
    accumulators.multiply(
      tile.a, tile.b, bStride: tile.bStride, depth: tile.depth, bDistance: tile.bDistance, &tile.cursor)
    accumulators.store(to: tile.target, stride: tile.targetStride)
  }
}
