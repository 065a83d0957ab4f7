import ISA

/// How a product is cut so that what is used again is found in a cache. No element's bits depend on it: each is one sum
/// in the order of k, whose first part waits in C while other blocks are computed.
private enum Blocking {
  /// Steps of k: a panel of A, 12 rows, is 24 KB of the first-level cache, and B's panels pass by.
  static let depth = 512
  /// Up to so many elements, 3 MB of the last-level cache, A is packed whole: then all of k is multiplied for some
  /// columns before the next, C stays in the caches, and B is packed once.
  static let wholeA = 3 << 18
  /// Else rows of A that are packed at a time, 2.4 MB.
  static let rows = 1200
  /// Elements of a block of B, 256 KB of the second-level cache; another as large is fetched in the meantime.
  static let blockB = 1 << 16
  /// The most rows that pass over B as it lies.
  static let streamedRows = 64
  /// With 16 registers they are fewer, and where B's rows do not fall on each other, which packing suffers from.
  static func streamedRows(lanes: Int, conflicts: Bool) -> Int { lanes < 16 ? 16 : conflicts ? streamedRows : 48 }
  /// Up to so many k, C is written row by row.
  static let outerDepth = 2
  /// Rows that B is transposed in passing for.
  static let fewRows = 6
  /// Up to so many k.
  static let transposedDepth = 1 << 14
  /// Lines of B that are fetched at once in the beginning.
  static let firstLines = 512
  /// Rows of B that are fetched ahead where they fall on each other in the caches.
  static let rowsAhead = 32
}

/// `count` cut into as few parts of at most `longest` as there can be, as equal as they can be.
private func evenBlock(_ count: Int, atMost longest: Int) -> Int {
  let blocks = max((count + longest - 1) / longest, 1)
  return max((count + blocks - 1) / blocks, 1)
}

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
  /// Whether `gemmNarrow` takes many rows and few columns.
  func isNarrow(lanes: Int) -> Bool {
    !transposeA && 1...(lanes == 16 ? 16 : 12) ~= columns && rows >= 4 * lanes && depth % 4 == 0
      && 16...Blocking.transposedDepth ~= depth && alpha == 1 && beta == 0 && bias != .perRow
  }
}

private struct PackedGEMM: Sendable {
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
      problem.transposeB && rows <= Blocking.fewRows && problem.beta == 0 && problem.bias != .perRow
      && 4...Blocking.transposedDepth ~= problem.depth
    depthBlock = transposesInPassing ? problem.depth : evenBlock(problem.depth, atMost: Blocking.depth)
    lanes = level.lanes
    conflicts = problem.bRowStride % 1024 == 0
    isOuter =
      !problem.transposeB && 1...Blocking.outerDepth ~= problem.depth && rows > 1 && problem.columns >= 4 * lanes
    streamsB =
      !problem.transposeB && rows <= Blocking.streamedRows(lanes: lanes, conflicts: conflicts)
      && (rows == 1 || problem.depth * problem.columns > Blocking.blockB)
    let paddedColumns = (problem.columns + 15) / 16 * 16
    keepsSums = streamsB && rows > 4 && rows * paddedColumns <= Blocking.wholeA
    self.rows = gemmRows[level]
    outer = gemmOuter[level]
    isNarrow = problem.isNarrow(lanes: lanes)
    narrow = gemmNarrow[level]
    let isSmall = problem.depth <= Blocking.depth && problem.depth * tiles * tileColumns <= Blocking.blockB
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
      if panels * panelRows * problem.depth <= Blocking.wholeA {
        rowBlock = panels * panelRows
        packedDepth = problem.depth
      } else {
        rowBlock = evenBlock(panels, atMost: Blocking.rows / tileRows) * panelRows
        packedDepth = depthBlock
      }
      columnBlock =
        isSmall || !packsB
        ? tiles * tileColumns
        : evenBlock(
          tiles,
          atMost: problem.transposeB && conflicts ? 1 : max(Blocking.blockB / max(depthBlock, 1) / tileColumns, 1))
          * tileColumns
    }
    // Of A that lies transposed, a row of one panel is less than a cache line.
    packedRows =
      isSmall && rowBlock * packedDepth <= Blocking.blockB ? rowBlock : problem.transposeA ? 4 * panelRows : panelRows
    pack = gemmPack[level]
    self.tiles = gemmTiles2[level]
    narrowTiles = gemmTiles1[level]
    transposing = gemmTransposing[level]
  }

  /// Bytes of one thread: a tile and a row of it, panels of B, panels of A.
  var workspaceByteCount: Int { scratchByteCount + bByteCount + cacheLines(rowBlock * packedDepth * 4) }
  private var scratchByteCount: Int {
    cacheLines(
      max((tileRows + 1) * tileColumns, 16 * tileColumns, 16 * (Blocking.streamedRows + tileRows), lanes * (lanes + 16))
        * 4)
  }
  private var bByteCount: Int {
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
  private struct Part {
    let operands: GEMM.Operands
    let rows: Range<Int>
    let columns: Range<Int>
    let scratch: UnsafeMutablePointer<Float>
    let bPanels: UnsafeMutablePointer<Float>
    let aPanels: UnsafeMutablePointer<Float>
  }

  /// A block of packed A, and a block of B that it is multiplied with.
  private struct Block {
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

  /// Multiplies packed panels of A with B, block by block.
  private func multiplyPanels(_ part: Part) {
    let columns = part.columns
    var block = Block(
      rows: part.rows.prefix(rowBlock),
      columns: columns.lowerBound..<(columns.lowerBound + blockWidth(part, columns.lowerBound)),
      packed: 0..<min(packedDepth, problem.depth), depth: 0..<0, packsA: true)
    block.depth = depthRange(block, 0)
    while true {
      let next = self.next(part, block)
      multiply(part, block, next)
      guard let next else { return }
      block = next
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

  /// The columns of the block that begins with one.
  private func blockWidth(_ part: Part, _ column: Int) -> Int {
    let left = part.columns.upperBound - column
    return left >= tileColumns ? min(left / tileColumns * tileColumns, columnBlock) : left
  }

  /// The block after another: the next of k in the packed A, else the next columns, else rows, else what is packed next.
  private func next(_ part: Part, _ block: Block) -> Block? {
    var next = block
    if block.depth.upperBound < block.packed.upperBound {
      next.depth = depthRange(block, block.depth.upperBound)
      return next
    }
    if block.columns.upperBound < part.columns.upperBound {
      let first = block.columns.upperBound
      next.columns = first..<(first + blockWidth(part, first))
      next.packsA = false
      next.depth = depthRange(next, block.packed.lowerBound)
      return next
    }
    let first = part.columns.lowerBound
    next.columns = first..<(first + blockWidth(part, first))
    next.packsA = true
    if block.rows.upperBound < part.rows.upperBound {
      next.rows = block.rows.upperBound..<min(block.rows.upperBound + rowBlock, part.rows.upperBound)
      next.depth = depthRange(next, block.packed.lowerBound)
      return next
    }
    next.rows = part.rows.prefix(rowBlock)
    let k = block.packed.upperBound
    if k == problem.depth { return nil }
    next.packed = k..<min(k + packedDepth, problem.depth)
    next.depth = depthRange(next, k)
    return next
  }

  /// The steps of k from one on that are multiplied at a time.
  private func depthRange(_ block: Block, _ first: Int) -> Range<Int> {
    return first..<min(first + depthBlock, block.packed.upperBound)
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
    planCheck(part.rows.count <= Blocking.fewRows, "\(part.rows.count) rows for tiles that transpose")
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

  /// Adds the products of a block of A with a block of B, while what the next block needs is fetched.
  private func multiply(_ part: Part, _ block: Block, _ next: Block?) {
    let operands = part.operands
    let (row, column, k) = (block.rows.lowerBound, block.columns.lowerBound, block.depth.lowerBound)
    let (columns, depth) = (block.columns.count, block.depth.count)
    let strides = problem.bStrides
    let isNarrow = columns * 2 <= tileColumns
    let panelColumns = isNarrow ? tileColumns / 2 : tileColumns
    let b = operands.b + (column * strides.column + k * strides.depth)
    let isInPlace = strides.column == 1 && columns % panelColumns == 0
    let isFirst = block.packsA && row == part.rows.lowerBound && column == part.columns.lowerBound && k == 0
    if block.packsA {
      // All rows if they are small, else the first: while they are packed, the beginning of B arrives.
      let rows = block.rows.prefix(packedRows)
      packA(
        part, rows, block.depth, packed: block.packed, to: part.aPanels,
        fetching: isFirst ? fetchFirst(operands, block) : nothing)
    }
    planCheck("k", offset: k, count: depth, allocated: problem.depth)
    planCheck(
      "packed k", offset: k - block.packed.lowerBound, count: depth, allocated: block.packed.count)
    if !isInPlace || packsB {
      planCheck(
        "panels of B", count: (columns + panelColumns - 1) / panelColumns * panelColumns * depth,
        allocated: bByteCount / 4)
    }
    if !isInPlace {
      var packing = GEMMPackArguments(
        source: b, panels: part.bPanels, lanes: columns, depth: depth, laneStride: strides.column,
        depthStride: strides.depth, panelLanes: panelColumns, panelDepth: depth, firstDepth: 0,
        lastStride: panelColumns, rest: problem.depth - k,
        alpha: 1, fetch: nothing)
      pack(&packing)
    }
    let bias = k == 0 ? operands.bias : nil
    var product = GEMMTilesArguments(
      a: part.aPanels, b: isInPlace ? b : UnsafePointer(part.bPanels),
      c: operands.c + (row * problem.cRowStride + column),
      panel: isInPlace && packsB ? part.bPanels : nil, scratch: part.scratch, rows: block.rows.count, columns: columns,
      depth: depth, panelRows: panelRows, aDepth: block.packed.count, aFirst: k - block.packed.lowerBound,
      bStride: isInPlace ? strides.depth : panelColumns, bStep: isInPlace ? panelColumns : panelColumns * depth,
      bAhead: isInPlace ? panelColumns : 8 * panelColumns,
      bRowsAhead: conflicts && depth > 2 * Blocking.rowsAhead ? Blocking.rowsAhead : isFirst ? depth : 0,
      bNext: b, cRowStride: problem.cRowStride,
      beta: k == 0 ? problem.beta : 1, rowBias: problem.bias == .perRow ? bias.map { $0 + row } : nil,
      columnBias: problem.bias == .perColumn ? bias.map { $0 + column } : nil,
      relu: problem.activation != nil && k + depth == problem.depth ? 1 : 0,
      ceiling: problem.activation.limits.ceiling, fetchesPanels: 0, fetch: nothing, fetchThen: nothing)
    if let next {
      product.bNext = operands.b + (next.columns.lowerBound * strides.column + next.depth.lowerBound * strides.depth)
    }
    let tiles = isNarrow ? narrowTiles : self.tiles
    if !block.packsA {
      if let next, problem.transposeB || !conflicts { product.fetch = fetchB(operands, next) }
      product.fetchesPanels = 1
      tiles(&product)
      return
    }
    var first = block.rows.lowerBound
    while first < block.rows.upperBound {
      let rows = first..<min(first + packedRows, block.rows.upperBound)
      let done = first - row
      if done > 0 {
        packA(
          part, rows, block.depth, packed: block.packed, to: part.aPanels + done * block.packed.count,
          fetching: nothing)
      }
      product.a = UnsafePointer(part.aPanels + done * block.packed.count)
      product.c = operands.c + (first * problem.cRowStride + column)
      product.rows = rows.count
      product.rowBias = problem.bias == .perRow ? bias.map { $0 + first } : nil
      product.fetch = nothing
      product.fetchThen = nothing
      if rows.upperBound < block.rows.upperBound {
        product.fetch = fetchA(
          operands, rows.upperBound..<min(rows.upperBound + packedRows, block.rows.upperBound), block.depth)
      } else if let next, next.packsA {
        product.fetch = fetchA(operands, next.rows.prefix(packedRows), next.depth)
      }
      if let next, problem.transposeB || !conflicts {
        // An equal part of what is fetched of B.
        product.fetchThen = fetchB(operands, next, part: done, of: block.rows.count, size: rows.count)
        if product.fetch.repeats == 0 { swap(&product.fetch, &product.fetchThen) }
      }
      tiles(&product)
      if isInPlace, packsB {
        product.b = UnsafePointer(part.bPanels)
        product.bStride = panelColumns
        product.bStep = panelColumns * depth
        product.bAhead = 8 * panelColumns
        product.panel = nil
      }
      first = rows.upperBound
    }
  }

  /// Packs some k of rows of A into panels that hold more k.
  private func packA(
    _ part: Part, _ rows: Range<Int>, _ depth: Range<Int>, packed: Range<Int>, to panels: UnsafeMutablePointer<Float>,
    fetching fetch: GEMMFetch
  ) {
    let strides = problem.aStrides
    planCheck(
      "panels of A", offset: panels - part.aPanels, count: rows.count * packed.count, allocated: rowBlock * packedDepth)
    var packing = GEMMPackArguments(
      source: part.operands.a + (rows.lowerBound * strides.row + depth.lowerBound * strides.depth), panels: panels,
      lanes: rows.count, depth: depth.count, laneStride: strides.row, depthStride: strides.depth,
      panelLanes: panelRows, panelDepth: packed.count, firstDepth: depth.lowerBound - packed.lowerBound,
      lastStride: 0, rest: problem.depth - depth.lowerBound, alpha: problem.alpha, fetch: fetch)
    pack(&packing)
  }

  /// What is fetched where nothing is.
  private var nothing: GEMMFetch { GEMMFetch(first: isa_zeros(), step: 0, count: 0, repeatStep: 0, repeats: 0) }

  /// What is read of B first: all of it if that is little, else some rows of the first tile's.
  private func fetchFirst(_ operands: GEMM.Operands, _ block: Block) -> GEMMFetch {
    var (depth, columns) = (block.depth, block.columns)
    if depth.count * columns.count > Blocking.firstLines * 16 {
      columns = columns.prefix(tileColumns)
      depth = depth.prefix(Blocking.firstLines * 16 / tileColumns)
    }
    return fetch(
      operands.b, problem.transposeB ? columns : depth, problem.transposeB ? depth : columns, stride: problem.bRowStride
    )
  }

  /// The lines of A that rows have.
  private func fetchA(_ operands: GEMM.Operands, _ rows: Range<Int>, _ depth: Range<Int>) -> GEMMFetch {
    fetch(
      operands.a, problem.transposeA ? depth : rows, problem.transposeA ? rows : depth, stride: problem.aRowStride)
  }

  /// An equal part of the lines of B that a block has.
  private func fetchB(
    _ operands: GEMM.Operands, _ block: Block, part: Int = 0, of whole: Int = 1, size: Int = 1
  ) -> GEMMFetch {
    let rows = problem.transposeB ? block.columns : block.depth
    let columns = problem.transposeB ? block.depth : block.columns
    let first = rows.lowerBound + rows.count * part / whole
    let last = rows.lowerBound + rows.count * (part + size) / whole
    return fetch(operands.b, first..<last, columns, stride: problem.bRowStride)
  }

  /// The lines of a matrix.
  private func fetch(_ matrix: UnsafePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>, stride: Int)
    -> GEMMFetch
  {
    let lines = (columns.count + 15) / 16
    let first = matrix + (rows.lowerBound * stride + columns.lowerBound)
    // Few loops of many lines.
    return lines < rows.count
      ? GEMMFetch(first: first, step: stride, count: rows.count, repeatStep: 16, repeats: lines)
      : GEMMFetch(first: first, step: 16, count: lines, repeatStep: stride, repeats: rows.count)
  }
}
