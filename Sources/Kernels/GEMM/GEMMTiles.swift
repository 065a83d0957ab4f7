import KernelsISA

/// The most rows that a level's tile has, as a type.
struct TileRows<let rows: Int> {}

/// A column of tiles `vectors` wide, as a type.
struct Width<let vectors: Int, L: Lanes> {
  @inline(always) static var columns: Int { vectors &* L.count }
}

/// What a tile computes with.
private struct TileJob {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var bStride: Int
  /// Where the tile's part of B is packed; nil if it is packed already.
  var panel: UnsafeMutablePointer<Float>?
  var depth: Int
  /// Elements from what is read of B to what is fetched.
  var ahead: Int
  /// Rows that the sums begin with.
  var initial: UnsafePointer<Float>
  var initialStride: Int
  var target: UnsafeMutablePointer<Float>
  var targetStride: Int
  var fetching: Fetching
}

/// Multiplies packed panels of A with a block of B by tiles that are one or two vectors wide.
struct GEMMTilesArguments {
  var a: UnsafePointer<Float>
  /// Panels, `depth` rows of as many columns as a tile's, or B as it lies.
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// Where panels are left, for the second panel of A and those after it; NULL: nowhere.
  var panel: UnsafeMutablePointer<Float>?
  /// One tile and a row of it.
  var scratch: UnsafeMutablePointer<Float>
  var rows: Int
  /// Packed in passing: a multiple of the tile's.
  var columns: Int
  var depth: Int
  /// Rows of a panel of A, at most the tile's.
  var panelRows: Int
  /// The depth of A's panels.
  var aDepth: Int
  /// The first k that is used of them.
  var aFirst: Int
  /// Elements from one row of B, or of a panel, to the next.
  var bStride: Int
  /// Elements from one column of tiles to the next.
  var bStep: Int
  /// Elements from what is read of B to what is fetched.
  var bAhead: Int
  /// Rows that are fetched ahead while B is packed; 0: `fetch` is instead.
  var bRowsAhead: Int
  /// What is packed after this block.
  var bNext: UnsafePointer<Float>
  var cRowStride: Int
  /// What the sums begin with is beta · C + bias; 0: C is not read.
  var beta: Float
  /// NULL but for the first block of k.
  var rowBias: UnsafePointer<Float>?
  var columnBias: UnsafePointer<Float>?
  var relu: Int32
  /// Of what ReLU lets through; infinity for none.
  var ceiling: Float
  /// Whether the next panel of A is fetched, too.
  var fetchesPanels: Int32
  /// What is fetched first, a line at each k.
  var fetch: GEMMFetch
  var fetchThen: GEMMFetch
}

/// A block of C, one panel of A after the other, each with all of B's panels.
///
/// With one column of tiles, B's panel stays in the first-level cache while the panels of A pass by; with many, the panel
/// of A stays there while B's pass by.
@inline(always)
func multiplyTiles<let most: Int, let vectors: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ shape: Width<vectors, L>.Type, _ p: UnsafePointer<GEMMTilesArguments>
) {
  let isWhole = p.pointee.columns % shape.columns == 0
  var job = TileJob(
    a: p.pointee.a, b: p.pointee.b, bStride: p.pointee.bStride, panel: p.pointee.panel, depth: p.pointee.depth,
    ahead: p.pointee.bAhead, initial: isa_zeros(), initialStride: 0, target: p.pointee.scratch,
    targetStride: shape.columns, fetching: Fetching(p.pointee.fetch))
  var isFirstFetch = true
  var bStep = p.pointee.bStep
  // The sums begin with what is in memory: zeros, a row of biases, C, or what is put into scratch memory.
  let beginsWithC = p.pointee.beta == 1 && p.pointee.columnBias == nil && p.pointee.rowBias == nil && isWhole
  let beginsWithRow = p.pointee.beta == 0 && p.pointee.rowBias == nil
  if beginsWithRow, !isWhole, let bias = p.pointee.columnBias {
    let row = p.pointee.scratch + most &* shape.columns
    for j in 0..<p.pointee.columns { row[j] = bias[j] }
    job.initial = UnsafePointer(row)
  } else if !beginsWithRow {
    job.initial = UnsafePointer(p.pointee.scratch)
    job.initialStride = shape.columns
  }
  var row = 0
  while row < p.pointee.rows {
    let left = p.pointee.rows &- row
    let height = left < p.pointee.panelRows ? left : p.pointee.panelRows
    job.a = p.pointee.a + (row &* p.pointee.aDepth &+ height &* p.pointee.aFirst)
    var column = 0
    while column < p.pointee.columns {
      let c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
      prefetchNext(shape, p, row: row, height: height, column: column)
      if beginsWithC {
        job.initial = UnsafePointer(c)
        job.initialStride = p.pointee.cRowStride
      } else if !beginsWithRow {
        begin(shape, p, UnsafePointer(c), row: row, height: height, column: column)
      } else if isWhole, let bias = p.pointee.columnBias {
        job.initial = bias + column
      }
      if isWhole {
        job.target = c
        job.targetStride = p.pointee.cRowStride
      }
      if job.panel != nil, p.pointee.bRowsAhead > 0 {
        let other = job.fetching
        let isLast = column &+ shape.columns >= p.pointee.columns
        job.fetching = Fetching(
          packedNext(p, job.b, next: isLast ? p.pointee.bNext : job.b + shape.columns))
        anyTile(tileRows, shape, height: height, &job)
        job.fetching = other
      } else if column == 0, p.pointee.fetchesPanels != 0, row &+ height < p.pointee.rows,
        p.pointee.columns > shape.columns || job.fetching.isDone
      {
        // The first tile of a panel fetches the next panel, the others what is fetched besides.
        let other = job.fetching
        job.fetching = Fetching(nextPanel(p, row: row &+ height))
        anyTile(tileRows, shape, height: height, &job)
        job.fetching = other
      } else {
        anyTile(tileRows, shape, height: height, &job)
      }
      if job.fetching.isDone, isFirstFetch {
        job.fetching = Fetching(p.pointee.fetchThen)
        isFirstFetch = false
      }
      if !isWhole || p.pointee.relu != 0 { end(shape, p, job, c, height: height, column: column) }
      job.b += bStep
      if let panel = job.panel { job.panel = panel + shape.columns &* p.pointee.depth }
      column &+= shape.columns
    }
    job.b = p.pointee.b
    if let panel = p.pointee.panel {
      job.b = UnsafePointer(panel)
      job.bStride = shape.columns
      bStep = shape.columns &* p.pointee.depth
      job.panel = nil
    }
    row &+= height
  }
}

/// The packed panel of A that begins with a row.
@inline(always)
private func nextPanel(_ p: UnsafePointer<GEMMTilesArguments>, row: Int) -> GEMMFetch {
  let left = p.pointee.rows &- row
  let height = left < p.pointee.panelRows ? left : p.pointee.panelRows
  return GEMMFetch(
    first: p.pointee.a + (row &* p.pointee.aDepth &+ height &* p.pointee.aFirst), step: 16,
    count: (height &* p.pointee.depth &+ 15) / 16, repeatStep: 0, repeats: 1)
}

/// What is fetched while a tile packs B: rows that lie ahead, then the next tile's first.
@inline(always)
private func packedNext(
  _ p: UnsafePointer<GEMMTilesArguments>, _ b: UnsafePointer<Float>, next: UnsafePointer<Float>
) -> GEMMFetch {
  let left = p.pointee.depth &- p.pointee.bRowsAhead
  if left <= 0 {
    return GEMMFetch(first: next, step: p.pointee.bStride, count: p.pointee.depth, repeatStep: 0, repeats: 1)
  }
  let first = b + p.pointee.bRowsAhead &* p.pointee.bStride
  return GEMMFetch(first: first, step: p.pointee.bStride, count: left, repeatStep: next - first, repeats: 2)
}

/// Asks for the next tile's lines of C, which arrive while this one's products are summed.
@inline(always)
private func prefetchNext<let vectors: Int, L: Lanes>(
  _ shape: Width<vectors, L>.Type, _ p: UnsafePointer<GEMMTilesArguments>, row: Int, height: Int, column: Int
) {
  var (row, column) = (row, column &+ shape.columns)
  if column >= p.pointee.columns {
    column = 0
    row &+= height
  }
  var left = p.pointee.rows &- row
  if left > p.pointee.panelRows { left = p.pointee.panelRows }
  var c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
  while left > 0 {
    prefetchToWrite(c)
    if shape.columns > 16 { prefetchToWrite(c + 16) }
    prefetchToWrite(c + (shape.columns &- 1))
    c += p.pointee.cRowStride
    left &-= 1
  }
}

/// Puts what the sums begin with into scratch memory: beta · C + bias, whichever there is of the two, or 0. Lanes behind
/// the last column are not read later.
@inline(always)
private func begin<let vectors: Int, L: Lanes>(
  _ shape: Width<vectors, L>.Type, _ p: UnsafePointer<GEMMTilesArguments>, _ c: UnsafePointer<Float>, row: Int,
  height: Int, column: Int
) {
  var width = p.pointee.columns &- column
  if width > shape.columns { width = shape.columns }
  var r = 0
  while r < height {
    let target = p.pointee.scratch + r &* shape.columns
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
        // A −0 stays what it is where nothing is added to it.
        value = hasBias ? c[j] * p.pointee.beta + bias : c[j] * p.pointee.beta
      }
      target[j] = value
      j &+= 1
    }
    r &+= 1
  }
}

/// Copies a tile to its place if it is not there, through ReLU.
@inline(always)
private func end<let vectors: Int, L: Lanes>(
  _ shape: Width<vectors, L>.Type, _ p: UnsafePointer<GEMMTilesArguments>, _ job: TileJob,
  _ c: UnsafeMutablePointer<Float>, height: Int, column: Int
) {
  let width = p.pointee.columns &- column
  var r = 0
  while r < height {
    let source = job.target + r &* job.targetStride
    if p.pointee.relu != 0 {
      // Behind the last column there is scratch memory, or the column is a whole vector's.
      for v in 0..<vectors {
        let place = source + v &* L.count
        L.store(L.rectified(L.load(place), ceiling: p.pointee.ceiling), place)
      }
    }
    if job.targetStride == shape.columns, job.target == p.pointee.scratch {
      let target = c + r &* p.pointee.cRowStride
      var j = 0
      while j < shape.columns, j &+ L.count <= width {
        L.store(L.load(source + j), target + j)
        j &+= L.count
      }
      if j < shape.columns { L.copy(source + j, target + j, first: width &- j) }
    }
    r &+= 1
  }
}

/// A tile of `height` rows.
@inline(always)
private func anyTile<let most: Int, let vectors: Int, L: Lanes>(
  _ tileRows: TileRows<most>.Type, _ shape: Width<vectors, L>.Type, height: Int, _ job: inout TileJob
) {
  if most > 6, height > 6 {
    switch height {
    case 7: tile(RegisterTile<7, vectors, L>.self, &job)
    case 8: tile(RegisterTile<8, vectors, L>.self, &job)
    case 9: tile(RegisterTile<9, vectors, L>.self, &job)
    case 10: tile(RegisterTile<10, vectors, L>.self, &job)
    case 11: tile(RegisterTile<11, vectors, L>.self, &job)
    default: tile(RegisterTile<12, vectors, L>.self, &job)
    }
    return
  }
  switch height {
  case 1: tile(RegisterTile<1, vectors, L>.self, &job)
  case 2: tile(RegisterTile<2, vectors, L>.self, &job)
  case 3: tile(RegisterTile<3, vectors, L>.self, &job)
  case 4: tile(RegisterTile<4, vectors, L>.self, &job)
  case 5: tile(RegisterTile<5, vectors, L>.self, &job)
  default: tile(RegisterTile<6, vectors, L>.self, &job)
  }
}

@inline(always)
private func tile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ job: inout TileJob
) {
  if let panel = job.panel {
    var sums = RegisterTile<rows, vectors, L>(job.initial, stride: job.initialStride)
    sums.multiplyPacking(job.a, job.b, bStride: job.bStride, depth: job.depth, panel: panel, &job.fetching)
    sums.store(to: job.target, stride: job.targetStride)
  } else {
    var sums = RegisterTile<rows, vectors, L>(job.initial, stride: job.initialStride)
    sums.multiply(job.a, job.b, bStride: job.bStride, depth: job.depth, ahead: job.ahead, &job.fetching)
    sums.store(to: job.target, stride: job.targetStride)
  }
}

/// Rows and vectors of each level's tile: as many accumulators as the registers hold beside a row of B and a broadcast.
func gemmTile(_ level: InstructionSet) -> (rows: Int, vectors: Int) {
  switch level {
  #if arch(arm64)
    case .neon: (12, 2)
  #else
    case .baseline, .avx2: (6, 2)
    case .avx512: (12, 2)
  #endif
  }
}
