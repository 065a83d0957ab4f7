import ISA

/// All records of a panel of output channels, each in the wide tile or, where it has few pixels, in the narrow one.
@inline(always)
private func batch<let rows: Int, let wide: Int, let narrow: Int, L: Lanes>(
  _ wideTile: RegisterTile<rows, wide, L>.Type, _ narrowTile: RegisterTile<rows, narrow, L>.Type,
  _ p: UnsafePointer<ConvBatchArguments>
) {
  var record = p.pointee.records
  var left = p.pointee.recordCount
  var source = p.pointee.nextSource
  var images = p.pointee.images
  while left > 0 {
    if record[0] > Int32(truncatingIfNeeded: narrow) {
      pixels(wideTile, p, record, wide, &source, &images)
    } else {
      pixels(narrowTile, p, record, wide, &source, &images)
    }
    record += 3 &+ 2 &* wide
    left &-= 1
  }
}

/// One record: its pixels' sums, through bias and limits to their places.
@inline(always)
private func pixels<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvBatchArguments>, _ record: UnsafePointer<Int32>,
  _ width: Int, _ source: inout LinePrefetch, _ images: inout LinePrefetch
) {
  var origins = InlineArray<vectors, UnsafePointer<Float>>(repeating: p.pointee.source)
  for v in 0..<vectors { origins[v] = p.pointee.source + Int(record[3 &+ v]) }
  var step = Int(record[1])
  let end = step &+ Int(record[2])
  var sum = RegisterTile<rows, vectors, L>()
  while step < end {
    let count = min(end &- step, LinePrefetch.steps)
    source.advance()
    images.advance()
    sum.multiply(
      p.pointee.weights, origins, p.pointee.sourceSteps + step, p.pointee.weightSteps + step, count: count)
    step &+= count
  }
  let targets = record + (3 &+ width)
  sum.store(p.pointee.target, targets, p.pointee.channelStride)
  if let bias = p.pointee.bias {
    finish(L.self, p, bias, targets, rows: rows, count: Int(record[0]))
  }
}

extension RegisterTile {
  /// Adds, for each step, the products of a column of weights with the pixels that lie the step's offset from `origins`.
  @inline(always)
  fileprivate mutating func multiply(
    _ weights: UnsafePointer<Float>, _ origins: InlineArray<vectors, UnsafePointer<Float>>,
    _ sourceSteps: UnsafePointer<Int32>, _ weightSteps: UnsafePointer<Int32>, count: Int
  ) {
    var s = 0
    while s < count {
      let offset = Int(sourceSteps[s])
      let column = weights + Int(weightSteps[s])
      // The shorter side of the tile waits in registers.
      if rows < vectors {
        var weights = InlineArray<rows, L.Vector>(repeating: L.splat(0))
        for i in 0..<rows { weights[i] = L.splat(column[i]) }
        for v in 0..<vectors {
          let pixel = L.load(origins[v] + offset)
          for i in 0..<rows { sums[i][v] = L.multiplyAdd(weights[i], pixel, sums[i][v]) }
        }
      } else {
        var pixels = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
        for v in 0..<vectors { pixels[v] = L.load(origins[v] + offset) }
        for i in 0..<rows {
          let weight = L.splat(column[i])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(weight, pixels[v], sums[i][v]) }
        }
      }
      s &+= 1
    }
  }

  /// Stores all sums where they belong. The staging that they go to has room for all channels of a tile, and a pixel
  /// that is computed twice has one place, so there are no edges.
  @inline(always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>, _ targets: UnsafePointer<Int32>, _ stride: Int) {
    var places = InlineArray<vectors, UnsafeMutablePointer<Float>>(repeating: target)
    for v in 0..<vectors { places[v] = target + Int(targets[v]) }
    for i in 0..<rows {
      for v in 0..<vectors { L.store(sums[i][v], places[v] + i &* stride) }
    }
  }
}

/// Takes a record's sums through bias and limits, where they are.
@inline(always)
private func finish<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<ConvBatchArguments>, _ bias: UnsafePointer<Float>,
  _ targets: UnsafePointer<Int32>, rows: Int, count: Int
) {
  let (floor, ceiling) = (L.splat(p.pointee.floor), L.splat(p.pointee.ceiling))
  var channel = p.pointee.target
  for i in 0..<rows {
    let bias = L.splat(bias[i])
    var v = 0
    while v < count {
      let place = channel + Int(targets[v])
      L.store(L.smaller(L.larger(L.load(place) + bias, floor), ceiling), place)
      v &+= 1
    }
    channel += p.pointee.channelStride
  }
}

/// A tile of the "batch" kernels: channels × pixels, of which a narrow form computes records of few pixels.
struct BatchTile: Sendable {
  let level: InstructionSet
  let rows: Int
  let wide: Int
  let narrow: Int
  let run: LevelFunction<ConvBatchArguments>

  var name: String { "\(rows)x\(wide)" }
  /// Table entries of a record.
  var recordLength: Int { 3 + 2 * wide }

  /// Cycles that a step of a record takes, at two multiply-adds and two loads a cycle and a latency of four cycles.
  func cycles(pixels: Int) -> Double {
    let vectors = pixels > narrow ? wide : narrow
    return max(Double(rows * vectors), Double(rows + vectors + 2), 8) / 2
  }
}

#if arch(arm64)
  private typealias N = NEONLanes
  private typealias Arguments = UnsafePointer<ConvBatchArguments>
  @c(conv_batch_6x4_neon_body) private func b6x4n(_ p: Arguments) {
    batch(RegisterTile<6, 4, N>.self, RegisterTile<6, 2, N>.self, p)
  }
  @c(conv_batch_1x8_neon_body) private func b1x8n(_ p: Arguments) {
    batch(RegisterTile<1, 8, N>.self, RegisterTile<1, 4, N>.self, p)
  }

  @inline(never) func batchTiles() -> [BatchTile] {
    [
      .init(level: .neon, rows: 6, wide: 4, narrow: 2, run: conv_batch_6x4_neon),
      .init(level: .neon, rows: 1, wide: 8, narrow: 4, run: conv_batch_1x8_neon),
    ]
  }
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  private typealias Arguments = UnsafePointer<ConvBatchArguments>
  @c(conv_batch_12x2_avx512_body) private func b12x2z(_ p: Arguments) {
    batch(RegisterTile<12, 2, Z>.self, RegisterTile<12, 1, Z>.self, p)
  }
  @c(conv_batch_8x3_avx512_body) private func b8x3z(_ p: Arguments) {
    batch(RegisterTile<8, 3, Z>.self, RegisterTile<8, 1, Z>.self, p)
  }
  @c(conv_batch_6x4_avx512_body) private func b6x4z(_ p: Arguments) {
    batch(RegisterTile<6, 4, Z>.self, RegisterTile<6, 2, Z>.self, p)
  }
  @c(conv_batch_5x4_avx512_body) private func b5x4z(_ p: Arguments) {
    batch(RegisterTile<5, 4, Z>.self, RegisterTile<5, 2, Z>.self, p)
  }
  @c(conv_batch_4x6_avx512_body) private func b4x6z(_ p: Arguments) {
    batch(RegisterTile<4, 6, Z>.self, RegisterTile<4, 3, Z>.self, p)
  }
  @c(conv_batch_3x7_avx512_body) private func b3x7z(_ p: Arguments) {
    batch(RegisterTile<3, 7, Z>.self, RegisterTile<3, 3, Z>.self, p)
  }
  @c(conv_batch_1x8_avx512_body) private func b1x8z(_ p: Arguments) {
    batch(RegisterTile<1, 8, Z>.self, RegisterTile<1, 4, Z>.self, p)
  }
  @c(conv_batch_6x2_avx2_body) private func b6x2a(_ p: Arguments) {
    batch(RegisterTile<6, 2, A>.self, RegisterTile<6, 1, A>.self, p)
  }
  @c(conv_batch_3x3_avx2_body) private func b3x3a(_ p: Arguments) {
    batch(RegisterTile<3, 3, A>.self, RegisterTile<3, 2, A>.self, p)
  }
  @c(conv_batch_1x8_avx2_body) private func b1x8a(_ p: Arguments) {
    batch(RegisterTile<1, 8, A>.self, RegisterTile<1, 4, A>.self, p)
  }
  @c(conv_batch_6x2_baseline_body) private func b6x2b(_ p: Arguments) {
    batch(RegisterTile<6, 2, B>.self, RegisterTile<6, 1, B>.self, p)
  }
  @c(conv_batch_3x3_baseline_body) private func b3x3b(_ p: Arguments) {
    batch(RegisterTile<3, 3, B>.self, RegisterTile<3, 2, B>.self, p)
  }
  @c(conv_batch_1x8_baseline_body) private func b1x8b(_ p: Arguments) {
    batch(RegisterTile<1, 8, B>.self, RegisterTile<1, 4, B>.self, p)
  }

  @inline(never) func batchTiles() -> [BatchTile] {
    [
      .init(level: .avx512, rows: 12, wide: 2, narrow: 1, run: conv_batch_12x2_avx512),
      .init(level: .avx512, rows: 8, wide: 3, narrow: 1, run: conv_batch_8x3_avx512),
      .init(level: .avx512, rows: 6, wide: 4, narrow: 2, run: conv_batch_6x4_avx512),
      .init(level: .avx512, rows: 5, wide: 4, narrow: 2, run: conv_batch_5x4_avx512),
      .init(level: .avx512, rows: 4, wide: 6, narrow: 3, run: conv_batch_4x6_avx512),
      .init(level: .avx512, rows: 3, wide: 7, narrow: 3, run: conv_batch_3x7_avx512),
      .init(level: .avx512, rows: 1, wide: 8, narrow: 4, run: conv_batch_1x8_avx512),
      .init(level: .avx2, rows: 6, wide: 2, narrow: 1, run: conv_batch_6x2_avx2),
      .init(level: .avx2, rows: 3, wide: 3, narrow: 2, run: conv_batch_3x3_avx2),
      .init(level: .avx2, rows: 1, wide: 8, narrow: 4, run: conv_batch_1x8_avx2),
      .init(level: .baseline, rows: 6, wide: 2, narrow: 1, run: conv_batch_6x2_baseline),
      .init(level: .baseline, rows: 3, wide: 3, narrow: 2, run: conv_batch_3x3_baseline),
      .init(level: .baseline, rows: 1, wide: 8, narrow: 4, run: conv_batch_1x8_baseline),
    ]
  }
#endif
