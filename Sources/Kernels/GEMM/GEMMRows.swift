import ISA

/// Few rows of C, which stay in a cache while 8 or 16 rows of B at a time pass by from end to end: memory is read in order,
/// each line once, which is what it does best, and little else counts.
@inline(always)
private func rows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>) {
  var row = 0
  while row < p.pointee.rows {
    begin(lanes, p, row)
    row &+= 1
  }
  var k = 0
  while k < p.pointee.depth {
    let b = p.pointee.b + k &* p.pointee.bStride
    if L.count == 16, p.pointee.rows > 1, k &+ 16 <= p.pointee.depth {
      copyA(p, k, count: 16)
      multiply(Steps<16, L>.self, p, b)
      k &+= 16
    } else if k &+ 8 <= p.pointee.depth {
      copyA(p, k, count: 8)
      multiply(Steps<8, L>.self, p, b)
      k &+= 8
    } else {
      copyA(p, k, count: 1)
      one(lanes, p, b)
      k &+= 1
    }
  }
  if p.pointee.relu != 0 {
    row = 0
    while row < p.pointee.rows {
      let c = p.pointee.c + row &* p.pointee.cRowStride
      var j = 0
      while j < p.pointee.columns {
        let width = p.pointee.columns &- j
        L.store(L.larger(L.load(UnsafePointer(c + j), first: width), L.splat(0)), c + j, first: width)
        j &+= L.count
      }
      row &+= 1
    }
  }
}

/// Writes what the sums of a row begin with: beta · C + biases, or 0.
@inline(always)
private func begin<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ row: Int) {
  let c = p.pointee.c + row &* p.pointee.cRowStride
  var rowBias: Float = 0
  if let bias = p.pointee.rowBias { rowBias = bias[row] }
  var j = 0
  while j < p.pointee.columns {
    let width = p.pointee.columns &- j
    var sum = L.splat(rowBias)
    if p.pointee.beta != 0 { sum = L.load(UnsafePointer(c + j), first: width) * L.splat(p.pointee.beta) + sum }
    if let bias = p.pointee.columnBias {
      let values = L.load(bias + j, first: width)
      // A bias of −0 stays what it is where nothing is added to it.
      sum = p.pointee.beta == 0 && p.pointee.rowBias == nil ? values : sum + values
    }
    L.store(sum, c + j, first: width)
    j &+= L.count
  }
}

/// Puts the next k of all rows side by side, 16 places a row.
@inline(always)
private func copyA(_ p: UnsafePointer<GEMMRowsArguments>, _ k: Int, count: Int) {
  var source = p.pointee.a + k &* p.pointee.aStride
  var target = p.pointee.scratch
  var row = p.pointee.rows
  while row > 0 {
    var i = 0
    while i < count {
      target[i] = source[i &* p.pointee.aStride] * p.pointee.alpha
      i &+= 1
    }
    source += p.pointee.aRowStride
    target += 16
    row &-= 1
  }
}

/// Steps of k that are multiplied at once, as a type: as many vectors of B as half of the registers hold.
private struct Steps<let count: Int, L: Lanes> {}

/// Adds the products of a few k, while as many rows of B are fetched.
@inline(always)
private func multiply<let count: Int, L: Lanes>(
  _ steps: Steps<count, L>.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  let (columns, stride) = (p.pointee.columns, p.pointee.bStride)
  let next = b + count &* stride
  var j = 0
  while j &+ 16 <= columns {
    for i in 0..<count { prefetchToSecondLevel(next + (i &* stride &+ j)) }
    for v in 0..<16 / L.count {
      let first = j &+ v &* L.count
      var row = zeros(InlineArray<count, L.Vector>.self)
      for i in 0..<count { row[i] = L.load(b + (i &* stride &+ first)) }
      var a = UnsafePointer(p.pointee.scratch)
      var c = p.pointee.c + first
      var left = p.pointee.rows
      repeat {
        prefetchToWrite(c + 32)
        var sum = L.load(UnsafePointer(c))
        for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), row[i], sum) }
        L.store(sum, c)
        a += 16
        c += p.pointee.cRowStride
        left &-= 1
      } while left > 0
    }
    j &+= 16
  }
  while j < columns {
    let width = columns &- j
    var a = UnsafePointer(p.pointee.scratch)
    var c = p.pointee.c + j
    var left = p.pointee.rows
    repeat {
      var sum = L.load(c, first: width)
      for i in 0..<count { sum = L.multiplyAdd(L.splat(a[i]), L.load(b + (i &* stride &+ j), first: width), sum) }
      L.store(sum, c, first: width)
      a += 16
      c += p.pointee.cRowStride
      left &-= 1
    } while left > 0
    j &+= L.count
  }
}

/// Adds the products of one k.
@inline(always)
private func one<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GEMMRowsArguments>, _ b: UnsafePointer<Float>
) {
  var row = 0
  while row < p.pointee.rows {
    let c = p.pointee.c + row &* p.pointee.cRowStride
    let a = L.splat(p.pointee.scratch[16 &* row])
    var j = 0
    while j < p.pointee.columns {
      let width = p.pointee.columns &- j
      L.store(
        L.multiplyAdd(a, L.load(b + j, first: width), L.load(UnsafePointer(c + j), first: width)), c + j, first: width)
      j &+= L.count
    }
    row &+= 1
  }
}

#if arch(arm64)
  @c(gemm_rows_neon_body) private func rowsNEON(_ p: UnsafePointer<GEMMRowsArguments>) { rows(NEONLanes.self, p) }

  let gemmRows = LevelFunctions(neon: gemm_rows_neon)
#else
  @c(gemm_rows_baseline_body) private func rowsBaseline(_ p: UnsafePointer<GEMMRowsArguments>) {
    rows(BaselineLanes.self, p)
  }
  @c(gemm_rows_avx2_body) private func rowsAVX2(_ p: UnsafePointer<GEMMRowsArguments>) { rows(AVX2Lanes.self, p) }
  @c(gemm_rows_avx512_body) private func rowsAVX512(_ p: UnsafePointer<GEMMRowsArguments>) {
    rows(AVX512Lanes.self, p)
  }

  let gemmRows = LevelFunctions(baseline: gemm_rows_baseline, avx2: gemm_rows_avx2, avx512: gemm_rows_avx512)
#endif
