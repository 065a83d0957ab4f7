import ISA

/// How a product is cut so that what is used again is found in a cache. No element's bits depend on it: each is one sum
/// in the order of k, whose first part waits in C while other blocks are computed.
private enum Block {
  /// Up to so many elements, 512 KB, A is packed whole and stays in the second-level cache, while B passes by.
  static let wholeA = 1 << 17
  /// Steps of k then: a panel of B, two vectors wide, stays in the first-level cache while A's panels pass by.
  static let shortDepth = 256
  /// The same for so few rows that A is one panel, and B's is read once.
  static let shortestDepth = 128

  /// Else steps of k: a panel of A, 12 rows, fills half of the first-level cache, and B's panels pass by.
  static let depth = 512
  /// Columns of B then: 512 KB, half of the second-level cache.
  static let columns = 256
  /// Rows of A that are packed at a time: 2.4 MB of the last-level cache.
  static let rows = 1200

  /// Rows that B is transposed in passing for.
  static let fewRows = 6

  /// Up to so many packed elements, B is one block whatever its columns.
  static let smallB = 1 << 16
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
    let product = PackedGEMM(
      problem: problem, level: level, tileRows: tile.rows, tileColumns: tile.vectors * level.lanes, parts: parts)
    return PreparedKernel(workspaceByteCount: product.workspaceByteCount * parts) { operands, workspace in
      Parallel.run(parts: parts) { product.run(part: $0, operands, workspace) }
    }
  }
  return Kernel(algorithm: "packed", level: level, tile: "\(tile.rows)x\(tile.vectors)", prepare: prepare)
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
    let columns = (problem.columns + tileColumns - 1) / tileColumns * tileColumns
    let isSmall = problem.depth <= Block.depth && (!packsB || problem.depth * columns <= Block.smallB)
    transposesInPassing =
      problem.transposeB && rows <= Block.fewRows && problem.beta == 0 && problem.bias != .perRow
      && 4...Block.wholeA / Block.fewRows ~= problem.depth
    if transposesInPassing {
      rowBlock = panelRows
      packedDepth = problem.depth
      depthBlock = problem.depth
      columnBlock = tileColumns
    } else if panels * panelRows * problem.depth <= Block.wholeA, packsB, !isSmall {
      rowBlock = panels * panelRows
      packedDepth = problem.depth
      depthBlock = evenBlock(problem.depth, atMost: panels > 1 ? Block.shortDepth : Block.shortestDepth)
      columnBlock = tileColumns
    } else {
      rowBlock = evenBlock(panels, atMost: Block.rows / tileRows) * panelRows
      depthBlock = evenBlock(problem.depth, atMost: Block.depth)
      packedDepth = depthBlock
      columnBlock = isSmall || !packsB ? columns : min(Block.columns, columns)
    }
    pack = gemmPack[level]
    tiles = gemmTiles2[level]
    narrowTiles = gemmTiles1[level]
    transposing = gemmTransposing[level]
  }

  /// Bytes of one thread: a tile and a row of it, panels of B, panels of A.
  var workspaceByteCount: Int { scratchByteCount + bByteCount + cacheLines(rowBlock * packedDepth * 4) }
  private var scratchByteCount: Int { cacheLines((tileRows + 1) * tileColumns * 4) }
  private var bByteCount: Int { cacheLines(depthBlock * (packsB ? columnBlock : tileColumns) * 4) }

  func run(part: Int, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer) {
    let rows =
      splitsRows ? Parallel.range(part, of: parts, items: problem.rows, granule: panelRows) : 0..<problem.rows
    let columns =
      splitsRows
      ? 0..<problem.columns : Parallel.range(part, of: parts, items: problem.columns, granule: tileColumns)
    let own = workspace + part * workspaceByteCount
    let aPanels = (own + (scratchByteCount + bByteCount)).assumingMemoryBound(to: Float.self)
    let strides = problem.aStrides
    var k = 0
    // A product of depth 0 still writes beta · C + bias.
    repeat {
      let depth = min(packedDepth, problem.depth - k)
      var row = rows.lowerBound
      while row < rows.upperBound {
        let height = min(rowBlock, rows.upperBound - row)
        var packing = GEMMPackArguments(
          source: operands.a + (row * strides.row + k * strides.depth), panels: aPanels, lanes: height, depth: depth,
          laneStride: strides.row, depthStride: strides.depth, panelLanes: panelRows, lastStride: 0, rest: depth,
          alpha: problem.alpha)
        pack(&packing)
        var column = columns.lowerBound
        if transposesInPassing, columns.count >= tileColumns {
          multiplyTransposing(operands, aPanels, rows: row..<(row + height), columns: columns)
          column = depth % 4 == 0 ? columns.upperBound : column
        }
        while column < columns.upperBound {
          let left = columns.upperBound - column
          let width = left >= tileColumns ? min(left / tileColumns * tileColumns, columnBlock) : left
          // What a tile that transposes leaves: of k the last that are fewer than four.
          var first = transposesInPassing && columns.count >= tileColumns ? depth & ~3 : 0
          repeat {
            multiply(
              operands, own, rows: row..<(row + height), columns: column..<(column + width), packedFrom: k,
              packedDepth: depth, first: first, depth: min(depthBlock, depth - first))
            first += depthBlock
          } while first < depth
          column += width
        }
        row += height
      }
      k += depth
    } while k < problem.depth
  }

  /// Multiplies all columns with as many k as are a multiple of four.
  private func multiplyTransposing(
    _ operands: GEMM.Operands, _ aPanels: UnsafePointer<Float>, rows: Range<Int>, columns: Range<Int>
  ) {
    let (row, column, depth) = (rows.lowerBound, columns.lowerBound, problem.depth & ~3)
    var product = GEMMTransposingArguments(
      a: aPanels, b: operands.b + column * problem.bRowStride, c: operands.c + (row * problem.cRowStride + column),
      rows: rows.count, columns: columns.count, depth: depth, bColumnStride: problem.bRowStride,
      cRowStride: problem.cRowStride, columnBias: operands.bias.map { $0 + column },
      relu: problem.relu && depth == problem.depth ? 1 : 0)
    transposing(&product)
  }

  /// Adds the products of a block of packed A with a block of B.
  private func multiply(
    _ operands: GEMM.Operands, _ own: UnsafeMutableRawPointer, rows: Range<Int>, columns: Range<Int>,
    packedFrom: Int, packedDepth: Int, first: Int, depth: Int
  ) {
    let scratch = own.assumingMemoryBound(to: Float.self)
    let panel = (own + scratchByteCount).assumingMemoryBound(to: Float.self)
    let aPanels = (own + (scratchByteCount + bByteCount)).assumingMemoryBound(to: Float.self)
    let (row, column, k) = (rows.lowerBound, columns.lowerBound, packedFrom + first)
    let strides = problem.bStrides
    let isNarrow = columns.count * 2 <= tileColumns
    let panelColumns = isNarrow ? tileColumns / 2 : tileColumns
    let b = operands.b + (column * strides.column + k * strides.depth)
    let isInPlace = strides.column == 1 && columns.count % panelColumns == 0
    if !isInPlace {
      var packing = GEMMPackArguments(
        source: b, panels: panel, lanes: columns.count, depth: depth, laneStride: strides.column,
        depthStride: strides.depth, panelLanes: panelColumns, lastStride: panelColumns, rest: problem.depth - k,
        alpha: 1)
      pack(&packing)
    }
    let bias = k == 0 ? operands.bias : nil
    var product = GEMMTilesArguments(
      a: aPanels, b: isInPlace ? b : UnsafePointer(panel), c: operands.c + (row * problem.cRowStride + column),
      panel: isInPlace && packsB ? panel : nil, scratch: scratch, rows: rows.count, columns: columns.count,
      depth: depth, panelRows: panelRows, aDepth: packedDepth, aFirst: first,
      bStride: isInPlace ? strides.depth : panelColumns, bStep: isInPlace ? panelColumns : panelColumns * depth,
      bAhead: isInPlace ? panelColumns : 8 * panelColumns, cRowStride: problem.cRowStride,
      beta: k == 0 ? problem.beta : 1, rowBias: problem.bias == .perRow ? bias.map { $0 + row } : nil,
      columnBias: problem.bias == .perColumn ? bias.map { $0 + column } : nil,
      relu: problem.relu && k + depth == problem.depth ? 1 : 0)
    if isNarrow { narrowTiles(&product) } else { tiles(&product) }
  }
}
