import ISA

/// A register tile of C: `rows` rows of `vectors` vectors each, in accumulators.
///
/// The sizes are part of the type, so every loop over the tile has a constant count: it is unrolled whole, and the sums
/// stay in registers.
struct Tile<let rows: Int, let vectors: Int, L: Lanes> {
  var sums: InlineArray<rows, InlineArray<vectors, L.Vector>>

  /// A tile of zeros.
  @inline(always) init() { self.init(spilledTo: isa_zeros()) }

  /// The tile that `spill` wrote to memory, which is aligned for its vectors.
  @inline(always) init(spilledTo memory: UnsafePointer<Float>) {
    typealias Sums = InlineArray<rows, InlineArray<vectors, L.Vector>>
    sums = UnsafeRawPointer(memory).assumingMemoryBound(to: Sums.self).pointee
  }
  @inline(always) static var columns: Int { vectors &* L.count }

  /// Writes the sums row by row: the one use of them outside the loop that makes them. They are finished from memory,
  /// because a tile that is read in more than one place, or by a loop that is not unrolled, is kept in memory.
  @inline(always)
  func spill(to scratch: UnsafeMutablePointer<Float>) {
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], scratch + (i &* vectors &+ v) &* L.count) }
    }
  }

  /// Adds the products of `depth` columns of a panel of A and rows of a panel of B.
  @inline(always)
  mutating func multiply(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, depth: Int) {
    var a = a
    var b = b
    var k = depth
    while k > 0 {
      var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
      for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
      for i in 0..<rows {
        let scalar = L.splat(a[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
      }
      a += rows
      b += vectors &* L.count
      k &-= 1
    }
  }
}

/// C's block = alpha · A · B + beta · C, tile by tile, a panel of B staying in the first-level cache while the panels of
/// A pass by.
@inline(always)
private func block<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMBlockArguments>
) {
  let depth = p.pointee.depth
  var j = 0
  while j < p.pointee.columns {
    let b = p.pointee.b + j &* depth
    var i = 0
    while i < p.pointee.rows {
      prefetch(tile, p, row: i, column: j)
      var sum = Tile<rows, vectors, L>()
      sum.multiply(p.pointee.a + i &* depth, b, depth: depth)
      sum.spill(to: p.pointee.scratch)
      finish(tile, p, row: i, column: j)
      i &+= rows
    }
    j &+= tile.columns
  }
}

/// Asks for a tile's lines of C, which arrive while the products are summed.
@inline(always)
private func prefetch<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMBlockArguments>, row: Int, column: Int
) {
  let height = min(p.pointee.rows &- row, rows)
  var c = p.pointee.c + (row &* p.pointee.cRowStride &+ column)
  var r = 0
  while r < height {
    for v in 0..<vectors { isa_prefetch(c + v &* L.count) }
    isa_prefetch(c + (tile.columns &- 1))
    c += p.pointee.cRowStride
    r &+= 1
  }
}

/// Moves a tile's sums from scratch memory to its place in C, through alpha, beta, bias and ReLU.
@inline(always)
private func finish<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMBlockArguments>, row: Int, column: Int
) {
  let height = min(p.pointee.rows &- row, rows)
  let width = min(p.pointee.columns &- column, tile.columns)
  let alpha = L.splat(p.pointee.alpha)
  let beta = L.splat(p.pointee.beta)
  let readsC = p.pointee.beta != 0
  let relu = p.pointee.relu != 0
  var r = 0
  while r < height {
    let sums = p.pointee.scratch + r &* tile.columns
    let c = p.pointee.c + ((row &+ r) &* p.pointee.cRowStride &+ column)
    var rowBias = L.splat(0)
    if let bias = p.pointee.rowBias { rowBias = L.splat(bias[row &+ r]) }
    var offset = 0
    while offset &+ L.count <= width {
      var value = L.load(sums + offset) * alpha
      if readsC { value = L.multiplyAdd(beta, L.load(c + offset), value) }
      if let bias = p.pointee.columnBias { value += L.load(bias + (column &+ offset)) }
      value += rowBias
      if relu { value = L.larger(value, L.splat(0)) }
      L.store(value, c + offset)
      offset &+= L.count
    }
    // One by one, by the same operations, so that an element's bits do not depend on where its tile ends.
    while offset < width {
      var value = L.splat(sums[offset]) * alpha
      if readsC { value = L.multiplyAdd(beta, L.splat(c[offset]), value) }
      if let bias = p.pointee.columnBias { value += L.splat(bias[column &+ offset]) }
      value += rowBias
      if relu { value = L.larger(value, L.splat(0)) }
      c[offset] = value[0]
      offset &+= 1
    }
    r &+= 1
  }
}

#if arch(arm64)
  @c(gemm_block_neon_body) private func blockNEON(_ p: UnsafePointer<GEMMBlockArguments>) {
    block(Tile<6, 4, NEONLanes>.self, p)
  }

  let gemmBlock = LevelFunctions(neon: gemm_block_neon)
#else
  @c(gemm_block_baseline_body) private func blockBaseline(_ p: UnsafePointer<GEMMBlockArguments>) {
    block(Tile<6, 2, BaselineLanes>.self, p)
  }
  @c(gemm_block_avx2_body) private func blockAVX2(_ p: UnsafePointer<GEMMBlockArguments>) {
    block(Tile<6, 2, AVX2Lanes>.self, p)
  }
  @c(gemm_block_avx512_body) private func blockAVX512(_ p: UnsafePointer<GEMMBlockArguments>) {
    block(Tile<12, 2, AVX512Lanes>.self, p)
  }

  let gemmBlock = LevelFunctions(baseline: gemm_block_baseline, avx2: gemm_block_avx2, avx512: gemm_block_avx512)
#endif

/// Rows and vectors of each level's tile: as many accumulators as the registers hold beside a row of B and a broadcast.
func gemmTile(_ level: InstructionSet) -> (rows: Int, vectors: Int) {
  switch level {
  #if arch(arm64)
    case .neon: (6, 4)
  #else
    case .baseline, .avx2: (6, 2)
    case .avx512: (12, 2)
  #endif
  }
}
