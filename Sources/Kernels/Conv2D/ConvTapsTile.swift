import ISA

/// One tile of taps after the other, each over all pixels of the block.
@inline(always)
private func taps<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvTapsArguments>
) {
  let lastTap = p.pointee.taps &- 1
  var sums = p.pointee.sums
  var tap = 0
  while tap <= lastTap {
    var offsets = InlineArray<rows, Int>(repeating: 0)
    // A tile behind the last tap computes that again.
    for i in 0..<rows { offsets[i] = Int(p.pointee.offsets[min(tap &+ i, lastTap)]) }
    let start = p.pointee.isFirst != 0 ? isa_zeros() : UnsafePointer(sums)
    var sum = Tile<rows, vectors, L>(spilledTo: start)
    sum.multiply(p, offsets)
    sum.spill(to: sums)
    sums += rows &* tile.columns
    tap &+= rows
  }
}

extension Tile {
  /// Adds, for each pixel, the products of its row of the panel with the values that lie the taps' offsets from it.
  @inline(always)
  fileprivate mutating func multiply(_ p: UnsafePointer<ConvTapsArguments>, _ offsets: InlineArray<rows, Int>) {
    let source = p.pointee.source
    let sequence = p.pointee.sequence
    let depth = p.pointee.depth
    var panel = p.pointee.panel
    var s = 0
    while s < depth {
      askAhead(p.pointee.ahead)
      askAhead(p.pointee.ahead + 1)
      let end = min(s &+ ConvWeightPlan.pixelsBetweenAsking, depth)
      while s < end {
        let origin = source + Int(sequence[s])
        var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
        for v in 0..<vectors { row[v] = L.load(panel + v &* L.count) }
        for i in 0..<rows {
          let value = L.splat(origin[offsets[i]])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(value, row[v], sums[i][v]) }
        }
        panel += vectors &* L.count
        s &+= 1
      }
    }
  }
}

#if arch(arm64)
  private typealias Arguments = UnsafePointer<ConvTapsArguments>
  @c(conv_taps_6x4_neon_body) private func t6x4n(_ p: Arguments) { taps(Tile<6, 4, NEONLanes>.self, p) }
  @c(conv_taps_8x2_neon_body) private func t8x2n(_ p: Arguments) { taps(Tile<8, 2, NEONLanes>.self, p) }

  @inline(never) func convTapsTiles() -> [ConvTile<ConvTapsArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: conv_taps_6x4_neon),
      .init(level: .neon, rows: 8, vectors: 2, run: conv_taps_8x2_neon),
    ]
  }
#else
  private typealias Arguments = UnsafePointer<ConvTapsArguments>
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  @c(conv_taps_6x4_avx512_body) private func t6x4z(_ p: Arguments) { taps(Tile<6, 4, Z>.self, p) }
  @c(conv_taps_8x3_avx512_body) private func t8x3z(_ p: Arguments) { taps(Tile<8, 3, Z>.self, p) }
  @c(conv_taps_8x2_avx512_body) private func t8x2z(_ p: Arguments) { taps(Tile<8, 2, Z>.self, p) }
  @c(conv_taps_8x1_avx512_body) private func t8x1z(_ p: Arguments) { taps(Tile<8, 1, Z>.self, p) }
  @c(conv_taps_6x2_avx2_body) private func t6x2a(_ p: Arguments) { taps(Tile<6, 2, A>.self, p) }
  @c(conv_taps_4x3_avx2_body) private func t4x3a(_ p: Arguments) { taps(Tile<4, 3, A>.self, p) }
  @c(conv_taps_6x2_baseline_body) private func t6x2b(_ p: Arguments) { taps(Tile<6, 2, B>.self, p) }
  @c(conv_taps_4x3_baseline_body) private func t4x3b(_ p: Arguments) { taps(Tile<4, 3, B>.self, p) }

  @inline(never) func convTapsTiles() -> [ConvTile<ConvTapsArguments>] {
    [
      .init(level: .avx512, rows: 6, vectors: 4, run: conv_taps_6x4_avx512),
      .init(level: .avx512, rows: 8, vectors: 3, run: conv_taps_8x3_avx512),
      .init(level: .avx512, rows: 8, vectors: 2, run: conv_taps_8x2_avx512),
      .init(level: .avx512, rows: 8, vectors: 1, run: conv_taps_8x1_avx512),
      .init(level: .avx2, rows: 6, vectors: 2, run: conv_taps_6x2_avx2),
      .init(level: .avx2, rows: 4, vectors: 3, run: conv_taps_4x3_avx2),
      .init(level: .baseline, rows: 6, vectors: 2, run: conv_taps_6x2_baseline),
      .init(level: .baseline, rows: 4, vectors: 3, run: conv_taps_4x3_baseline),
    ]
  }
#endif
