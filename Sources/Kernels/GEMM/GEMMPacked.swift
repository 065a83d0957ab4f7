import ISA

/// The length of the blocks that cut k, and so the order of every sum. It depends on the depth alone.
///
/// Long blocks cut the traffic of C, which is read and written once a block; blocks of 512 leave a panel of A (12 rows)
/// in the first-level cache's share and stream a panel of B (32 columns, 64 KB) from the second level. Shorter
/// blocks are slower: `bench kernels gemm` tells.
func gemmDepthBlock(_ depth: Int) -> Int {
  let longest = 512
  let blocks = max((depth + longest - 1) / longest, 1)
  return (depth + blocks - 1) / blocks
}

/// Rows of A that are packed at a time: with blocks of 512 they fill 384 KB of the second-level cache.
private let rowBlock = 192
/// Columns of B that are packed at a time, 2 MB with blocks of 512: they stay in the last-level cache.
private let columnBlock = 1024

/// The product by packed panels: each thread packs and multiplies its own part of C.
func packedKernel(_ level: InstructionSet) -> Kernel<GEMM> {
  let tile = gemmTile(level)
  let columns = tile.vectors * level.lanes
  let prepare: @Sendable (GEMM.Problem, Int) -> PreparedKernel<GEMM.Operands> = { problem, threads in
    let work = Work(
      multiplyAdds: problem.rows * problem.columns * problem.depth,
      bytes: (problem.rows * problem.depth + problem.depth * problem.columns + problem.rows * problem.columns) * 4)
    let parts = work.parts(threads: threads)
    let product = PackedGEMM(problem: problem, level: level, tileRows: tile.rows, tileColumns: columns, parts: parts)
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
  let rowBlock: Int
  let columnBlock: Int
  let packA: LevelFunction<GEMMPackArguments>
  let packB: LevelFunction<GEMMPackArguments>
  let block: LevelFunction<GEMMBlockArguments>

  init(problem: GEMM.Problem, level: InstructionSet, tileRows: Int, tileColumns: Int, parts: Int) {
    self.problem = problem
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.parts = parts
    splitsRows = problem.rows / tileRows >= problem.columns / tileColumns
    depthBlock = max(gemmDepthBlock(problem.depth), 1)
    rowBlock = min(Kernels.rowBlock / tileRows * tileRows, (problem.rows + tileRows - 1) / tileRows * tileRows)
    columnBlock = min(
      Kernels.columnBlock / tileColumns * tileColumns,
      (problem.columns + tileColumns - 1) / tileColumns * tileColumns)
    packA = gemmPackA[level]
    packB = gemmPackB[level]
    block = gemmBlock[level]
  }

  /// Bytes of packed panels of one thread.
  var workspaceByteCount: Int { scratchByteCount + aByteCount + cacheLines(columnBlock * depthBlock * 4) }
  private var scratchByteCount: Int { cacheLines(tileRows * tileColumns * 4) }
  private var aByteCount: Int { cacheLines(rowBlock * depthBlock * 4) }

  func run(part: Int, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer) {
    let rows =
      splitsRows ? Parallel.range(part, of: parts, items: problem.rows, granule: tileRows) : 0..<problem.rows
    let columns =
      splitsRows
      ? 0..<problem.columns : Parallel.range(part, of: parts, items: problem.columns, granule: tileColumns)
    let own = workspace + part * workspaceByteCount
    let scratch = own.assumingMemoryBound(to: Float.self)
    let aPanels = (own + scratchByteCount).assumingMemoryBound(to: Float.self)
    let bPanels = (own + scratchByteCount + aByteCount).assumingMemoryBound(to: Float.self)
    var column = columns.lowerBound
    while column < columns.upperBound {
      let width = min(columnBlock, columns.upperBound - column)
      var k = 0
      // A product of depth 0 still writes beta · C + bias.
      repeat {
        let depth = min(depthBlock, problem.depth - k)
        pack(b: operands.b, k: k, depth: depth, column: column, width: width, bPanels)
        var row = rows.lowerBound
        while row < rows.upperBound {
          let height = min(rowBlock, rows.upperBound - row)
          pack(a: operands.a, k: k, depth: depth, row: row, height: height, aPanels)
          multiply(
            operands, aPanels, bPanels, scratch, k: k, depth: depth, row: row, height: height, column, width)
          row += height
        }
        k += depth
      } while k < problem.depth
      column += width
    }
  }

  private func pack(
    a: UnsafePointer<Float>, k: Int, depth: Int, row: Int, height: Int, _ panels: UnsafeMutablePointer<Float>
  ) {
    let strides = problem.aStrides
    var arguments = GEMMPackArguments(
      source: a + (row * strides.row + k * strides.depth), panels: panels, lanes: height, depth: depth,
      laneStride: strides.row, depthStride: strides.depth)
    packA(&arguments)
  }

  private func pack(
    b: UnsafePointer<Float>, k: Int, depth: Int, column: Int, width: Int, _ panels: UnsafeMutablePointer<Float>
  ) {
    let strides = problem.bStrides
    var arguments = GEMMPackArguments(
      source: b + (column * strides.column + k * strides.depth), panels: panels, lanes: width, depth: depth,
      laneStride: strides.column, depthStride: strides.depth)
    packB(&arguments)
  }

  private func multiply(
    _ operands: GEMM.Operands, _ aPanels: UnsafePointer<Float>, _ bPanels: UnsafePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>, k: Int, depth: Int, row: Int, height: Int, _ column: Int, _ width: Int
  ) {
    let isLast = k + depth == problem.depth
    let bias = isLast ? operands.bias : nil
    var arguments = GEMMBlockArguments(
      a: aPanels, b: bPanels, c: operands.c + (row * problem.cRowStride + column), scratch: scratch, rows: height,
      columns: width,
      depth: depth, cRowStride: problem.cRowStride, alpha: problem.alpha, beta: k == 0 ? problem.beta : 1,
      rowBias: problem.bias == .perRow ? bias.map { $0 + row } : nil,
      columnBias: problem.bias == .perColumn ? bias.map { $0 + column } : nil,
      relu: isLast && problem.relu ? 1 : 0)
    block(&arguments)
  }
}
