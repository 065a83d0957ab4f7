import KernelsISA

/// The arguments of `accumulateChannelVectorGradient`, the `channels` kernels of the weight gradient: a vector holds output
/// channels, a tile's rows are taps, and the sum runs over the pixels of a block, which are runs of neighbours.
/// sums[tap · sumStride + c] +=
/// Σ_run Σ_i panel[pixels[run] + i][c] · source[sources[run] + i · sourceStep + offsets[tap]].
struct ChannelVectorGradientArguments {
  var source: UnsafePointer<Float>
  /// The offset of each run's first input.
  var sources: UnsafePointer<Int32>
  /// The row of the panel of each run's first pixel.
  var pixels: UnsafePointer<Int32>
  var runs: Int
  /// Pixels of a run.
  var runLength: Int
  /// Elements of the source from a pixel's input to the next's.
  var sourceStep: Int
  /// The offset of each tap from a pixel's input.
  var offsets: UnsafePointer<Int32>
  /// Taps.
  var taps: Int
  /// The transposed gradient, one row of the tile's channels a pixel.
  var panel: UnsafePointer<Float>
  /// The sums, one row of the tile's channels a tap.
  var sums: UnsafeMutablePointer<Float>
  /// Elements from a tap's sums to the next's.
  var sumStride: Int
  /// Whether the sums begin at 0 and not at what memory holds.
  var isFirst: Bool
  /// Two prefetchers that are advanced at each run.
  var prefetches: UnsafeMutablePointer<RowPrefetch>
}

/// Computes one tile of taps after the other, each over all pixels of the block; the last taps, if fewer than a tile
/// has rows, in tiles of 4 or 2 rows.
@inline(always)
func accumulateChannelVectorGradient<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorGradientArguments>
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

/// Adds a block to a tile's sums. Rows behind the last tap compute the last tap again and store the same values.
@inline(always)
private func add<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorGradientArguments>, _ tap: Int
) {
  let last = p.pointee.taps &- 1
  var offsets = InlineArray<rows, Int>(repeating: 0)
  for i in 0..<rows { offsets[i] = Int(p.pointee.offsets[min(tap &+ i, last)]) }
  let stride = p.pointee.sumStride
  let sums = p.pointee.sums
  let isFirst = p.pointee.isFirst
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
  /// For each pixel, adds the products of its row of the panel with the inputs at the taps' offsets from it.
  @inline(always)
  fileprivate mutating func multiply(
    _ p: UnsafePointer<ChannelVectorGradientArguments>, _ offsets: InlineArray<rows, Int>
  ) {
    let step = p.pointee.sourceStep
    let length = p.pointee.runLength
    var run = 0
    while run < p.pointee.runs {
      RowPrefetch.advance(p.pointee.prefetches)
      RowPrefetch.advance(p.pointee.prefetches + 1)
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

/// The tiles of a level: for each number of vectors of channels, from 1 on, a tile of as many taps as fill the
/// registers.
struct ChannelVectorGradientTiles: Sendable {
  let level: InstructionSet
  /// The most vectors that a tile of the level has.
  let vectors: Int
  private let one: ConvTile<ChannelVectorGradientArguments>
  private let two: ConvTile<ChannelVectorGradientArguments>
  private let three: ConvTile<ChannelVectorGradientArguments>?
  private let four: ConvTile<ChannelVectorGradientArguments>?

  /// The tiles of each level, the highest level first.
  static var all: [ChannelVectorGradientTiles] {
    let tiles = Levels.channelVectorGradientTiles()
    return InstructionSet.allCases.reversed().map { level in
      ChannelVectorGradientTiles(tiles.filter { $0.level == level })
    }
  }

  private init(_ tiles: [ConvTile<ChannelVectorGradientArguments>]) {
    level = tiles[0].level
    vectors = tiles.count
    one = tiles[0]
    two = tiles[1]
    three = tiles.count > 2 ? tiles[2] : nil
    four = tiles.count > 3 ? tiles[3] : nil
  }

  private func tile(_ vectors: Int) -> ConvTile<ChannelVectorGradientArguments> {
    vectors == 1 ? one : vectors == 2 ? two : (vectors == 3 ? three : four) ?? two
  }

  /// The level function of the tile of a number of vectors.
  func run(_ vectors: Int) -> LevelFunction<ChannelVectorGradientArguments> { tile(vectors).run }

  /// Taps of the tile that a shape's widest panel uses.
  func rows(_ shape: Conv2DShape) -> Int {
    let all = (shape.groupOutputChannels + level.lanes - 1) / level.lanes
    let panels = (all + vectors - 1) / vectors
    return tile((all + panels - 1) / panels).rows
  }
}
