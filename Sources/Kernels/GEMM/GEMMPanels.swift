import KernelsISA

extension PackedGEMM {
  /// Multiplies packed panels of A with B, block by block.
  func multiplyPanels(_ part: Part) {
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

  /// The columns of the block that begins with one.
  func blockWidth(_ part: Part, _ column: Int) -> Int {
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

  /// Adds the products of a block of A with a block of B, while what the next block needs is fetched.
  func multiply(_ part: Part, _ block: Block, _ next: Block?) {
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
      bRowsAhead: conflicts && depth > 2 * GEMMBlocking.rowsAhead ? GEMMBlocking.rowsAhead : isFirst ? depth : 0,
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
  func packA(
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
  var nothing: GEMMFetch { GEMMFetch(first: isa_zeros(), step: 0, count: 0, repeatStep: 0, repeats: 0) }

  /// What is read of B first: all of it if that is little, else some rows of the first tile's.
  private func fetchFirst(_ operands: GEMM.Operands, _ block: Block) -> GEMMFetch {
    var (depth, columns) = (block.depth, block.columns)
    if depth.count * columns.count > GEMMBlocking.firstLines * 16 {
      columns = columns.prefix(tileColumns)
      depth = depth.prefix(GEMMBlocking.firstLines * 16 / tileColumns)
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
