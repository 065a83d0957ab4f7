import KernelsISA

/// The product of few rows with stored Bᵀ, as of a fully connected layer's output for few images: B is transposed in
/// registers as it is read. Packing it would take longer than multiplying.
enum TransposingGEMM {
  /// Rows of a panel of A: the accumulators leave registers to transpose with.
  static func panelRows(_ level: InstructionSet) -> Int { level.lanes == 16 ? 12 : 6 }

  /// The height of the tile that multiplies some rows, as `multiplyRows` has them: rows that it has more are zeros.
  static func tileHeight(rows: Int) -> Int { rows <= 2 ? rows : (rows + 1) & ~1 }

  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let (pack, multiply) = (Levels.gemmPack[level], Levels.gemmTransposing[level])
    let lanes = level.lanes
    let tileColumns = tileColumns(level)
    let mostRows = panelRows(level)
    return Kernel(
      algorithm: "transposing", level: level, tile: "\(mostRows)x\(tileColumns / lanes)",
      cost: { problem, machine in accepts(problem, level) ? GEMMCost(problem, level, machine).transposing : nil },
      prepare: { problem, threads in
        let partition = GEMMPartition(
          columnsOf: problem, parts: problem.work.parts(threads: threads), granule: tileColumns)
        let panelRows = evenBlock(problem.rows, atMost: mostRows)
        let aBytes = aByteCount(problem, level)
        return PreparedKernel(partition, bytesOfPart: byteCount(problem, level)) { region, operands, workspace in
          let aPanel = workspace.assumingMemoryBound(to: Float.self)
          let column = region.columns.lowerBound
          planCheck(region.columns.count >= tileColumns, "\(region.columns.count) columns for tiles of \(tileColumns)")
          var row = 0
          while row < problem.rows {
            let rows = min(panelRows, problem.rows - row)
            let height = tileHeight(rows: rows)
            var packing = GEMMPackArguments(
              source: operands.a + row * problem.aStrides.row, panels: aPanel, width: rows, depth: problem.depth,
              widthStride: problem.aStrides.row, depthStride: problem.aStrides.depth, panelWidth: height,
              panelDepth: problem.depth, firstDepth: 0, lastPanelStride: height, remainingDepth: problem.depth,
              alpha: problem.alpha, prefetch: .nothing)
            pack(&packing)
            if height > rows {
              for k in 0..<problem.depth { aPanel[k * height + rows] = 0 }
            }
            var product = GEMMTransposingArguments(
              a: aPanel, b: operands.b + column * problem.bRowStride,
              c: operands.c + (row * problem.cRowStride + column),
              scratch: (workspace + aBytes).assumingMemoryBound(to: Float.self), rows: rows, height: height,
              columns: region.columns.count, depth: problem.depth, bColumnStride: problem.bRowStride,
              cRowStride: problem.cRowStride, columnBias: problem.columnBias(operands, column),
              relu: problem.hasActivation, ceiling: problem.activation.limits.ceiling)
            multiply(&product)
            row += rows
          }
        }
      })
  }

  static func accepts(_ problem: GEMM.Problem, _ level: InstructionSet) -> Bool {
    problem.transposeB && problem.beginsWithColumnBias && problem.columns >= tileColumns(level)
      && 4...(1 << 20) ~= problem.depth && byteCount(problem, level) <= Workspace.mostKernelBytes
  }

  /// Columns of a tile: more than 16 streams come no faster from memory.
  static func tileColumns(_ level: InstructionSet) -> Int { level.lanes == 16 ? 16 : 2 * level.lanes }

  private static func aByteCount(_ problem: GEMM.Problem, _ level: InstructionSet) -> Int {
    cacheLines(panelRows(level) * problem.depth * 4)
  }

  /// Bytes of one thread: a panel of A, and a square of B for each vector of a tile, where its sums have room, too.
  private static func byteCount(_ problem: GEMM.Problem, _ level: InstructionSet) -> Int {
    aByteCount(problem, level) + cacheLines(max(level.lanes, panelRows(level)) * tileColumns(level) * 4)
  }
}

extension RegisterTile {
  /// Adds products with columns of stored Bᵀ, which are transposed in scratch memory: by squares, and the last k, which
  /// fill no square, four at a time. The shuffles run beside the multiply-adds.
  ///
  /// Each column's cache line is read once as a whole, as columns that lie a multiple of 4 KB apart would evict each
  /// other's lines from the first-level cache.
  @inline(always)
  fileprivate mutating func multiplyTransposing(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columnStride: Int, depth: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let width = vectors &* L.count
    // 1 KB ahead in each column (Zen 5), then the first lines of the next columns.
    let distance = 256
    var a = a
    var k = 0
    while k &+ L.count <= depth {
      if L.count == 16 || k & 15 == 0 {
        var next = b + (k &+ distance)
        if k &+ distance >= depth { next = b + (width &* columnStride &+ k &+ distance &- depth) }
        var column = width
        while column > 0 {
          prefetchToSecondLevel(next)
          next += columnStride
          column &-= 1
        }
      }
      for v in 0..<vectors {
        L.transposeSquare(b + (v &* L.count &* columnStride &+ k), columnStride, scratch + v &* L.count, width)
      }
      add(&a, UnsafePointer(scratch), count: L.count)
      k &+= L.count
    }
    while k < depth {
      // The last four k may have some that are added already.
      let left = depth &- k < 4 ? depth &- k : 4
      let first = k &+ left &- 4
      L.store4(L.columns4(b + first, columnStride), scratch, width)
      if vectors > 1 {
        L.store4(L.columns4(b + (L.count &* columnStride &+ first), columnStride), scratch + L.count, width)
      }
      add(&a, UnsafePointer(scratch + (k &- first) &* width), count: left)
      k &+= left
    }
  }

  /// Adds the products of some k with values in scratch memory. A count that is known to the compiler leaves no branch that
  /// the processor could guess wrong, and shuffles begin before the multiply-adds end.
  @inline(always)
  private mutating func add(_ a: inout UnsafePointer<Float>, _ values: UnsafePointer<Float>, count: Int) {
    var values = values
    var left = count
    while left > 0 {
      for i in 0..<rows {
        let scalar = L.splat(a[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, L.load(values + v &* L.count), sums[i][v]) }
      }
      a += rows
      values += vectors &* L.count
      left &-= 1
    }
  }
}

/// One packed panel of A times stored Bᵀ, which is transposed in registers.
struct GEMMTransposingArguments {
  var a: UnsafePointer<Float>
  /// Columns, bColumnStride apart.
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// As many rows of a tile as a vector has lanes, or as the tile has.
  var scratch: UnsafeMutablePointer<Float>
  /// At most `TransposingGEMM.panelRows`.
  var rows: Int
  /// Rows of the panel and of the tile, as `TransposingGEMM.tileHeight` says.
  var height: Int
  /// At least a tile's: the last tile begins early enough to be whole.
  var columns: Int
  /// At least 4.
  var depth: Int
  var bColumnStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  var relu: Bool
  /// ReLU's upper limit; infinity for none.
  var ceiling: Float
}

@inline(always)
func multiplyPanelTransposing<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMTransposingArguments>
) {
  // As `TransposingGEMM.tileColumns`.
  let width = L.count == 16 ? 16 : 2 &* L.count
  var column = 0
  while column < p.pointee.columns {
    if column > p.pointee.columns &- width { column = p.pointee.columns &- width }
    if L.count == 16 {
      multiplyRows(RegisterTile<1, 1, L>.self, p, column)
    } else {
      multiplyRows(RegisterTile<1, 2, L>.self, p, column)
    }
    storeRows(lanes, p, column, vectors: width / L.count)
    column &+= width
  }
}

/// Leaves the sums of a column of vectors in scratch memory.
@inline(always)
private func multiplyRows<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  switch p.pointee.height {
  case 1: multiply(RegisterTile<1, vectors, L>.self, p, column)
  case 2: multiply(RegisterTile<2, vectors, L>.self, p, column)
  case 4: multiply(RegisterTile<4, vectors, L>.self, p, column)
  case 6: multiply(RegisterTile<6, vectors, L>.self, p, column)
  default:
    if L.count == 16 { multiplyManyRows(tile, p, column) }
  }
}

/// Where there are 32 registers.
@inline(always)
private func multiplyManyRows<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  switch p.pointee.height {
  case 8: multiply(RegisterTile<8, vectors, L>.self, p, column)
  case 10: multiply(RegisterTile<10, vectors, L>.self, p, column)
  default: multiply(RegisterTile<12, vectors, L>.self, p, column)
  }
}

@inline(always)
private func multiply<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias { initial = bias + column }
  var sums = RegisterTile<rows, vectors, L>(initial, stride: 0)
  sums.multiplyTransposing(
    p.pointee.a, p.pointee.b + column &* p.pointee.bColumnStride, columnStride: p.pointee.bColumnStride,
    depth: p.pointee.depth, scratch: p.pointee.scratch)
  sums.storeAccumulators(to: p.pointee.scratch)
}

/// Stores the rows of C that a tile has summed, with the limits applied.
@inline(always)
private func storeRows<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int, vectors: Int
) {
  var sums = UnsafePointer(p.pointee.scratch)
  var target = p.pointee.c + column
  var left = p.pointee.rows
  while left > 0 {
    for v in 0..<vectors {
      var value = L.load(sums + v &* L.count)
      if p.pointee.relu { value = L.rectified(value, ceiling: p.pointee.ceiling) }
      L.store(value, target + v &* L.count)
    }
    sums += vectors &* L.count
    target += p.pointee.cRowStride
    left &-= 1
  }
}
