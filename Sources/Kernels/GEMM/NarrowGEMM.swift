import KernelsISA

/// The product of many rows and few columns: the lanes of a vector are rows of A, of which squares are transposed in
/// registers just before they are multiplied with broadcast values of B. Packing A would take as long as multiplying.
enum NarrowGEMM {
  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let (pack, multiply) = (Levels.gemmPack[level], Levels.gemmNarrow[level])
    let lanes = level.lanes
    return Kernel(
      algorithm: "narrow", level: level,
      cost: { problem, machine in accepts(problem, level) ? GEMMCost(problem, level, machine).narrow : nil },
      prepare: { problem, threads in
        let partition = GEMMPartition(
          rowsOf: problem, parts: problem.work.parts(threads: threads), granule: lanes)
        let panelColumns = panelColumns(problem)
        let bBytes = cacheLines(panelColumns * problem.depth * 4)
        return PreparedKernel(partition, bytesOfPart: byteCount(problem, level)) { region, operands, workspace in
          let bPanel = workspace.assumingMemoryBound(to: Float.self)
          let row = region.rows.lowerBound
          var packing = GEMMPackArguments(
            source: operands.b, panels: bPanel, width: problem.columns, depth: problem.depth,
            widthStride: problem.bStrides.column, depthStride: problem.bStrides.depth, panelWidth: panelColumns,
            panelDepth: problem.depth, firstDepth: 0, lastPanelStride: panelColumns, remainingDepth: problem.depth,
            alpha: 1, prefetch: .nothing)
          pack(&packing)
          planCheck(region.rows.count >= lanes, "\(region.rows.count) rows for vectors of \(lanes)")
          var product = GEMMNarrowArguments(
            a: operands.a + row * problem.aRowStride, b: bPanel, bStride: panelColumns,
            c: operands.c + row * problem.cRowStride,
            scratch: (workspace + bBytes).assumingMemoryBound(to: Float.self), rows: region.rows.count,
            columns: problem.columns, depth: problem.depth, aRowStride: problem.aRowStride,
            cRowStride: problem.cRowStride, columnBias: problem.columnBias(operands, 0),
            relu: problem.hasActivation, ceiling: problem.activation.limits.ceiling)
          multiply(&product)
        }
      })
  }

  /// The most columns: as many accumulators as the registers hold beside a vector of A and a broadcast of B.
  static func mostColumns(_ level: InstructionSet) -> Int { level.lanes == 16 ? 16 : 12 }

  static func accepts(_ problem: GEMM.Problem, _ level: InstructionSet) -> Bool {
    !problem.transposeA && 1...mostColumns(level) ~= problem.columns && problem.rows >= level.lanes
      && 4...(1 << 20) ~= problem.depth && problem.alpha == 1 && problem.beginsWithColumnBias
      && byteCount(problem, level) <= Workspace.mostKernelBytes
  }

  /// Columns of B's packed panel.
  private static func panelColumns(_ problem: GEMM.Problem) -> Int { (problem.columns + 3) & ~3 }

  /// Bytes of one thread: B's panel, a square of A, and the sums.
  private static func byteCount(_ problem: GEMM.Problem, _ level: InstructionSet) -> Int {
    let columns = panelColumns(problem)
    return cacheLines(columns * problem.depth * 4) + cacheLines(level.lanes * (level.lanes + columns) * 4)
  }
}

/// Many rows and few columns: the lanes of a vector are rows of A, which is transposed in registers.
struct GEMMNarrowArguments {
  var a: UnsafePointer<Float>
  /// Packed: for each k the values of all columns.
  var b: UnsafePointer<Float>
  /// From one k to the next: columns rounded up to 4, 8, 12 or 16.
  var bStride: Int
  var c: UnsafeMutablePointer<Float>
  /// As many vectors as one has lanes, and one for each column.
  var scratch: UnsafeMutablePointer<Float>
  /// At least a vector's lanes: the last tile begins early enough to be whole.
  var rows: Int
  /// At most 12, or 16 with 32 registers.
  var columns: Int
  /// At least 4.
  var depth: Int
  var aRowStride: Int
  var cRowStride: Int
  var columnBias: UnsafePointer<Float>?
  var relu: Bool
  /// ReLU's upper limit; infinity for none.
  var ceiling: Float
}

/// As many rows at a time as a vector has lanes. The last may overlap those before, so that they are as many, too.
@inline(always)
func multiplyNarrow<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMNarrowArguments>) {
  let sums = p.pointee.scratch + L.count &* L.count
  var row = 0
  while row < p.pointee.rows {
    if row > p.pointee.rows &- L.count { row = p.pointee.rows &- L.count }
    switch p.pointee.bStride {
    case 4: tile(RegisterTile<4, 1, L>.self, p, row)
    case 8: tile(RegisterTile<8, 1, L>.self, p, row)
    case 12: tile(RegisterTile<12, 1, L>.self, p, row)
    default: if L.count == 16 { tile(RegisterTile<16, 1, L>.self, p, row) }
    }
    if p.pointee.relu {
      var j = 0
      while j < p.pointee.columns {
        let vector = sums + j &* L.count
        L.store(L.rectified(L.load(vector), ceiling: p.pointee.ceiling), vector)
        j &+= 1
      }
    }
    L.transpose(
      sums, L.count, rows: p.pointee.columns, columns: L.count, p.pointee.c + row &* p.pointee.cRowStride,
      p.pointee.cRowStride)
    row &+= L.count
  }
}

/// The sums of a vector of rows, a row of scratch memory for each column.
@inline(always)
private func tile<let columns: Int, L: Lanes>(
  _ tile: RegisterTile<columns, 1, L>.Type, _ p: UnsafePointer<GEMMNarrowArguments>, _ row: Int
) {
  let (a, stride, depth) = (p.pointee.a + row &* p.pointee.aRowStride, p.pointee.aRowStride, p.pointee.depth)
  let scratch = p.pointee.scratch
  let sumsMemory = scratch + L.count &* L.count
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias {
    var j = 0
    while j < p.pointee.columns {
      L.store(L.splat(bias[j]), sumsMemory + j &* L.count)
      j &+= 1
    }
    initial = UnsafePointer(sumsMemory)
  }
  var sums = RegisterTile<columns, 1, L>(initial, stride: L.count)
  var b = p.pointee.b
  var k = 0
  while k < depth {
    // A line of each row at a time, 512 bytes ahead (Zen 5); then the first lines of the next rows.
    let distance = 128
    if k & 15 == 0 {
      var next = a + (k &+ distance)
      if k &+ distance >= depth { next = a + (L.count &* stride &+ k &+ distance &- depth) }
      for _ in 0..<L.count {
        prefetchToSecondLevel(next)
        next += stride
      }
    }
    var steps = L.count
    var values = UnsafePointer(scratch)
    if k &+ L.count <= depth {
      L.transposeSquare(a + k, stride, scratch, L.count)
    } else if k &+ 4 <= depth {
      L.store4(L.columns4(a + k, stride), scratch, L.count)
      steps = 4
    } else {
      // The last four k, of which some are added already.
      L.store4(L.columns4(a + (depth &- 4), stride), scratch, L.count)
      steps = depth &- k
      values += (4 &- steps) &* L.count
    }
    k &+= steps
    while steps > 0 {
      let value = L.load(values)
      for j in 0..<columns { sums.sums[j][0] = L.multiplyAdd(L.splat(b[j]), value, sums.sums[j][0]) }
      b += columns
      values += L.count
      steps &-= 1
    }
  }
  sums.store(to: sumsMemory, stride: L.count)
}
