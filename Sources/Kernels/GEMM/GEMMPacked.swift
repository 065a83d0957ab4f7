import ISA

/// How a product is cut so that what is used again is found in a cache. No element's bits depend on it: each is one sum
/// in the order of k, whose first part waits in C while other blocks are computed.
private enum Block {
  /// Steps of k: a panel of A, 12 rows, fills half of the first-level cache.
  static let depth = 512
  /// Columns of B that many panels of A pass by: 512 KB, half of the second-level cache.
  static let columns = 256
  /// Rows of A that are packed at a time: 2.4 MB of the last-level cache.
  static let rows = 1200
  /// Up to so many rows, packed A stays in the second-level cache while B's panels, each in the first-level cache, pass
  /// by.
  static let fewRows = 384
  /// Up to so many packed elements, B is one block whatever its columns.
  static let smallPanels = 1 << 16
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
  let depthBlock: Int
  let panelRows: Int
  let rowBlock: Int
  let columnBlock: Int
  /// Whether B's columns are packed, but for the last, if a tile is wider than they are: with B as it lies and one panel
  /// of A they need not be.
  let isPacked: Bool
  let pack: LevelFunction<GEMMPackArguments>
  let tiles: LevelFunction<GEMMTilesArguments>
  let narrowTiles: LevelFunction<GEMMTilesArguments>

  init(problem: GEMM.Problem, level: InstructionSet, tileRows: Int, tileColumns: Int, parts: Int) {
    self.problem = problem
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.parts = parts
    splitsRows = problem.rows / tileRows >= problem.columns / tileColumns
    depthBlock = evenBlock(problem.depth, atMost: Block.depth)
    let rows = splitsRows ? (problem.rows + parts - 1) / parts : problem.rows
    panelRows = evenBlock(rows, atMost: tileRows)
    let panels = (rows + panelRows - 1) / panelRows
    rowBlock = evenBlock(panels, atMost: Block.rows / tileRows) * panelRows
    let wholeColumns = (problem.columns + tileColumns - 1) / tileColumns * tileColumns
    isPacked = problem.transposeB || rows > panelRows
    if !isPacked || depthBlock * wholeColumns <= Block.smallPanels {
      columnBlock = wholeColumns
    } else {
      columnBlock = panels * panelRows <= Block.fewRows ? tileColumns : min(Block.columns, wholeColumns)
    }
    pack = gemmPack[level]
    tiles = gemmTiles2[level]
    narrowTiles = gemmTiles1[level]
  }

  /// Bytes of packed panels of one thread.
  var workspaceByteCount: Int {
    scratchByteCount + panelByteCount + cacheLines(rowBlock * depthBlock * 4)
  }
  private var panelByteCount: Int { cacheLines(depthBlock * (isPacked ? columnBlock : tileColumns) * 4) }
  private var scratchByteCount: Int { cacheLines((tileRows + 1) * tileColumns * 4) }

  func run(part: Int, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer) {
    let rows =
      splitsRows ? Parallel.range(part, of: parts, items: problem.rows, granule: panelRows) : 0..<problem.rows
    let columns =
      splitsRows
      ? 0..<problem.columns : Parallel.range(part, of: parts, items: problem.columns, granule: tileColumns)
    let own = workspace + part * workspaceByteCount
    let scratch = own.assumingMemoryBound(to: Float.self)
    let panel = (own + scratchByteCount).assumingMemoryBound(to: Float.self)
    let aPanels = (own + (scratchByteCount + panelByteCount)).assumingMemoryBound(to: Float.self)
    let (aStrides, bStrides) = (problem.aStrides, problem.bStrides)
    var k = 0
    // A product of depth 0 still writes beta · C + bias.
    repeat {
      let depth = min(depthBlock, problem.depth - k)
      var row = rows.lowerBound
      while row < rows.upperBound {
        let height = min(rowBlock, rows.upperBound - row)
        let isLast = k + depth == problem.depth
        let bias = k == 0 ? operands.bias : nil
        var packing = GEMMPackArguments(
          source: operands.a + (row * aStrides.row + k * aStrides.depth), panels: aPanels, lanes: height, depth: depth,
          laneStride: aStrides.row, depthStride: aStrides.depth, panelLanes: panelRows, lastStride: 0,
          alpha: problem.alpha)
        pack(&packing)
        var column = columns.lowerBound
        while column < columns.upperBound {
          let left = columns.upperBound - column
          let width = left >= tileColumns ? min(left / tileColumns * tileColumns, columnBlock) : left
          let isNarrow = width * 2 <= tileColumns
          let panelColumns = isNarrow ? tileColumns / 2 : tileColumns
          let b = operands.b + (column * bStrides.column + k * bStrides.depth)
          let isInPlace = bStrides.column == 1 && width % panelColumns == 0
          if !isInPlace {
            var packing = GEMMPackArguments(
              source: b, panels: panel, lanes: width, depth: depth, laneStride: bStrides.column,
              depthStride: bStrides.depth, panelLanes: panelColumns, lastStride: panelColumns, alpha: 1)
            pack(&packing)
          }
          var product = GEMMTilesArguments(
            a: aPanels, b: isInPlace ? b : UnsafePointer(panel), c: operands.c + (row * problem.cRowStride + column),
            panel: isInPlace && isPacked ? panel : nil, scratch: scratch, rows: height, columns: width,
            depth: depth, panelRows: panelRows, bStride: isInPlace ? bStrides.depth : panelColumns,
            bStep: isInPlace ? panelColumns : panelColumns * depth,
            bAhead: isInPlace ? panelColumns : 8 * panelColumns, cRowStride: problem.cRowStride,
            beta: k == 0 ? problem.beta : 1, rowBias: problem.bias == .perRow ? bias.map { $0 + row } : nil,
            columnBias: problem.bias == .perColumn ? bias.map { $0 + column } : nil,
            relu: isLast && problem.relu ? 1 : 0)
          if isNarrow { narrowTiles(&product) } else { tiles(&product) }
          column += width
        }
        row += height
      }
      k += depth
    } while k < problem.depth
  }
}
