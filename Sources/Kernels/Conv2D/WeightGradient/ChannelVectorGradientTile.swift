import ISA

/// One tile of taps after the other, each over all pixels of the block. The last taps, fewer than a tile has rows, are in
/// smaller ones.
@inline(always)
private func taps<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvTapsArguments>
) {
  let taps = p.pointee.taps
  var tap = 0
  while taps &- tap > 4 {
    add(tile, p, tap)
    tap &+= rows
  }
  while tap < taps {
    if taps &- tap > 2 {
      add(RegisterTile<4, vectors, L>.self, p, tap)
      tap &+= 4
    } else {
      add(RegisterTile<2, vectors, L>.self, p, tap)
      tap &+= 2
    }
  }
}

/// Adds a block to a tile's sums. Rows behind the last tap are the last tap's again, and store the same.
@inline(always)
private func add<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvTapsArguments>, _ tap: Int
) {
  let last = p.pointee.taps &- 1
  var offsets = InlineArray<rows, Int>(repeating: 0)
  for i in 0..<rows { offsets[i] = Int(p.pointee.offsets[min(tap &+ i, last)]) }
  let stride = p.pointee.sumStride
  let sums = p.pointee.sums
  let isFirst = p.pointee.isFirst != 0
  let start = isFirst ? isa_zeros() : UnsafePointer(sums)
  let startStride = isFirst ? 0 : stride
  var sum = RegisterTile<rows, vectors, L>()
  for i in 0..<rows {
    let row = start + min(tap &+ i, last) &* startStride
    for v in 0..<vectors { sum.sums[i][v] = L.load(row + v &* L.count) }
  }
  sum.multiply(p, offsets)
  for i in 0..<rows {
    let row = sums + min(tap &+ i, last) &* stride
    for v in 0..<vectors { L.store(sum.sums[i][v], row + v &* L.count) }
  }
}

extension RegisterTile {
  /// Adds, for each pixel, the products of its row of the panel with the values that lie the taps' offsets from it.
  @inline(always)
  fileprivate mutating func multiply(_ p: UnsafePointer<ConvTapsArguments>, _ offsets: InlineArray<rows, Int>) {
    let step = p.pointee.sourceStep
    let length = p.pointee.runLength
    var run = 0
    while run < p.pointee.runs {
      askAhead(p.pointee.ahead)
      askAhead(p.pointee.ahead + 1)
      var origin = p.pointee.source + Int(p.pointee.sources[run])
      var panel = p.pointee.panel + Int(p.pointee.pixels[run]) &* (vectors &* L.count)
      var i = length
      while i > 0 {
        var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
        for v in 0..<vectors { row[v] = L.load(panel + v &* L.count) }
        for i in 0..<rows {
          let value = L.splat(origin[offsets[i]])
          for v in 0..<vectors { sums[i][v] = L.multiplyAdd(value, row[v], sums[i][v]) }
        }
        origin += step
        panel += vectors &* L.count
        i &-= 1
      }
      run &+= 1
    }
  }
}

/// The tiles of a level: for each number of vectors of channels, from 1 on, one with as many taps as fill the registers.
struct ChannelVectorGradientTiles: Sendable {
  let level: InstructionSet
  /// The most vectors of a tile.
  let vectors: Int
  private let one: ConvTile<ConvTapsArguments>
  private let two: ConvTile<ConvTapsArguments>
  private let three: ConvTile<ConvTapsArguments>?
  private let four: ConvTile<ConvTapsArguments>?

  init(_ tiles: [ConvTile<ConvTapsArguments>]) {
    level = tiles[0].level
    vectors = tiles.count
    one = tiles[0]
    two = tiles[1]
    three = tiles.count > 2 ? tiles[2] : nil
    four = tiles.count > 3 ? tiles[3] : nil
  }

  private func tile(_ vectors: Int) -> ConvTile<ConvTapsArguments> {
    vectors == 1 ? one : vectors == 2 ? two : (vectors == 3 ? three : four) ?? two
  }

  func run(_ vectors: Int) -> LevelFunction<ConvTapsArguments> { tile(vectors).run }

  /// Taps of the tile that a shape's widest panel uses.
  func rows(_ shape: Conv2DShape) -> Int {
    let all = (shape.groupOutputChannels + level.lanes - 1) / level.lanes
    let panels = (all + vectors - 1) / vectors
    return tile((all + panels - 1) / panels).rows
  }
}

#if arch(arm64)
  private typealias Arguments = UnsafePointer<ConvTapsArguments>
  @c(conv_taps_6x4_neon_body) private func t6x4n(_ p: Arguments) { taps(RegisterTile<6, 4, NEONLanes>.self, p) }
  @c(conv_taps_8x3_neon_body) private func t8x3n(_ p: Arguments) { taps(RegisterTile<8, 3, NEONLanes>.self, p) }
  @c(conv_taps_8x2_neon_body) private func t8x2n(_ p: Arguments) { taps(RegisterTile<8, 2, NEONLanes>.self, p) }

  @c(conv_taps_8x1_neon_body) private func t8x1n(_ p: Arguments) { taps(RegisterTile<8, 1, NEONLanes>.self, p) }

  @inline(never) func channelVectorGradientTiles() -> [ChannelVectorGradientTiles] {
    [
      ChannelVectorGradientTiles([
        .init(level: .neon, rows: 8, vectors: 1, run: conv_taps_8x1_neon),
        .init(level: .neon, rows: 8, vectors: 2, run: conv_taps_8x2_neon),
        .init(level: .neon, rows: 8, vectors: 3, run: conv_taps_8x3_neon),
        .init(level: .neon, rows: 6, vectors: 4, run: conv_taps_6x4_neon),
      ])
    ]
  }
#else
  private typealias Arguments = UnsafePointer<ConvTapsArguments>
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  @c(conv_taps_6x4_avx512_body) private func t6x4z(_ p: Arguments) { taps(RegisterTile<6, 4, Z>.self, p) }
  @c(conv_taps_8x3_avx512_body) private func t8x3z(_ p: Arguments) { taps(RegisterTile<8, 3, Z>.self, p) }
  @c(conv_taps_8x2_avx512_body) private func t8x2z(_ p: Arguments) { taps(RegisterTile<8, 2, Z>.self, p) }
  @c(conv_taps_8x1_avx512_body) private func t8x1z(_ p: Arguments) { taps(RegisterTile<8, 1, Z>.self, p) }
  @c(conv_taps_6x2_avx2_body) private func t6x2a(_ p: Arguments) { taps(RegisterTile<6, 2, A>.self, p) }
  @c(conv_taps_8x1_avx2_body) private func t8x1a(_ p: Arguments) { taps(RegisterTile<8, 1, A>.self, p) }
  @c(conv_taps_6x2_baseline_body) private func t6x2b(_ p: Arguments) { taps(RegisterTile<6, 2, B>.self, p) }
  @c(conv_taps_8x1_baseline_body) private func t8x1b(_ p: Arguments) { taps(RegisterTile<8, 1, B>.self, p) }

  @inline(never) func channelVectorGradientTiles() -> [ChannelVectorGradientTiles] {
    [
      ChannelVectorGradientTiles([
        .init(level: .avx512, rows: 8, vectors: 1, run: conv_taps_8x1_avx512),
        .init(level: .avx512, rows: 8, vectors: 2, run: conv_taps_8x2_avx512),
        .init(level: .avx512, rows: 8, vectors: 3, run: conv_taps_8x3_avx512),
        .init(level: .avx512, rows: 6, vectors: 4, run: conv_taps_6x4_avx512),
      ]),
      ChannelVectorGradientTiles([
        .init(level: .avx2, rows: 8, vectors: 1, run: conv_taps_8x1_avx2),
        .init(level: .avx2, rows: 6, vectors: 2, run: conv_taps_6x2_avx2),
      ]),
      ChannelVectorGradientTiles([
        .init(level: .baseline, rows: 8, vectors: 1, run: conv_taps_8x1_baseline),
        .init(level: .baseline, rows: 6, vectors: 2, run: conv_taps_6x2_baseline),
      ]),
    ]
  }
#endif
