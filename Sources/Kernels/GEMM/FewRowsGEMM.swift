import KernelsISA

/// The product of few rows: the sums of C stay in a cache while B, in place, is read once from end to end. It is for a B
/// that comes from memory, which is fastest in order.
enum FewRowsGEMM {
  /// Where the sums are, as `Plan.path` names it.
  enum Path: String, CaseIterable {
    case sumsInC = "sums-in-c"
    /// In scratch memory: rows of C may lie so that they share the sets of a cache.
    case sumsInScratch = "sums-in-scratch"
  }

  /// Bytes of C's sums that are kept in scratch memory, at most: with what else a thread needs below its limit.
  private static let mostSumBytes = 3 << 20
  /// Up to so many rows, sums stay in C (Zen 5).
  private static let mostRowsInC = 4
  /// From so many rows on, two vectors of columns at a time (Zen 5, AVX-512).
  static let pairedRows = 12
  /// The most rows: their values of A, 64 bytes each, take half of a second-level cache of 512 KB.
  private static let mostRows = 4096

  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let multiply = Levels.gemmFewRows[level]
    let tile = gemmTile(level)
    return Kernel(
      algorithm: "few-rows", level: level,
      cost: { problem, machine in accepts(problem) ? GEMMCost(problem, level, machine).fewRows : nil },
      prepare: { problem, threads in
        let partition = GEMMPartition(
          problem, parts: problem.work.parts(threads: threads), tileRows: tile.rows,
          tileColumns: tile.vectors * level.lanes)
        // A part has a panel more than the others at most.
        let rows = partition.parts == 1 ? problem.rows : min(partition.rowsOfPart + partition.granule, problem.rows)
        let paddedColumns = (problem.columns + 15) & ~15
        let path: Path =
          rows > mostRowsInC && rows * paddedColumns * 4 <= mostSumBytes ? .sumsInScratch : .sumsInC
        let sumBytes = path == .sumsInScratch ? cacheLines(rows * paddedColumns * 4) : 0
        return PreparedKernel(partition, bytesOfPart: sumBytes + rows * 64, path: path.rawValue) {
          region, operands, workspace in
          planCheck("values of A", count: region.rows.count, allocated: rows)
          var product = GEMMRowsArguments(
            problem, region, operands, scratch: (workspace + sumBytes).assumingMemoryBound(to: Float.self))
          if path == .sumsInScratch {
            planCheck("sums", count: region.rows.count * ((region.columns.count + 15) & ~15), allocated: sumBytes / 4)
            product.sums = workspace.assumingMemoryBound(to: Float.self)
            product.sumsRowStride = 16
            product.sumsStep = 16 * region.rows.count
          }
          multiply(&product)
        }
      })
  }

  static func accepts(_ problem: GEMM.Problem) -> Bool { !problem.transposeB && problem.rows <= mostRows }
}

/// op(A) · B with A and B in place, C row by row.
struct GEMMRowsArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var c: UnsafeMutablePointer<Float>
  /// 16 values a row.
  var scratch: UnsafeMutablePointer<Float>
  /// C, or as many elements, columns rounded up to 16.
  var sums: UnsafeMutablePointer<Float>
  var sumsRowStride: Int
  /// From 16 columns of the sums to the next 16.
  var sumsStep: Int
  var rows: Int
  var columns: Int
  var depth: Int
  var aRowStride: Int
  /// From one k to the next.
  var aDepthStride: Int
  var bRowStride: Int
  var cRowStride: Int
  var alpha: Float
  var beta: Float
  var rowBias: UnsafePointer<Float>?
  var columnBias: UnsafePointer<Float>?
  var relu: Bool
  /// ReLU's upper limit; infinity for none.
  var ceiling: Float
}

extension GEMMRowsArguments {
  /// A region whose sums are in C.
  init(
    _ problem: GEMM.Problem, _ region: GEMMRegion, _ operands: GEMM.Operands, scratch: UnsafeMutablePointer<Float>
  ) {
    let (row, column) = (region.rows.lowerBound, region.columns.lowerBound)
    let c = operands.c + (row * problem.cRowStride + column)
    self.init(
      a: operands.a + row * problem.aStrides.row, b: operands.b + column, c: c, scratch: scratch, sums: c,
      sumsRowStride: problem.cRowStride, sumsStep: 16, rows: region.rows.count, columns: region.columns.count,
      depth: problem.depth, aRowStride: problem.aStrides.row, aDepthStride: problem.aStrides.depth,
      bRowStride: problem.bRowStride, cRowStride: problem.cRowStride, alpha: problem.alpha, beta: problem.beta,
      rowBias: problem.rowBias(operands, row), columnBias: problem.columnBias(operands, column),
      relu: problem.hasActivation, ceiling: problem.activation.limits.ceiling)
  }
}

/// 8 or 16 k at a time: their rows of B are read from end to end, in order and once, while the sums stay in a cache.
@inline(always)
func multiplyFewRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>) {
  var row = 0
  while row < p.pointee.rows {
    storeInitialSums(lanes, p, row)
    row &+= 1
  }
  var k = 0
  while k < p.pointee.depth {
    let b = p.pointee.b + k &* p.pointee.bRowStride
    if L.count == 16, 2..<FewRowsGEMM.pairedRows ~= p.pointee.rows, k &+ 16 <= p.pointee.depth {
      copyA(p, k, count: 16)
      multiply(Steps<16, L>.self, p, b)
      k &+= 16
    } else if k &+ 8 <= p.pointee.depth {
      copyA(p, k, count: 8)
      multiply(Steps<8, L>.self, p, b)
      k &+= 8
    } else {
      copyA(p, k, count: 1)
      multiplyOneStep(lanes, p, b)
      k &+= 1
    }
  }
  if p.pointee.relu || p.pointee.sums != p.pointee.c {
    row = 0
    while row < p.pointee.rows {
      epilogue(lanes, p, row)
      row &+= 1
    }
  }
}

/// Where the sums of a row and a column are.
@inline(always)
private func sumsAt(_ p: UnsafePointer<GEMMRowsArguments>, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
  let block = p.pointee.sums + (column &>> 4) &* p.pointee.sumsStep
  return block + (row &* p.pointee.sumsRowStride &+ column & 15)
}

/// Writes what the sums of a row begin with.
@inline(always)
private func storeInitialSums<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int) {
  var j = 0
  while j < p.pointee.columns {
    let width = p.pointee.columns &- j
    L.store(initialSums(lanes, p, row, j, width), sumsAt(p, row, j), first: width)
    j &+= L.count
  }
}

/// Copies the sums of a row to C, through ReLU.
@inline(always)
private func epilogue<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int) {
  let c = p.pointee.c + row &* p.pointee.cRowStride
  var j = 0
  while j < p.pointee.columns {
    let width = p.pointee.columns &- j
    var sum = L.load(UnsafePointer(sumsAt(p, row, j)), first: width)
    if p.pointee.relu { sum = L.rectified(sum, ceiling: p.pointee.ceiling) }
    L.store(sum, c + j, first: width)
    j &+= L.count
  }
}

/// Copies the next k of all rows of A, times alpha, into 16 elements a row.
@inline(always)
private func copyA(_ p: UnsafePointer<GEMMRowsArguments>, _ k: Int, count: Int) {
  var source = p.pointee.a + k &* p.pointee.aDepthStride
  var target = p.pointee.scratch
  var row = p.pointee.rows
  while row > 0 {
    var i = 0
    while i < count {
      target[i] = source[i &* p.pointee.aDepthStride] * p.pointee.alpha
      i &+= 1
    }
    source += p.pointee.aRowStride
    target += 16
    row &-= 1
  }
}

/// Steps of k that are multiplied at once, as a type: as many vectors of B as half of the registers hold.
private struct Steps<let count: Int, L: Lanes> {}

/// Adds the products of one row of C and a few k. It is as fast as B arrives, and the processor's own prefetchers are
/// better than prefetch instructions here.
@inline(always)
private func multiplyOneRow<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) -> Int {
  let (columns, stride) = (p.pointee.columns, p.pointee.bRowStride)
  let c = p.pointee.sums
  let a = UnsafePointer(p.pointee.scratch)
  var scalars = zeros(InlineArray<count, L.Vector>.self)
  for i in 0..<count { scalars[i] = L.splat(a[i]) }
  var j = 0
  while j &+ L.count <= columns {
    var sum = L.load(UnsafePointer(c + j))
    for i in 0..<count { sum = L.multiplyAdd(scalars[i], L.load(b + (i &* stride &+ j)), sum) }
    L.store(sum, c + j)
    j &+= L.count
  }
  return j
}

/// Adds the products of a few k, two vectors of columns at a time: a value of A is used twice, and two chains of
/// multiply-adds hide each other's latency.
@inline(always)
private func multiplyPairs<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) -> Int {
  let (columns, stride) = (p.pointee.columns, p.pointee.bRowStride)
  let (rowStride, step) = (p.pointee.sumsRowStride, p.pointee.sumsStep)
  let next = b + count &* stride
  var j = 0
  while j &+ 32 <= columns {
    var low = zeros(InlineArray<count, L.Vector>.self)
    var high = zeros(InlineArray<count, L.Vector>.self)
    for i in 0..<count {
      let row = b + (i &* stride &+ j)
      low[i] = L.load(row)
      high[i] = L.load(row + 16)
    }
    for i in 0..<count {
      prefetchToSecondLevel(next + (i &* stride &+ j))
      prefetchToSecondLevel(next + (i &* stride &+ j &+ 16))
    }
    var a = UnsafePointer(p.pointee.scratch)
    var c = sumsAt(p, 0, j)
    var left = p.pointee.rows
    repeat {
      prefetchToWrite(c + 2 &* step)
      prefetchToWrite(c + 3 &* step)
      var (first, second) = (L.load(UnsafePointer(c)), L.load(UnsafePointer(c + step)))
      for i in 0..<count {
        let scalar = L.splat(a[i])
        first = L.multiplyAdd(scalar, low[i], first)
        second = L.multiplyAdd(scalar, high[i], second)
      }
      L.store(first, c)
      L.store(second, c + step)
      a += 16
      c += rowStride
      left &-= 1
    } while left > 0
    j &+= 32
  }
  return j
}

/// Adds the products of a few k, and prefetches the next as many rows of B.
@inline(always)
private func multiply<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  let (columns, stride) = (p.pointee.columns, p.pointee.bRowStride)
  let next = b + count &* stride
  var j = 0
  if L.count == 16, p.pointee.rows == 1 { j = multiplyOneRow(steps, p, b) }
  if L.count == 16, count == 8, p.pointee.rows >= FewRowsGEMM.pairedRows { j = multiplyPairs(steps, p, b) }
  while j &+ 16 <= columns {
    for i in 0..<count { prefetchToSecondLevel(next + (i &* stride &+ j)) }
    for v in 0..<16 / L.count {
      let first = j &+ v &* L.count
      var row = zeros(InlineArray<count, L.Vector>.self)
      for i in 0..<count { row[i] = L.load(b + (i &* stride &+ first)) }
      var a = UnsafePointer(p.pointee.scratch)
      var c = sumsAt(p, 0, first)
      var left = p.pointee.rows
      repeat {
        prefetchToWrite(c + 2 &* p.pointee.sumsStep)
        var sum = L.load(UnsafePointer(c))
        for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), row[i], sum) }
        L.store(sum, c)
        a += 16
        c += p.pointee.sumsRowStride
        left &-= 1
      } while left > 0
    }
    j &+= 16
  }
  while j < columns {
    let width = columns &- j
    var a = UnsafePointer(p.pointee.scratch)
    var c = sumsAt(p, 0, j)
    var left = p.pointee.rows
    repeat {
      var sum = L.load(c, first: width)
      for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), L.load(b + (i &* stride &+ j), first: width), sum) }
      L.store(sum, c, first: width)
      a += 16
      c += p.pointee.sumsRowStride
      left &-= 1
    } while left > 0
    j &+= L.count
  }
}

/// Adds the products of one k.
@inline(always)
private func multiplyOneStep<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let a = L.splat(p.pointee.scratch[16 &* row])
    var j = 0
    while j < p.pointee.columns {
      let width = p.pointee.columns &- j
      let c = sumsAt(p, row, j)
      L.store(L.multiplyAdd(a, L.load(b + j, first: width), L.load(UnsafePointer(c), first: width)), c, first: width)
      j &+= L.count
    }
    row &+= 1
  }
}
