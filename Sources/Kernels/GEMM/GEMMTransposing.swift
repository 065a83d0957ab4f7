import ISA

extension Tile where L: ElementwiseLanes {
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

  /// Adds products with columns of stored Bᵀ, which are transposed four k at a time. The shuffles go on beside the
  /// multiply-adds.
  @inline(always)
  fileprivate mutating func multiplyTransposing(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, columnStride: Int, depth: Int, ahead: UnsafePointer<Float>
  ) {
    var a = a
    var k = 0
    while k < depth {
      // A line is 16 values of k: a quarter of the columns each time.
      var next = ahead + (k &+ (k &>> 2 & 3) &* (vectors &* L.count / 4) &* columnStride)
      for _ in 0..<(vectors &* L.count / 4) {
        isa_prefetch_second_level(next)
        next += columnStride
      }
      // Not a loop: it would not be unrolled.
      add(0, a, L.columns4(b + k, columnStride))
      add(1, a, L.columns4(b + (L.count &* columnStride &+ k), columnStride))
      a += 4 &* rows
      k &+= 4
    }
  }
}

@inline(always)
private func transposing<L: ElementwiseLanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMTransposingArguments>
) {
  let width = 2 &* L.count
  var column = 0
  while column < p.pointee.columns {
    if column > p.pointee.columns &- width { column = p.pointee.columns &- width }
    switch p.pointee.rows {
    case 1: tile(Tile<1, 2, L>.self, p, column)
    case 2: tile(Tile<2, 2, L>.self, p, column)
    case 3: tile(Tile<3, 2, L>.self, p, column)
    case 4: tile(Tile<4, 2, L>.self, p, column)
    case 5: tile(Tile<5, 2, L>.self, p, column)
    default: tile(Tile<6, 2, L>.self, p, column)
    }
    column &+= width
  }
}

@inline(always)
private func tile<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<GEMMTransposingArguments>, _ column: Int
) {
  let b = p.pointee.b + column &* p.pointee.bColumnStride
  let c = p.pointee.c + column
  // What is asked for is as far ahead as memory takes, and arrives with the next columns' first elements.
  var initial = isa_zeros()
  if let bias = p.pointee.columnBias { initial = bias + column }
  var sums = Tile<rows, vectors, L>(initial, stride: 0)
  sums.multiplyTransposing(
    p.pointee.a, b, columnStride: p.pointee.bColumnStride, depth: p.pointee.depth,
    ahead: b + tile.columns &* p.pointee.bColumnStride)
  sums.store(to: c, stride: p.pointee.cRowStride)
  if p.pointee.relu != 0 {
    for i in 0..<rows {
      for v in 0..<vectors {
        let place = c + (i &* p.pointee.cRowStride &+ v &* L.count)
        L.store(L.larger(L.load(place), L.splat(0)), place)
      }
    }
  }
}

#if arch(arm64)
  @c(gemm_transposing_neon_body) private func transposingNEON(_ p: UnsafePointer<GEMMTransposingArguments>) {
    transposing(NEONLanes.self, p)
  }

  let gemmTransposing = LevelFunctions(neon: gemm_transposing_neon)
#else
  @c(gemm_transposing_baseline_body) private func transposingBaseline(_ p: UnsafePointer<GEMMTransposingArguments>) {
    transposing(BaselineLanes.self, p)
  }
  @c(gemm_transposing_avx2_body) private func transposingAVX2(_ p: UnsafePointer<GEMMTransposingArguments>) {
    transposing(AVX2Lanes.self, p)
  }
  @c(gemm_transposing_avx512_body) private func transposingAVX512(_ p: UnsafePointer<GEMMTransposingArguments>) {
    transposing(AVX512Lanes.self, p)
  }

  let gemmTransposing = LevelFunctions(
    baseline: gemm_transposing_baseline, avx2: gemm_transposing_avx2, avx512: gemm_transposing_avx512)
#endif
