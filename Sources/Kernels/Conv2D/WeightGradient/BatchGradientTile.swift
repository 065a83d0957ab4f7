import ISA

/// Adds, for every record of taps, the products of a tile's channels of the gradient with the inputs at those taps.
@inline(always)
private func weights<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<ConvBatchWeightsArguments>
) {
  var record = p.pointee.records
  var sums = p.pointee.sums
  var left = p.pointee.recordCount
  while left > 0 {
    var sum = RegisterTile<channels, taps, L>(spilledTo: sums)
    sum.multiply(p, record)
    sum.spill(to: sums)
    record += 4 &+ taps
    sums += channels &* tile.columns
    left &-= 1
  }
}

extension RegisterTile {
  @inline(always)
  fileprivate mutating func multiply(
    _ p: UnsafePointer<ConvBatchWeightsArguments>, _ record: UnsafePointer<Int32>
  ) {
    let firstRow = max(Int(record[0]), p.pointee.firstRow)
    let lastRow = min(Int(record[1]), p.pointee.lastRow)
    let firstColumn = Int(record[2])
    let lastColumn = Int(record[3])
    var offsets = InlineArray<vectors, Int>(repeating: 0)
    for t in 0..<vectors { offsets[t] = Int(record[4 &+ t]) }
    let step = p.pointee.sourceColumnStride
    var row = firstRow
    while row < lastRow {
      var gradient = p.pointee.gradient + (row &* p.pointee.width &+ firstColumn) &* (rows &* L.count)
      var source = p.pointee.source + (row &* p.pointee.sourceRowStride &+ firstColumn &* step)
      var column = firstColumn
      while column < lastColumn {
        if rows < vectors {
          var values = InlineArray<rows, L.Vector>(repeating: L.splat(0))
          for c in 0..<rows { values[c] = L.load(gradient + c &* L.count) }
          for t in 0..<vectors {
            let input = L.load(source + offsets[t])
            for c in 0..<rows { sums[c][t] = L.multiplyAdd(values[c], input, sums[c][t]) }
          }
        } else {
          var inputs = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
          for t in 0..<vectors { inputs[t] = L.load(source + offsets[t]) }
          for c in 0..<rows {
            let value = L.load(gradient + c &* L.count)
            for t in 0..<vectors { sums[c][t] = L.multiplyAdd(value, inputs[t], sums[c][t]) }
          }
        }
        gradient += rows &* L.count
        source += step
        column &+= 1
      }
      row &+= 1
    }
  }
}

/// Sums the lanes of vectors, a square of them at a time, and puts the sums in their places.
@inline(always)
private func sumLanes<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvBatchSumArguments>) {
  let scratch = p.pointee.scratch
  let target = p.pointee.target
  var sums = p.pointee.sums
  var places = p.pointee.places
  var left = p.pointee.count
  while left > 0 {
    L.transposeSquare(UnsafePointer(sums), L.count, scratch, L.count)
    // Lane by lane, halves of halves: the order in which `L.sum` adds.
    var half = L.count / 2
    while half > 0 {
      for i in 0..<half {
        let place = scratch + i &* L.count
        L.store(L.load(place) + L.load(place + half &* L.count), place)
      }
      half /= 2
    }
    for i in 0..<L.count where places[i] >= 0 { target[Int(places[i])] = scratch[i] }
    sums += L.count &* L.count
    places += L.count
    left &-= L.count
  }
}

#if arch(arm64)
  private typealias N = NEONLanes
  private typealias Arguments = UnsafePointer<ConvBatchWeightsArguments>
  @c(conv_batch_weights_6x4_neon_body) private func w6x4n(_ p: Arguments) { weights(RegisterTile<6, 4, N>.self, p) }
  @c(conv_batch_sum_neon_body) private func sumN(_ p: UnsafePointer<ConvBatchSumArguments>) { sumLanes(N.self, p) }

  @inline(never) func batchGradientTiles() -> [ConvTile<ConvBatchWeightsArguments>] {
    [.init(level: .neon, rows: 6, vectors: 4, run: conv_batch_weights_6x4_neon)]
  }

  let convBatchSum = LevelFunctions(neon: conv_batch_sum_neon)
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  private typealias Arguments = UnsafePointer<ConvBatchWeightsArguments>
  @c(conv_batch_weights_8x3_avx512_body) private func w8x3z(_ p: Arguments) { weights(RegisterTile<8, 3, Z>.self, p) }
  @c(conv_batch_weights_6x4_avx512_body) private func w6x4z(_ p: Arguments) { weights(RegisterTile<6, 4, Z>.self, p) }
  @c(conv_batch_weights_5x5_avx512_body) private func w5x5z(_ p: Arguments) { weights(RegisterTile<5, 5, Z>.self, p) }
  @c(conv_batch_weights_4x6_avx512_body) private func w4x6z(_ p: Arguments) { weights(RegisterTile<4, 6, Z>.self, p) }
  @c(conv_batch_weights_6x2_avx2_body) private func w6x2a(_ p: Arguments) { weights(RegisterTile<6, 2, A>.self, p) }
  @c(conv_batch_weights_3x3_avx2_body) private func w3x3a(_ p: Arguments) { weights(RegisterTile<3, 3, A>.self, p) }
  @c(conv_batch_weights_6x2_baseline_body) private func w6x2b(_ p: Arguments) { weights(RegisterTile<6, 2, B>.self, p) }
  @c(conv_batch_weights_3x3_baseline_body) private func w3x3b(_ p: Arguments) { weights(RegisterTile<3, 3, B>.self, p) }
  @c(conv_batch_sum_baseline_body) private func sumB(_ p: UnsafePointer<ConvBatchSumArguments>) { sumLanes(B.self, p) }
  @c(conv_batch_sum_avx2_body) private func sumA(_ p: UnsafePointer<ConvBatchSumArguments>) { sumLanes(A.self, p) }
  @c(conv_batch_sum_avx512_body) private func sumZ(_ p: UnsafePointer<ConvBatchSumArguments>) { sumLanes(Z.self, p) }

  @inline(never) func batchGradientTiles() -> [ConvTile<ConvBatchWeightsArguments>] {
    [
      .init(level: .avx512, rows: 8, vectors: 3, run: conv_batch_weights_8x3_avx512),
      .init(level: .avx512, rows: 6, vectors: 4, run: conv_batch_weights_6x4_avx512),
      .init(level: .avx512, rows: 5, vectors: 5, run: conv_batch_weights_5x5_avx512),
      .init(level: .avx512, rows: 4, vectors: 6, run: conv_batch_weights_4x6_avx512),
      .init(level: .avx2, rows: 6, vectors: 2, run: conv_batch_weights_6x2_avx2),
      .init(level: .avx2, rows: 3, vectors: 3, run: conv_batch_weights_3x3_avx2),
      .init(level: .baseline, rows: 6, vectors: 2, run: conv_batch_weights_6x2_baseline),
      .init(level: .baseline, rows: 3, vectors: 3, run: conv_batch_weights_3x3_baseline),
    ]
  }

  let convBatchSum = LevelFunctions(
    baseline: conv_batch_sum_baseline, avx2: conv_batch_sum_avx2, avx512: conv_batch_sum_avx512)
#endif
