import ISA

/// One panel of output channels after the other, all of the view's vectors in tiles.
@inline(always)
private func rows<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvRowsArguments>
) {
  let depth = p.pointee.depth
  let lastVector = p.pointee.vectors &- 1
  var channel = 0
  while channel < p.pointee.channels {
    let weights = p.pointee.weights + channel &* depth
    var vector = 0
    while vector <= lastVector {
      var origins = InlineArray<vectors, UnsafePointer<Float>>(repeating: p.pointee.source)
      // A tile behind the last vector computes that again.
      for v in 0..<vectors { origins[v] = p.pointee.source + Int(p.pointee.sources[min(vector &+ v, lastVector)]) }
      let steps = usedSteps(p.pointee.ranges, vector, count: vectors, last: lastVector, depth: depth)
      var sum = Tile<rows, vectors, L>()
      sum.multiply(weights + steps.first &* rows, origins, p.pointee.taps + steps.first, depth: steps.count)
      sum.spill(to: p.pointee.scratch)
      finish(tile, p, channel: channel, vector: vector)
      vector &+= vectors
    }
    channel &+= rows
  }
}

/// The steps of the sum that some of a tile's vectors or points need: those that the others need not add zeros to them.
@inline(always)
func usedSteps(
  _ ranges: UnsafePointer<Int32>?, _ first: Int, count: Int, last: Int, depth: Int
) -> (first: Int, count: Int) {
  guard let ranges else { return (0, depth) }
  var low = Int32(truncatingIfNeeded: depth)
  var high: Int32 = 0
  var i = first
  let end = min(first &+ count &- 1, last)
  while i <= end {
    low = min(low, ranges[2 &* i])
    high = max(high, ranges[2 &* i &+ 1])
    i &+= 1
  }
  return (Int(low), max(Int(high &- low), 0))
}

extension Tile {
  /// Adds, for each tap, the products of a panel of weights with the vectors that lie the tap's offset from `origins`.
  @inline(always)
  fileprivate mutating func multiply(
    _ weights: UnsafePointer<Float>, _ origins: InlineArray<vectors, UnsafePointer<Float>>,
    _ taps: UnsafePointer<Int32>, depth: Int
  ) {
    var weights = weights
    var k = 0
    while k < depth {
      let tap = Int(taps[k])
      var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
      for v in 0..<vectors { row[v] = L.load(origins[v] + tap) }
      for i in 0..<rows {
        let weight = L.splat(weights[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(weight, row[v], sums[i][v]) }
      }
      weights += rows
      k &+= 1
    }
  }
}

/// Moves a tile's sums from scratch memory to their places, through bias and floor.
@inline(always)
private func finish<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvRowsArguments>, channel: Int, vector: Int
) {
  let floor = L.splat(p.pointee.floor)
  let height = min(p.pointee.channels &- channel, rows)
  let width = min(p.pointee.vectors &- vector, vectors)
  let lanes = p.pointee.lanes
  var target = p.pointee.target + channel &* p.pointee.channelStride
  var sums = p.pointee.scratch
  var i = 0
  while i < height {
    let bias = L.splat(p.pointee.bias[channel &+ i])
    var v = 0
    while v < width {
      let sum = sums + v &* L.count
      let value = L.larger(L.load(sum) + bias, floor)
      let place = target + Int(p.pointee.targets[vector &+ v])
      if lanes == L.count {
        L.store(value, place)
      } else {
        L.store(value, sum)
        L.copy(sum, place, first: lanes)
      }
      v &+= 1
    }
    target += p.pointee.channelStride
    sums += tile.columns
    i &+= 1
  }
}

/// A tile size of one level: what it is called, and the level's function.
struct ConvTile<Arguments>: Sendable {
  let level: InstructionSet
  let rows: Int
  let vectors: Int
  let run: LevelFunction<Arguments>

  var name: String { "\(rows)x\(vectors)" }
  /// Bytes of scratch memory that one tile fills.
  var byteCount: Int { cacheLines(rows * vectors * level.lanes * 4) }
}

#if arch(arm64)
  private typealias N = NEONLanes
  @c(conv_rows_6x4_neon_body) private func r6x4n(_ p: UnsafePointer<ConvRowsArguments>) { rows(Tile<6, 4, N>.self, p) }
  @c(conv_rows_1x8_neon_body) private func r1x8n(_ p: UnsafePointer<ConvRowsArguments>) { rows(Tile<1, 8, N>.self, p) }

  @inline(never) func convRowsTiles() -> [ConvTile<ConvRowsArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: conv_rows_6x4_neon),
      .init(level: .neon, rows: 1, vectors: 8, run: conv_rows_1x8_neon),
    ]
  }
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  private typealias Arguments = UnsafePointer<ConvRowsArguments>
  @c(conv_rows_12x2_avx512_body) private func r12x2z(_ p: Arguments) { rows(Tile<12, 2, Z>.self, p) }
  @c(conv_rows_8x3_avx512_body) private func r8x3z(_ p: Arguments) { rows(Tile<8, 3, Z>.self, p) }
  @c(conv_rows_6x4_avx512_body) private func r6x4z(_ p: Arguments) { rows(Tile<6, 4, Z>.self, p) }
  @c(conv_rows_4x6_avx512_body) private func r4x6z(_ p: Arguments) { rows(Tile<4, 6, Z>.self, p) }
  @c(conv_rows_3x8_avx512_body) private func r3x8z(_ p: Arguments) { rows(Tile<3, 8, Z>.self, p) }
  @c(conv_rows_1x8_avx512_body) private func r1x8z(_ p: Arguments) { rows(Tile<1, 8, Z>.self, p) }
  @c(conv_rows_6x2_avx2_body) private func r6x2a(_ p: Arguments) { rows(Tile<6, 2, A>.self, p) }
  @c(conv_rows_1x8_avx2_body) private func r1x8a(_ p: Arguments) { rows(Tile<1, 8, A>.self, p) }
  @c(conv_rows_6x2_baseline_body) private func r6x2b(_ p: Arguments) { rows(Tile<6, 2, B>.self, p) }
  @c(conv_rows_1x8_baseline_body) private func r1x8b(_ p: Arguments) { rows(Tile<1, 8, B>.self, p) }

  @inline(never) func convRowsTiles() -> [ConvTile<ConvRowsArguments>] {
    [
      .init(level: .avx512, rows: 12, vectors: 2, run: conv_rows_12x2_avx512),
      .init(level: .avx512, rows: 8, vectors: 3, run: conv_rows_8x3_avx512),
      .init(level: .avx512, rows: 6, vectors: 4, run: conv_rows_6x4_avx512),
      .init(level: .avx512, rows: 4, vectors: 6, run: conv_rows_4x6_avx512),
      .init(level: .avx512, rows: 3, vectors: 8, run: conv_rows_3x8_avx512),
      .init(level: .avx512, rows: 1, vectors: 8, run: conv_rows_1x8_avx512),
      .init(level: .avx2, rows: 6, vectors: 2, run: conv_rows_6x2_avx2),
      .init(level: .avx2, rows: 1, vectors: 8, run: conv_rows_1x8_avx2),
      .init(level: .baseline, rows: 6, vectors: 2, run: conv_rows_6x2_baseline),
      .init(level: .baseline, rows: 1, vectors: 8, run: conv_rows_1x8_baseline),
    ]
  }
#endif
