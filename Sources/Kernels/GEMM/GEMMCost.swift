/// The cycles that one thread is expected to take for a product, by each algorithm of the table.
///
/// A cost is a sum of what an algorithm does, times what each takes. How often it does it, and the cycles of multiply-adds
/// and loads, follow from the shape, the level and the machine. The other constants, which have their unit, were fitted to
/// the times of all rows on 565 shapes (`bench kernels gemm`, data in no cache, AVX2 and AVX-512) on Zen 5. They weigh the
/// choice among the rows more than the time itself: the chosen row takes 2 to 3 % longer than the fastest one in the
/// geometric mean, and half of the costs lie within 15 % of the measured time.
///
/// Costs decide no bit, as all algorithms sum in the same order.
struct GEMMCost {
  private let problem: GEMM.Problem
  private let level: InstructionSet
  private let machine: Machine
  private let rows: Double
  private let columns: Double
  private let depth: Double

  init(_ problem: GEMM.Problem, _ level: InstructionSet, _ machine: Machine) {
    self.problem = problem
    self.level = level
    self.machine = machine
    rows = Double(problem.rows)
    columns = Double(problem.columns)
    depth = Double(problem.depth)
  }

  // MARK: - What all have in common

  /// Cache lines of each matrix, without the ends of rows.
  private var linesOfA: Double { rows * depth / 16 }
  private var linesOfB: Double { depth * columns / 16 }
  private var linesOfC: Double { rows * columns / 16 }

  /// Multiply-adds of whole vectors each cycle; without FMA, each is two instructions.
  private func multiplyAdds(lanes: Int) -> Double { machine.multiplyAdds(lanes: lanes) / (level.hasFMA ? 1 : 2) }

  /// Cycles of one k of a register tile: its multiply-adds, its loads, or the latency of one multiply-add.
  private func step(height: Int, vectors: Int, lanes: Int) -> Double {
    max(
      Double(height * vectors) / multiplyAdds(lanes: lanes), Double(height + vectors) / machine.loads(lanes: lanes),
      level.hasFMA ? 4 : 6)
  }

  // MARK: - The algorithms

  /// `UnpackedGEMM`.
  var unpacked: Double {
    // Columns of few lanes are computed by shorter vectors.
    let lanes = problem.columns <= 4 ? min(level.lanes, 4) : problem.columns <= 8 ? min(level.lanes, 8) : level.lanes
    let pairs = Double(problem.columns / (2 * lanes))
    // The last columns are computed by shorter vectors where those hold them exactly, but for products of few elements.
    let remaining = problem.columns % lanes
    let isSmall = problem.rows * problem.columns * problem.depth <= UnpackedGEMM.prefetchedAtOnce
    let endsByShorterVectors = remaining % 4 == 0 && !isSmall
    let shorterVectors = endsByShorterVectors ? [8, 4].filter { $0 < lanes && remaining & $0 != 0 } : []
    let hasPartialVector = remaining > 0 && shorterVectors.isEmpty
    let singles = Double(problem.columns % (2 * lanes) / lanes + (hasPartialVector ? 1 : 0))
    var cycles = 0.0
    var left = problem.rows
    for height in [8, 4, 2, 1] where height <= UnpackedGEMM.tileRows(level) {
      let tiles = Double(left / height)
      left %= height
      cycles +=
        tiles * depth
        * (pairs * step(height: height, vectors: 2, lanes: lanes)
          + singles * step(height: height, vectors: 1, lanes: lanes)
          + shorterVectors.reduce(0) { $0 + step(height: height, vectors: 1, lanes: $1) })
    }
    // A column of tiles reads its part of B again for each of them: from the second level if it exceeds two thirds of the
    // first, or if its rows share sets of it.
    let sets = machine.firstLevelSetBytes / machine.lineBytes
    let setsOfColumn =
      problem.bRowStride % 16 == 0 ? max(sets >> min((problem.bRowStride / 16).trailingZeroBitCount, 6), 1) : sets
    let exceedsCache = depth * Double(2 * lanes * 4) > Double(machine.firstLevelBytes) * 2 / 3
    let sharesSets = problem.bRowStride % 16 == 0 && problem.depth > 2 * machine.firstLevelWays * setsOfColumn
    // With one multiply-add of such vectors a cycle (avx512 on Zen 4) that is not seen, nor that A and B are not packed,
    // as long as each matrix stays in a thread's part of the third level, and eight tiles read a part of B; against the
    // other rows, which are fitted to two multiply-adds a cycle.
    let largest = max(rows * depth, depth * columns, rows * columns) * 4
    let hidesLoads =
      level.lanes == 16 && multiplyAdds(lanes: lanes) <= 1 && !problem.transposeA && rows >= 64
      && largest < Double(min(machine.thirdLevelBytes, Workspace.mostBytesPerThread))
    cycles *= hidesLoads ? 0.87 : exceedsCache || sharesSets ? 1.6 : 1
    // Cycles of a call; of a k, or a row, whose last vector is not whole; of a line of A, B and C.
    cycles += 200 + (hasPartialVector ? 1.5 * depth + 4.5 * rows : 0)
    cycles += 1.5 * linesOfA + 11 * linesOfB + 9 * linesOfC
    // Rows of C a multiple of 2 KB apart share sets: cycles of a line of C.
    return cycles + (problem.cRowStride % 512 == 0 ? 7 * linesOfC : 0)
  }

  /// `NarrowGEMM`.
  var narrow: Double {
    let groups = ((rows + Double(level.lanes) - 1) / Double(level.lanes)).rounded(.down)
    let panelColumns = (problem.columns + 3) & ~3
    // Transposing is part of the factor of a step, as it is of each k.
    let compute = 1.2 * groups * depth * step(height: panelColumns, vectors: 1, lanes: level.lanes)
    // Cycles of a call; of a line of A; of a value of B that is packed; of a vector of C.
    return 1500 + compute + 1.7 * linesOfA + 0.5 * depth * columns + 14 * groups * columns
  }

  /// `OuterProductGEMM`.
  var outerProduct: Double {
    let lanes = level.lanes
    let vectors = Double((problem.columns + lanes - 1) / lanes)
    let partialVectors = problem.columns % lanes > 0 ? rows : 0
    // Cycles of a call; of a vector that is not whole; of a line of B.
    let rest = 260 + 4 * partialVectors + 23 * linesOfB
    if problem.isProductAlone, vectors >= 4 {
      // Four vectors at a time. Cycles of a multiply-add, with B in the first-level cache or not; of a line of C.
      let isNear = depth * columns * 4 < Double(machine.firstLevelBytes) * 2 / 3
      return rest + (isNear ? 1.1 : 1.4) * rows * vectors * depth + 4.6 * linesOfC
    }
    // Cycles of a multiply-add, and of a vector of C.
    return rest + 1.9 * rows * vectors * depth + 5.5 * rows * vectors
  }

  /// `FewRowsGEMM`.
  var fewRows: Double {
    let lanes = level.lanes
    let vectors = Double((problem.columns + lanes - 1) / lanes)
    let stepsAtOnce = lanes == 16 && 2..<FewRowsGEMM.pairedRows ~= problem.rows ? 16 : 8
    let steps = Double(problem.depth / stepsAtOnce)
    let compute = fewRowsFactor * steps * vectors * rows * Double(stepsAtOnce) / multiplyAdds(lanes: lanes)
    let remainingDepth = Double(problem.depth % stepsAtOnce)
    // Cycles of a call; of a step; of a vector in a remaining k; of a copied value of A; of a line of B and C.
    return 260 + compute + 155 * depth / Double(stepsAtOnce) + 4 * remainingDepth * vectors * rows
      + 4.6 * rows * depth + 3 * linesOfB + 20 * linesOfC
  }

  /// What loading and storing the sums at each step makes of the cycles of its multiply-adds. With two vectors at once
  /// little of it is seen; with one row, all loads of B are.
  private var fewRowsFactor: Double {
    guard level.lanes == 16 else { return 1.35 }
    switch problem.rows {
    case 1: return 4.7
    case ..<FewRowsGEMM.pairedRows: return 1.5
    default: return 1.05
    }
  }

  /// `TransposingGEMM`.
  var transposing: Double {
    let lanes = level.lanes
    let tileColumns = TransposingGEMM.tileColumns(level)
    let panelRows = evenBlock(problem.rows, atMost: TransposingGEMM.panelRows(level))
    let height = TransposingGEMM.tileHeight(rows: panelRows)
    let panels = Double((problem.rows + panelRows - 1) / panelRows)
    let tiles = panels * Double((problem.columns + tileColumns - 1) / tileColumns)
    let vectors = tileColumns / lanes
    let step = max(
      Double(height * vectors) / multiplyAdds(lanes: lanes), Double(height + vectors) / machine.loads(lanes: lanes))
    // Cycles of a call; of transposing one k of a tile; of a tile; of a line of B; of a packed value of A.
    return 370 + tiles * depth * (0.8 * step + 3.3) + 75 * tiles + 1.5 * linesOfB + 2.3 * rows * depth
  }

  /// `PackedGEMM`.
  var packed: Double {
    let lanes = level.lanes
    let tile = gemmTile(level)
    let blocking = GEMMBlocking(
      problem, rows: problem.rows, tileRows: tile.rows, tileColumns: tile.vectors * lanes, machine)
    let panels = (problem.rows + blocking.mr - 1) / blocking.mr
    let lastHeight = problem.rows - (panels - 1) * blocking.mr
    let tiles = Double(problem.columns / blocking.nr)
    let remaining = problem.columns % blocking.nr
    let lastVectors = remaining * 2 <= blocking.nr ? 1 : 2
    func panel(_ height: Int) -> Double {
      tiles * step(height: height, vectors: 2, lanes: lanes)
        + (remaining > 0 ? step(height: height, vectors: lastVectors, lanes: lanes) : 0)
    }
    let compute =
      panels == 0 ? 0 : 0.9 * depth * (Double(panels - 1) * panel(blocking.mr) + panel(lastHeight))
    let blocksOfDepth = Double((problem.depth + blocking.kc - 1) / blocking.kc)
    let blocksOfRows = Double((problem.rows + blocking.mc - 1) / max(blocking.mc, 1))
    let packedColumns = problem.transposeB ? columns : Double(remaining)
    // Cycles of a call; of a value and a row of A that are packed; of a value of B that is packed before its block is used.
    var cycles = 450 + compute + 0.65 * rows * depth + 12 * rows + 0.17 * depth * packedColumns * blocksOfRows
    // Of a tile; of a row of a tile that ends in scratch memory.
    cycles += 28 * Double(panels) * (tiles + (remaining > 0 ? 1 : 0)) * blocksOfDepth
    cycles += remaining > 0 ? 4 * rows * blocksOfDepth : 0
    // Of a line of B; of a row of B that is packed in passing; of a line of C.
    return cycles + 10 * linesOfB + (problem.transposeB ? 0 : 11 * depth) + 6 * linesOfC * blocksOfDepth
  }
}

extension InstructionSet {
  /// Whether the level multiplies and adds in one instruction.
  fileprivate var hasFMA: Bool {
    #if arch(arm64)
      true
    #else
      self != .baseline
    #endif
  }
}
