import ISA

/// Many rows and few columns: the lanes are rows of A, squares of which are transposed in scratch memory while the
/// squares before them are multiplied. Packing A would take as long as multiplying.
@inline(always)
private func narrow<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMNarrowArguments>) {
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
    if p.pointee.relu != 0 {
      var j = 0
      while j < p.pointee.columns {
        let place = sums + j &* L.count
        L.store(L.rectified(L.load(place), ceiling: p.pointee.ceiling), place)
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
    // A line of each row at a time, 512 bytes ahead; then the next rows' first.
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
    if k &+ L.count <= depth {
      L.transposeSquare(a + k, stride, scratch, L.count)
    } else {
      L.store4(L.columns4(a + k, stride), scratch, L.count)
      steps = 4
    }
    k &+= steps
    var values = UnsafePointer(scratch)
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

#if arch(arm64)
  @c(gemm_narrow_neon_body) private func narrowNEON(_ p: UnsafePointer<GEMMNarrowArguments>) {
    narrow(NEONLanes.self, p)
  }

  let gemmNarrow = LevelFunctions(neon: gemm_narrow_neon)
#else
  @c(gemm_narrow_baseline_body) private func narrowBaseline(_ p: UnsafePointer<GEMMNarrowArguments>) {
    narrow(BaselineLanes.self, p)
  }
  @c(gemm_narrow_avx2_body) private func narrowAVX2(_ p: UnsafePointer<GEMMNarrowArguments>) {
    narrow(AVX2Lanes.self, p)
  }
  @c(gemm_narrow_avx512_body) private func narrowAVX512(_ p: UnsafePointer<GEMMNarrowArguments>) {
    narrow(AVX512Lanes.self, p)
  }

  let gemmNarrow = LevelFunctions(
    baseline: gemm_narrow_baseline, avx2: gemm_narrow_avx2, avx512: gemm_narrow_avx512)
#endif
