import KernelsISA

/// The product by packed panels: the five loops around a micro-kernel of Goto ("Anatomy of High-Performance Matrix
/// Multiplication", 2008) and BLIS, with the loops ordered so that a panel of A stays in the first-level cache and a block
/// of B in the second. `GEMMBlocking` says what each loop cuts, and by how much.
///
///     for packedDepth in k by all or KC         // loop 5
///       for rows in m by MC                     // loop 4   pack A, MC × packedDepth
///         for columns in n by NC                // loop 3
///           for depth in packedDepth by KC      // loop 3   pack B, KC × NC
///             macro-kernel                      // loop 2 by MR, loop 1 by NR
///               micro-kernel                    //   MR × NR accumulators, one k after the other
///               epilogue                        //   bias, ReLU, the last columns
///
/// A is packed a panel or two at a time just before its first products. B is packed by the micro-kernels of A's first
/// panel, which store what they load; stored Bᵀ, and columns that do not fill a tile, are packed before the block is
/// used. During a block's products the next block is prefetched.
struct PackedGEMM: Sendable {
  /// How a product is blocked, as `Plan.path` names it.
  enum Path: String, CaseIterable {
    /// One panel of A; B stays in place.
    case onePanel = "one-panel"
    /// All of A is packed before the columns of C are computed.
    case wholeA = "whole-a"
    /// A is packed in blocks of MC × KC.
    case blocksOfA = "blocks-of-a"
  }

  let problem: GEMM.Problem
  let blocking: GEMMBlocking
  let tileRows: Int
  let pack: LevelFunction<GEMMPackArguments>
  /// The macro-kernel with tiles of two vectors.
  let macroKernel: LevelFunction<GEMMMacroArguments>
  /// The macro-kernel with tiles of one vector.
  let narrowMacroKernel: LevelFunction<GEMMMacroArguments>

  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let tile = gemmTile(level)
    return Kernel(
      algorithm: "packed", level: level, tile: "\(tile.rows)x\(tile.vectors)",
      cost: { problem, machine in GEMMCost(problem, level, machine).packed },
      prepareForMachine: { problem, machine, threads in
        let partition = GEMMPartition(
          problem, parts: problem.work.parts(threads: threads), tileRows: tile.rows,
          tileColumns: tile.vectors * level.lanes)
        let product = PackedGEMM(problem, level, rows: partition.rowsOfPart, machine)
        return PreparedKernel(partition, bytesOfPart: product.workspaceByteCount, path: product.path.rawValue) {
          product.run($0, $1, $2)
        }
      })
  }

  /// - Parameter rows: the rows of C that one thread computes.
  private init(_ problem: GEMM.Problem, _ level: InstructionSet, rows: Int, _ machine: Machine) {
    let tile = gemmTile(level)
    self.problem = problem
    tileRows = tile.rows
    blocking = GEMMBlocking(
      problem, rows: rows, tileRows: tile.rows, tileColumns: tile.vectors * level.lanes, machine)
    pack = Levels.gemmPack[level]
    macroKernel = Levels.gemmMacro2[level]
    narrowMacroKernel = Levels.gemmMacro1[level]
  }

  private var path: Path {
    !blocking.packsB ? .onePanel : blocking.packedDepth >= problem.depth ? .wholeA : .blocksOfA
  }

  // MARK: - Workspace

  /// Bytes of one thread: scratch memory, a block of B, a block of A.
  private var workspaceByteCount: Int { scratchByteCount + bByteCount + cacheLines(aCount * 4) }
  /// A tile and a row of it.
  private var scratchByteCount: Int { cacheLines((tileRows + 1) * blocking.nr * 4) }
  private var bByteCount: Int { cacheLines(blocking.kc * (blocking.packsB ? blocking.nc : blocking.nr) * 4) }
  /// Elements of a packed block of A.
  private var aCount: Int { blocking.mc * blocking.packedDepth }

  /// What one thread computes with.
  private struct Thread {
    let region: GEMMRegion
    let operands: GEMM.Operands
    let scratch: UnsafeMutablePointer<Float>
    let bPanels: UnsafeMutablePointer<Float>
    let aPanels: UnsafeMutablePointer<Float>
  }

  // MARK: - Loops 5 to 3

  /// A block of packed A, and a block of B that it is multiplied with.
  private struct Block {
    let rows: Range<Int>
    let columns: Range<Int>
    /// The k that are packed of A.
    let packedDepth: Range<Int>
    /// Those of them that are multiplied.
    let depth: Range<Int>
    /// Whether A is not packed yet.
    let packsA: Bool
  }

  /// Computes a region of C.
  private func run(_ region: GEMMRegion, _ operands: GEMM.Operands, _ workspace: UnsafeMutableRawPointer) {
    let thread = Thread(
      region: region, operands: operands, scratch: workspace.assumingMemoryBound(to: Float.self),
      bPanels: (workspace + scratchByteCount).assumingMemoryBound(to: Float.self),
      aPanels: (workspace + (scratchByteCount + bByteCount)).assumingMemoryBound(to: Float.self))
    // A block is multiplied once the next one is known, as that is prefetched meanwhile.
    var pending: Block?
    forEachBlock(of: 0..<problem.depth, by: blocking.packedDepth) { packedDepth in
      forEachBlock(of: region.rows, by: blocking.mc) { rows in
        forEachColumnBlock(of: region.columns) { columns in
          forEachBlock(of: packedDepth, by: blocking.kc) { depth in
            let block = Block(
              rows: rows, columns: columns, packedDepth: packedDepth, depth: depth,
              packsA: columns.lowerBound == region.columns.lowerBound)
            if let pending { multiply(thread, pending, next: block) }
            pending = block
          }
        }
      }
    }
    if let pending { multiply(thread, pending, next: nil) }
  }

  /// Calls a function for the blocks that a range is cut into; of an empty range, for one empty block: a product of depth
  /// 0 is written, too.
  @inline(__always)
  private func forEachBlock(of range: Range<Int>, by size: Int, _ body: (Range<Int>) -> Void) {
    var first = range.lowerBound
    repeat {
      let end = min(first + size, range.upperBound)
      body(first..<end)
      first = end
    } while first < range.upperBound
  }

  /// The same for columns, of which those that do not fill a tile are a block of their own.
  @inline(__always)
  private func forEachColumnBlock(of range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var first = range.lowerBound
    repeat {
      let left = range.upperBound - first
      let width = left >= blocking.nr ? min(left / blocking.nr * blocking.nr, blocking.nc) : left
      body(first..<(first + width))
      first += width
    } while first < range.upperBound
  }

  // MARK: - Loop 2: packing, and the macro-kernel

  /// Adds the products of a block of A with a block of B, and prefetches what the next block needs.
  private func multiply(_ thread: Thread, _ block: Block, next: Block?) {
    let operands = thread.operands
    let (row, column, k) = (block.rows.lowerBound, block.columns.lowerBound, block.depth.lowerBound)
    let (columns, depth) = (block.columns.count, block.depth.count)
    let strides = problem.bStrides
    let isNarrow = columns * 2 <= blocking.nr
    let panelColumns = isNarrow ? blocking.nr / 2 : blocking.nr
    let b = operands.b + (column * strides.column + k * strides.depth)
    let startsInPlace = strides.column == 1 && columns % panelColumns == 0
    let isFirst = block.packsA && row == thread.region.rows.lowerBound && k == 0
    if block.packsA {
      // While A is packed, the beginning of B arrives.
      packA(
        thread, block.rows.prefix(blocking.rowsPackedAtOnce), block, to: thread.aPanels,
        prefetching: isFirst ? firstLinesOfB(operands, block) : .nothing)
    }
    planCheck("k", offset: k, count: depth, allocated: problem.depth)
    planCheck("packed k", offset: k - block.packedDepth.lowerBound, count: depth, allocated: block.packedDepth.count)
    if !startsInPlace || blocking.packsB {
      planCheck(
        "panels of B", count: (columns + panelColumns - 1) / panelColumns * panelColumns * depth,
        allocated: bByteCount / 4)
    }
    if !startsInPlace {
      var packing = GEMMPackArguments(
        source: b, panels: thread.bPanels, width: columns, depth: depth, widthStride: strides.column,
        depthStride: strides.depth, panelWidth: panelColumns, panelDepth: depth, firstDepth: 0,
        lastPanelStride: panelColumns, remainingDepth: problem.depth - k, alpha: 1, prefetch: .nothing)
      pack(&packing)
    }
    var product = GEMMMacroArguments(
      a: thread.aPanels, b: startsInPlace ? b : UnsafePointer(thread.bPanels),
      c: operands.c + (row * problem.cRowStride + column),
      bPanels: startsInPlace && blocking.packsB ? thread.bPanels : nil, scratch: thread.scratch,
      rows: block.rows.count, columns: columns, depth: depth, panelRows: blocking.mr,
      aPanelDepth: block.packedDepth.count, aFirstDepth: k - block.packedDepth.lowerBound,
      bStride: startsInPlace ? strides.depth : panelColumns,
      bPanelStride: startsInPlace ? panelColumns : panelColumns * depth,
      bPrefetchDistance: startsInPlace ? panelColumns : PackedGEMM.rowsAheadInPanel * panelColumns,
      bPrefetchRows: rowsOfBAhead(depth, isFirst: isFirst), bNext: b, cRowStride: problem.cRowStride,
      beta: k == 0 ? problem.beta : 1, rowBias: k == 0 ? problem.rowBias(operands, row) : nil,
      columnBias: k == 0 ? problem.columnBias(operands, column) : nil,
      relu: k + depth == problem.depth ? problem.hasActivation : false, ceiling: problem.activation.limits.ceiling,
      prefetchesPanels: false, prefetch: .nothing, secondPrefetch: .nothing)
    if let next {
      product.bNext = operands.b + (next.columns.lowerBound * strides.column + next.depth.lowerBound * strides.depth)
    }
    let macroKernel = isNarrow ? narrowMacroKernel : self.macroKernel
    let nextOfB = problem.transposeB || !blocking.rowsOfBConflict ? next : nil
    if !block.packsA {
      if let nextOfB { product.prefetch = linesOfB(operands, nextOfB) }
      product.prefetchesPanels = true
      macroKernel(&product)
      return
    }
    // Each piece of A is multiplied as soon as it is packed.
    var first = block.rows.lowerBound
    while first < block.rows.upperBound {
      let rows = first..<min(first + blocking.rowsPackedAtOnce, block.rows.upperBound)
      let done = first - row
      let panels = thread.aPanels + done * block.packedDepth.count
      if done > 0 { packA(thread, rows, block, to: panels, prefetching: .nothing) }
      product.a = UnsafePointer(panels)
      product.c = operands.c + (first * problem.cRowStride + column)
      product.rows = rows.count
      product.rowBias = k == 0 ? problem.rowBias(operands, first) : nil
      product.prefetch = .nothing
      product.secondPrefetch = .nothing
      if rows.upperBound < block.rows.upperBound {
        let end = min(rows.upperBound + blocking.rowsPackedAtOnce, block.rows.upperBound)
        product.prefetch = linesOfA(operands, rows.upperBound..<end, block.depth)
      } else if let next, next.packsA {
        product.prefetch = linesOfA(operands, next.rows.prefix(blocking.rowsPackedAtOnce), next.depth)
      }
      if let nextOfB {
        // As large a part of B's block as these rows are of A's.
        product.secondPrefetch = linesOfB(operands, nextOfB, part: done, of: block.rows.count, size: rows.count)
        if product.prefetch.repeats == 0 { swap(&product.prefetch, &product.secondPrefetch) }
      }
      macroKernel(&product)
      if startsInPlace, blocking.packsB {
        // The first panel of A has packed the block of B.
        product.b = UnsafePointer(thread.bPanels)
        product.bStride = panelColumns
        product.bPanelStride = panelColumns * depth
        product.bPrefetchDistance = PackedGEMM.rowsAheadInPanel * panelColumns
        product.bPanels = nil
      }
      first = rows.upperBound
    }
  }

  /// Packs a block's k of some rows of A, into panels that hold all of `packedDepth`.
  private func packA(
    _ thread: Thread, _ rows: Range<Int>, _ block: Block, to panels: UnsafeMutablePointer<Float>,
    prefetching prefetch: GEMMPrefetch
  ) {
    let strides = problem.aStrides
    planCheck(
      "panels of A", offset: panels - thread.aPanels, count: rows.count * block.packedDepth.count, allocated: aCount)
    var packing = GEMMPackArguments(
      source: thread.operands.a + (rows.lowerBound * strides.row + block.depth.lowerBound * strides.depth),
      panels: panels, width: rows.count, depth: block.depth.count, widthStride: strides.row,
      depthStride: strides.depth, panelWidth: blocking.mr, panelDepth: block.packedDepth.count,
      firstDepth: block.depth.lowerBound - block.packedDepth.lowerBound, lastPanelStride: 0,
      remainingDepth: problem.depth - block.depth.lowerBound, alpha: problem.alpha, prefetch: prefetch)
    pack(&packing)
  }

  // MARK: - Prefetching

  /// Rows of a packed panel of B between the one that is loaded and the one that is prefetched (Zen 5).
  private static let rowsAheadInPanel = 8
  /// Rows of B that a tile which packs them prefetches ahead where they share the sets of a cache: as many as stay until
  /// they are used (Zen 5).
  private static let conflictingRowsAhead = 32
  /// Lines of B that are prefetched before the first product: more would wait for each other (Zen 5).
  private static let firstLines = 512

  /// How many rows ahead tiles that pack B prefetch it; 0 where the next block is prefetched instead.
  private func rowsOfBAhead(_ depth: Int, isFirst: Bool) -> Int {
    if blocking.rowsOfBConflict, depth > 2 * PackedGEMM.conflictingRowsAhead { return PackedGEMM.conflictingRowsAhead }
    return isFirst ? depth : 0
  }

  /// What is read of B first: all of it if that is little, else some rows of the first tile's.
  private func firstLinesOfB(_ operands: GEMM.Operands, _ block: Block) -> GEMMPrefetch {
    let most = PackedGEMM.firstLines * 16
    var (depth, columns) = (block.depth, block.columns)
    if depth.count * columns.count > most {
      columns = columns.prefix(blocking.nr)
      depth = depth.prefix(most / blocking.nr)
    }
    return GEMMPrefetch(
      operands.b, rows: problem.transposeB ? columns : depth, columns: problem.transposeB ? depth : columns,
      rowStride: problem.bRowStride)
  }

  /// The lines of A that rows have.
  private func linesOfA(_ operands: GEMM.Operands, _ rows: Range<Int>, _ depth: Range<Int>) -> GEMMPrefetch {
    GEMMPrefetch(
      operands.a, rows: problem.transposeA ? depth : rows, columns: problem.transposeA ? rows : depth,
      rowStride: problem.aRowStride)
  }

  /// The lines of B that a block has, or from `part` / `whole` of them on `size` / `whole`.
  private func linesOfB(
    _ operands: GEMM.Operands, _ block: Block, part: Int = 0, of whole: Int = 1, size: Int = 1
  ) -> GEMMPrefetch {
    let rows = problem.transposeB ? block.columns : block.depth
    let columns = problem.transposeB ? block.depth : block.columns
    let first = rows.lowerBound + rows.count * part / whole
    let last = rows.lowerBound + rows.count * (part + size) / whole
    return GEMMPrefetch(operands.b, rows: first..<last, columns: columns, rowStride: problem.bRowStride)
  }
}
