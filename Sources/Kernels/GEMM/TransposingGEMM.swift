import KernelsISA

/// The product of few rows with stored Bᵀ, as of a fully connected layer's output for few images: B is transposed in
/// registers as it is read. Packing it would take longer than multiplying.
enum TransposingGEMM {
  /// Rows of a panel of A: the accumulators leave registers to transpose with. `anyRows` has a tile for each count.
  static func panelRows(_ level: InstructionSet) -> Int { level.lanes == 16 ? 12 : 6 }

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
            var packing = GEMMPackArguments(
              source: operands.a + row * problem.aStrides.row, panels: aPanel, width: rows, depth: problem.depth,
              widthStride: problem.aStrides.row, depthStride: problem.aStrides.depth, panelWidth: rows,
              panelDepth: problem.depth, firstDepth: 0, lastPanelStride: 0, remainingDepth: problem.depth,
              alpha: problem.alpha, prefetch: .nothing)
            pack(&packing)
            var product = GEMMTransposingArguments(
              a: aPanel, b: operands.b + column * problem.bRowStride,
              c: operands.c + (row * problem.cRowStride + column),
              scratch: (workspace + aBytes).assumingMemoryBound(to: Float.self), rows: rows,
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

  /// Bytes of one thread: a panel of A, and a square of B for each vector of a tile.
  private static func byteCount(_ problem: GEMM.Problem, _ level: InstructionSet) -> Int {
    aByteCount(problem, level) + cacheLines(level.lanes * tileColumns(level) * 4)
  }
}

extension RegisterTile {
  /// Adds four k's products to one of the tile's columns of vectors.
  @inline(always)
  private mutating func add(
    _ v: Int, _ a: UnsafePointer<Float>, _ columns: (L.Vector, L.Vector, L.Vector, L.Vector)
  ) {
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[i]), columns.0, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[rows &+ i]), columns.1, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[2 &* rows &+ i]), columns.2, sums[i][v]) }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[3 &* rows &+ i]), columns.3, sums[i][v]) }
  }

  /// Adds the products of the last one to three of four k.
  @inline(always)
  private mutating func addLast(
    _ count: Int, _ v: Int, _ a: UnsafePointer<Float>, _ columns: (L.Vector, L.Vector, L.Vector, L.Vector)
  ) {
    var a = a
    if count == 3 {
      for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[i]), columns.1, sums[i][v]) }
      a += rows
    }
    if count >= 2 {
      for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[i]), columns.2, sums[i][v]) }
      a += rows
    }
    for i in 0..<rows { sums[i][v] = L.multiplyAdd(L.splat(a[i]), columns.3, sums[i][v]) }
  }

  /// Adds products with columns of stored Bᵀ, which are transposed by squares in scratch memory, and the last k, which fill
  /// no square, four at a time. The shuffles run beside the multiply-adds.
  ///
  /// Each column's cache line is read once as a whole, as columns that lie a multiple of 4 KB apart would evict each
  /// other's lines from the first-level cache.
  @inline(always)
  fileprivate mutating func multiplyTransposing(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columnStride: Int, depth: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var a = a
    var k = 0
    // 1 KB ahead in each column (Zen 5), then the first lines of the next columns.
    let distance = 256
    while k &+ L.count <= depth {
      if L.count == 16 || k & 15 == 0 {
        var next = b + (k &+ distance)
        if k &+ distance >= depth { next = b + (vectors &* L.count &* columnStride &+ k &+ distance &- depth) }
        var column = vectors &* L.count
        while column > 0 {
          prefetchToSecondLevel(next)
          next += columnStride
          column &-= 1
        }
      }
      for v in 0..<vectors {
        L.transposeSquare(
          b + (v &* L.count &* columnStride &+ k), columnStride, scratch + v &* L.count, vectors &* L.count)
      }
      var row = UnsafePointer(scratch)
      var left = L.count
      while left > 0 {
        for i in 0..<rows {
          let scalar = L.splat(a[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, L.load(row + v &* L.count), sums[i][v]) }
        }
        a += rows
        row += vectors &* L.count
        left &-= 1
      }
      k &+= L.count
    }
    while k &+ 4 <= depth {
      // Not a loop: it would not be unrolled.
      add(0, a, L.columns4(b + k, columnStride))
      if vectors > 1 { add(1, a, L.columns4(b + (L.count &* columnStride &+ k), columnStride)) }
      a += 4 &* rows
      k &+= 4
    }
    if k < depth {
      // The last four k, of which some are added already.
      let count = depth &- k
      addLast(count, 0, a, L.columns4(b + (depth &- 4), columnStride))
      if vectors > 1 { addLast(count, 1, a, L.columns4(b + (L.count &* columnStride &+ depth &- 4), columnStride)) }
    }
  }
}

/// One packed panel of A times stored Bᵀ, which is transposed in registers.
struct GEMMTransposingArguments {
  var a: UnsafePointer<Float>
  /// Columns, bColumnStride apart.
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// As many rows of a tile as a vector has lanes.
  var scratch: UnsafeMutablePointer<Float>
  /// At most `TransposingGEMM.panelRows`.
  var rows: Int
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
      anyRows(RegisterTile<1, 1, L>.self, p, column)
    } else {
      anyRows(RegisterTile<1, 2, L>.self, p, column)
    }
    column &+= width
  }
}

@inline(always)
private func anyRows<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  switch p.pointee.rows {
  case 1: multiply(RegisterTile<1, vectors, L>.self, p, column)
  case 2: multiply(RegisterTile<2, vectors, L>.self, p, column)
  case 3: multiply(RegisterTile<3, vectors, L>.self, p, column)
  case 4: multiply(RegisterTile<4, vectors, L>.self, p, column)
  case 5: multiply(RegisterTile<5, vectors, L>.self, p, column)
  case 6: multiply(RegisterTile<6, vectors, L>.self, p, column)
  default:
    if L.count == 16 { manyRows(tile, p, column) }
  }
}

/// Where there are 32 registers.
@inline(always)
private func manyRows<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  switch p.pointee.rows {
  case 7: multiply(RegisterTile<7, vectors, L>.self, p, column)
  case 8: multiply(RegisterTile<8, vectors, L>.self, p, column)
  case 9: multiply(RegisterTile<9, vectors, L>.self, p, column)
  case 10: multiply(RegisterTile<10, vectors, L>.self, p, column)
  case 11: multiply(RegisterTile<11, vectors, L>.self, p, column)
  default: multiply(RegisterTile<12, vectors, L>.self, p, column)
  }
}

@inline(always)
private func multiply<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  let b = p.pointee.b + column &* p.pointee.bColumnStride
  let c = p.pointee.c + column
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias { initial = bias + column }
  var sums = RegisterTile<rows, vectors, L>(initial, stride: 0)
  sums.multiplyTransposing(
    p.pointee.a, b, columnStride: p.pointee.bColumnStride, depth: p.pointee.depth, scratch: p.pointee.scratch)
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu {
    for i in 0..<rows {
      for v in 0..<vectors {
        let vector = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.rectified(L.load(vector), ceiling: p.pointee.ceiling), vector)
      }
    }
  }
}
