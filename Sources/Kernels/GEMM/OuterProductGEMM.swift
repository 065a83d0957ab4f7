import KernelsISA

/// The product of few k, at best one or two: B stays in a cache, and C is written once, in order, which takes longest.
enum OuterProductGEMM {
  /// The most k: each vector of C has one accumulator, whose multiply-adds wait for each other.
  private static let mostDepth = 64

  /// The row of the table.
  static func kernel(_ level: InstructionSet) -> Kernel<GEMM> {
    let multiply = Levels.gemmOuterProduct[level]
    let tile = gemmTile(level)
    return Kernel(
      algorithm: "outer-product", level: level,
      cost: { problem, machine in accepts(problem) ? GEMMCost(problem, level, machine).outerProduct : nil },
      prepare: { problem, threads in
        let partition = GEMMPartition(
          problem, parts: problem.work.parts(threads: threads), tileRows: tile.rows,
          tileColumns: tile.vectors * level.lanes)
        return PreparedKernel(partition, bytesOfPart: 0) { region, operands, workspace in
          var product = GEMMRowsArguments(
            problem, region, operands, scratch: workspace.assumingMemoryBound(to: Float.self))
          multiply(&product)
        }
      })
  }

  static func accepts(_ problem: GEMM.Problem) -> Bool { !problem.transposeB && problem.depth <= mostDepth }
}

/// One vector of C after the other, or four where C is the product alone.
@inline(always)
func outerProduct<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>) {
  let (columns, depth) = (p.pointee.columns, p.pointee.depth)
  let isProductAlone =
    p.pointee.beta == 0 && p.pointee.rowBias == nil && p.pointee.columnBias == nil && !p.pointee.relu
  var row = 0
  while row < p.pointee.rows {
    let a = p.pointee.a + row &* p.pointee.aRowStride
    let c = p.pointee.c + row &* p.pointee.cRowStride
    var j = 0
    if isProductAlone {
      while j &+ 4 &* L.count <= columns {
        let sums = product(RegisterTile<1, 4, L>.self, p, a, p.pointee.b + j)
        sums.store(to: c + j, stride: 0)
        j &+= 4 &* L.count
      }
    }
    while j < columns {
      let width = columns &- j
      var sum = initialSums(lanes, p, row, j, width)
      var k = 0
      while k < depth {
        let scalar = L.splat(a[k &* p.pointee.aDepthStride] * p.pointee.alpha)
        sum = L.multiplyAdd(scalar, L.load(p.pointee.b + (k &* p.pointee.bRowStride &+ j), first: width), sum)
        k &+= 1
      }
      if p.pointee.relu { sum = L.rectified(sum, ceiling: p.pointee.ceiling) }
      L.store(sum, c + j, first: width)
      j &+= L.count
    }
    row &+= 1
  }
}

/// A row of A times some vectors of B.
@inline(always)
private func product<let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<1, vectors, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ a: UnsafePointer<Float>,
  _ b: UnsafePointer<Float>
) -> RegisterTile<1, vectors, L> {
  var tile = RegisterTile<1, vectors, L>()
  var (a, b) = (a, b)
  var k = p.pointee.depth
  while k > 0 {
    let scalar = L.splat(a.pointee * p.pointee.alpha)
    for v in 0..<vectors { tile.sums[0][v] = L.multiplyAdd(scalar, L.load(b + v &* L.count), tile.sums[0][v]) }
    a += p.pointee.aDepthStride
    b += p.pointee.bRowStride
    k &-= 1
  }
  return tile
}

/// What a row's sums begin with: beta · C + bias, whichever there is of the two, or 0. Without a bias nothing is added:
/// −0 + 0 would lose its sign.
@inline(always)
func initialSums<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int, _ j: Int, _ width: Int
) -> L.Vector {
  var bias = L.splat(0)
  if let rowBias = p.pointee.rowBias { bias = L.splat(rowBias[row]) }
  if let columnBias = p.pointee.columnBias { bias = L.load(columnBias + j, first: width) }
  if p.pointee.beta == 0 { return bias }
  let c = p.pointee.c + (row &* p.pointee.cRowStride &+ j)
  let scaled = L.load(UnsafePointer(c), first: width) * L.splat(p.pointee.beta)
  return p.pointee.rowBias == nil && p.pointee.columnBias == nil ? scaled : scaled + bias
}
