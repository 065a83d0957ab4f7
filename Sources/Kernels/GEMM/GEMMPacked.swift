import KernelsISA

/// The product by panels: each thread packs and multiplies its own part of C.
func packedKernel(_ level: InstructionSet) -> Kernel<GEMM> {
  let tile = gemmTile(level)
  let prepare: @Sendable (GEMM.Problem, Int) -> PreparedKernel<GEMM.Operands> = { problem, threads in
    let work = Work(
      multiplyAdds: problem.rows * problem.columns * problem.depth,
      bytes: (problem.rows * problem.depth + problem.depth * problem.columns + problem.rows * problem.columns) * 4)
    let parts = work.parts(threads: threads)
    if parts == 1, let product = smallProduct(problem, level) { return product }
    let product = PackedGEMM(
      problem: problem, level: level, tileRows: tile.rows, tileColumns: tile.vectors * level.lanes, parts: parts)
    return PreparedKernel(workspaceByteCount: product.workspaceByteCount * parts, path: product.paths) {
      operands, workspace in
      Parallel.run(parts: parts) { product.run(part: $0, operands, workspace) }
    }
  }
  return Kernel(algorithm: "packed", level: level, tile: "\(tile.rows)x\(tile.vectors)", prepare: prepare)
}

extension GEMM.Problem {
  /// Whether `Levels.gemmNarrow` takes many rows and few columns.
  func isNarrow(lanes: Int) -> Bool {
    !transposeA && 1...(lanes == 16 ? 16 : 12) ~= columns && rows >= 4 * lanes && depth % 4 == 0
      && 16...GEMMBlocking.transposedDepth ~= depth && alpha == 1 && beta == 0 && bias != .perRow
  }
}

struct PackedGEMM: Sendable {
  let problem: GEMM.Problem
  let tileRows: Int
  let tileColumns: Int
  let parts: Int
  /// Whether the threads share out C's rows, else its columns: whichever there are more tiles of.
  let splitsRows: Bool
  let panelRows: Int
  /// How much of A is packed at a time.
  let rowBlock: Int
  let packedDepth: Int
  /// How much of B is.
  let depthBlock: Int
  let columnBlock: Int
  /// Whether B is read as it lies, a few rows at a time: one panel of A, and a B that is in no cache.
  let streamsB: Bool
  /// Whether C is written row by row: so few k that nothing else counts.
  let isOuter: Bool
  let outer: LevelFunction<GEMMRowsArguments>
  /// Whether C is summed elsewhere, where its rows do not fall on each other in the caches.
  let keepsSums: Bool
  let rows: LevelFunction<GEMMRowsArguments>
  let lanes: Int
  /// Whether A's rows are the lanes: for few columns it is not worth packing.
  let isNarrow: Bool
  let narrow: LevelFunction<GEMMNarrowArguments>
  /// Whether rows of B fall on each other in the caches.
  let conflicts: Bool
  /// Rows of A that are packed just before they are multiplied with the first columns.
  let packedRows: Int
  /// Whether B's columns are packed, but for the last, if a tile is wider than they are: with B as it lies and one panel
  /// of A they need not be.
  let packsB: Bool
  /// Whether tiles transpose B for themselves: for few rows it is not worth packing.
  let transposesInPassing: Bool
  let pack: LevelFunction<GEMMPackArguments>
  let tiles: LevelFunction<GEMMTilesArguments>
  let narrowTiles: LevelFunction<GEMMTilesArguments>
  let transposing: LevelFunction<GEMMTransposingArguments>

  init(problem: GEMM.Problem, level: InstructionSet, tileRows: Int, tileColumns: Int, parts: Int) {
    self.problem = problem
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.parts = parts
    splitsRows = problem.rows / tileRows >= problem.columns / tileColumns
    let rows = splitsRows ? (problem.rows + parts - 1) / parts : problem.rows
    panelRows = evenBlock(rows, atMost: tileRows)
    let panels = (rows + panelRows - 1) / panelRows
    packsB = problem.transposeB || panels > 1
    let tiles = (problem.columns + tileColumns - 1) / tileColumns
    transposesInPassing =
      problem.transposeB && rows <= GEMMBlocking.fewRows && problem.beta == 0 && problem.bias != .perRow
      && 4...GEMMBlocking.transposedDepth ~= problem.depth
    depthBlock = transposesInPassing ? problem.depth : evenBlock(problem.depth, atMost: GEMMBlocking.depth)
    lanes = level.lanes
    conflicts = problem.bRowStride % 1024 == 0
    isOuter =
      !problem.transposeB && 1...GEMMBlocking.outerDepth ~= problem.depth && rows > 1 && problem.columns >= 4 * lanes
    streamsB =
      !problem.transposeB && rows <= GEMMBlocking.streamedRows(lanes: lanes, conflicts: conflicts)
      && (rows == 1 || problem.depth * problem.columns > GEMMBlocking.blockB)
    let paddedColumns = (problem.columns + 15) / 16 * 16
    keepsSums = streamsB && rows > 4 && rows * paddedColumns <= GEMMBlocking.wholeA
    self.rows = Levels.gemmRows[level]
    outer = Levels.gemmOuter[level]
    isNarrow = problem.isNarrow(lanes: lanes)
    narrow = Levels.gemmNarrow[level]
    let isSmall = problem.depth <= GEMMBlocking.depth && problem.depth * tiles * tileColumns <= GEMMBlocking.blockB
    if isOuter {
      rowBlock = 0
      packedDepth = 0
      columnBlock = 0
    } else if streamsB {
      rowBlock = keepsSums ? panels * panelRows : 0
      packedDepth = paddedColumns
      columnBlock = 0
    } else if transposesInPassing {
      rowBlock = panelRows
      packedDepth = problem.depth
      columnBlock = tileColumns
    } else {
      if panels * panelRows * problem.depth <= GEMMBlocking.wholeA {
        rowBlock = panels * panelRows
        packedDepth = problem.depth
      } else {
        rowBlock = evenBlock(panels, atMost: GEMMBlocking.rows / tileRows) * panelRows
        packedDepth = depthBlock
      }
      columnBlock =
        isSmall || !packsB
        ? tiles * tileColumns
        : evenBlock(
          tiles,
          atMost: problem.transposeB && conflicts ? 1 : max(GEMMBlocking.blockB / max(depthBlock, 1) / tileColumns, 1))
          * tileColumns
    }
    // Of A that lies transposed, a row of one panel is less than a cache line.
    packedRows =
      isSmall && rowBlock * packedDepth <= GEMMBlocking.blockB
      ? rowBlock : problem.transposeA ? 4 * panelRows : panelRows
    pack = Levels.gemmPack[level]
    self.tiles = Levels.gemmTiles2[level]
    narrowTiles = Levels.gemmTiles1[level]
    transposing = Levels.gemmTransposing[level]
  }

  /// Bytes of one thread: a tile and a row of it, panels of B, panels of A.
  var workspaceByteCount: Int { scratchByteCount + bByteCount + cacheLines(rowBlock * packedDepth * 4) }
  var scratchByteCount: Int {
    cacheLines(
      max(
        (tileRows + 1) * tileColumns, 16 * tileColumns, 16 * (GEMMBlocking.streamedRows + tileRows),
        lanes * (lanes + 16))
        * 4)
  }
  var bByteCount: Int {
    if isNarrow { return cacheLines(max(problem.depth * 16, depthBlock * tileColumns) * 4) }
    return cacheLines(depthBlock * (packsB ? columnBlock : tileColumns) * 4)
  }

  /// What a thread computes of C.
  private struct Share {
    let rows: Range<Int>
    let columns: Range<Int>
    var isEmpty: Bool { rows.isEmpty || columns.isEmpty }
  }

  private func share(_ part: Int) -> Share {
    let rows =
      splitsRows ? Parallel.range(part, of: parts, items: problem.rows, granule: panelRows) : 0..<problem.rows
    let columns =
      splitsRows
      ? 0..<problem.columns : Parallel.range(part, of: parts, items: problem.columns, granule: tileColumns)
    return Share(rows: rows, columns: columns)
  }

  /// The way that a share is computed.
  private func path(_ share: Share) -> GEMMPath {
    if isNarrow, share.rows.count >= lanes { return .narrow }
    if isOuter { return .outer }
    if streamsB { return keepsSums ? .rowsInScratch : .rows }
    if transposesInPassing, share.columns.count >= tileColumns { return .transposing }
    if !packsB { return .onePanel }
    if packedDepth >= problem.depth { return problem.transposeB ? .panelsTransposing : .panels }
    return problem.transposeB ? .blocksTransposing : .blocks
  }

  /// The names of the ways of all threads.
  var paths: String {
    var names: [String] = []
    for part in 0..<parts {
      let share = self.share(part)
      let name = path(share).rawValue
      if !share.isEmpty, !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: "+")
  }

  /// A thread's part of C and its memory.
  struct Part {
    let operands: GEMM.Operands
    let rows: Range<Int>
    let columns: Range<Int>
    let scratch: UnsafeMutablePointer<Float>
    let bPanels: UnsafeMutablePointer<Float>
    let aPanels: UnsafeMutablePointer<Float>
  }

  /// A block of packed A, and a block of B that it is multiplied with.
  struct Block {
    var rows: Range<Int>
    var columns: Range<Int>
    /// What is packed of A.
    var packed: Range<Int>
    /// The part of it that is multiplied.
    var depth: Range<Int>
    /// Whether A's panels have to be packed.
    var packsA: Bool
  }

  func run(part: Int, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer) {
    let share = self.share(part)
    if share.isEmpty { return }
    let (rows, columns) = (share.rows, share.columns)
    planCheck("rows", offset: rows.lowerBound, count: rows.count, allocated: problem.rows)
    planCheck("columns", offset: columns.lowerBound, count: columns.count, allocated: problem.columns)
    let own = workspace + part * workspaceByteCount
    let part = Part(
      operands: operands, rows: rows, columns: columns, scratch: own.assumingMemoryBound(to: Float.self),
      bPanels: (own + scratchByteCount).assumingMemoryBound(to: Float.self),
      aPanels: (own + (scratchByteCount + bByteCount)).assumingMemoryBound(to: Float.self))
    switch path(share) {
    case .narrow: multiplyNarrow(part)
    case .outer, .rows, .rowsInScratch: multiplyRows(part)
    case .transposing: multiplyTransposing(part)
    // No share is small: that is decided for the whole product.
    case .small, .onePanel, .panels, .panelsTransposing, .blocks, .blocksTransposing: multiplyPanels(part)
    }
  }

  /// Multiplies many rows with few columns.
  private func multiplyNarrow(_ part: Part) {
    let operands = part.operands
    let (row, column, columns) = (part.rows.lowerBound, part.columns.lowerBound, part.columns.count)
    let strides = problem.bStrides
    let panelLanes = (columns + 3) & ~3
    var packing = GEMMPackArguments(
      source: operands.b + column * strides.column, panels: part.bPanels, lanes: columns, depth: problem.depth,
      laneStride: strides.column, depthStride: strides.depth, panelLanes: panelLanes, panelDepth: problem.depth,
      firstDepth: 0, lastStride: panelLanes, rest: problem.depth, alpha: 1, fetch: nothing)
    planCheck("columns of B", count: panelLanes * problem.depth, allocated: bByteCount / 4)
    planCheck("a square and sums", count: lanes * (lanes + panelLanes), allocated: scratchByteCount / 4)
    pack(&packing)
    let bias = problem.bias == .perColumn ? operands.bias.map { $0 + column } : nil
    var product = GEMMNarrowArguments(
      a: operands.a + row * problem.aRowStride, b: part.bPanels, bStride: panelLanes,
      c: operands.c + (row * problem.cRowStride + column), scratch: part.scratch, rows: part.rows.count,
      columns: columns, depth: problem.depth,
      aRowStride: problem.aRowStride, cRowStride: problem.cRowStride, columnBias: bias,
      relu: problem.activation == nil ? 0 : 1,
      ceiling: problem.activation.limits.ceiling)
    narrow(&product)
  }

  /// Multiplies few rows with B as it lies.
  private func multiplyRows(_ part: Part) {
    let operands = part.operands
    let (row, column) = (part.rows.lowerBound, part.columns.lowerBound)
    let bias = problem.bias == .none ? nil : operands.bias
    var product = GEMMRowsArguments(
      a: operands.a + row * problem.aStrides.row, b: operands.b + column,
      c: operands.c + (row * problem.cRowStride + column), scratch: part.scratch,
      sums: operands.c + (row * problem.cRowStride + column), sumsRowStride: problem.cRowStride, sumsStep: 16,
      rows: part.rows.count, columns: part.columns.count, depth: problem.depth, aRowStride: problem.aStrides.row,
      aStride: problem.aStrides.depth, bStride: problem.bRowStride, cRowStride: problem.cRowStride,
      alpha: problem.alpha, beta: problem.beta, rowBias: problem.bias == .perRow ? bias.map { $0 + row } : nil,
      columnBias: problem.bias == .perColumn ? bias.map { $0 + column } : nil, relu: problem.activation == nil ? 0 : 1,
      ceiling: problem.activation.limits.ceiling)
    if isOuter { return outer(&product) }
    planCheck("values of A", count: 16 * part.rows.count, allocated: scratchByteCount / 4)
    if keepsSums {
      planCheck(
        "sums", count: part.rows.count * ((part.columns.count + 15) & ~15), allocated: rowBlock * packedDepth)
      product.sums = part.aPanels
      product.sumsRowStride = 16
      product.sumsStep = 16 * part.rows.count
    }
    self.rows(&product)
  }

  /// Multiplies few rows with stored Bᵀ: all columns with as many k as are a multiple of four, then by panels with the
  /// rest.
  private func multiplyTransposing(_ part: Part) {
    packA(part, part.rows, 0..<problem.depth, packed: 0..<problem.depth, to: part.aPanels, fetching: nothing)
    let (row, column, depth) = (part.rows.lowerBound, part.columns.lowerBound, problem.depth & ~3)
    var product = GEMMTransposingArguments(
      a: part.aPanels, b: part.operands.b + column * problem.bRowStride,
      c: part.operands.c + (row * problem.cRowStride + column),
      rows: part.rows.count, columns: part.columns.count, depth: depth, bColumnStride: problem.bRowStride,
      cRowStride: problem.cRowStride,
      columnBias: problem.bias == .perColumn ? part.operands.bias.map { $0 + column } : nil,
      scratch: part.scratch, relu: problem.activation != nil && depth == problem.depth ? 1 : 0,
      ceiling: problem.activation.limits.ceiling)
    planCheck(part.rows.count <= GEMMBlocking.fewRows, "\(part.rows.count) rows for tiles that transpose")
    planCheck("squares of B", count: lanes * max(2 * lanes, 16), allocated: scratchByteCount / 4)
    transposing(&product)
    if depth == problem.depth { return }
    var next = column
    while next < part.columns.upperBound {
      let block = Block(
        rows: part.rows, columns: next..<(next + blockWidth(part, next)), packed: 0..<problem.depth,
        depth: depth..<problem.depth, packsA: false)
      multiply(part, block, nil)
      next = block.columns.upperBound
    }
  }
}
