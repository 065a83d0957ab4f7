import KernelsISA

/// "channels": a vector holds output channels, a tile's rows are taps, and the sum goes over the pixels of a block, which
/// are runs of neighbours.
/// sums[tap · sumStride + c] +=
/// Σ_run Σ_i panel[pixels[run] + i][c] · source[sources[run] + i · sourceStep + offsets[tap]].
struct ChannelVectorGradientArguments {
  var source: UnsafePointer<Float>
  var sources: UnsafePointer<Int32>
  var pixels: UnsafePointer<Int32>
  var runs: Int
  var runLength: Int
  var sourceStep: Int
  var offsets: UnsafePointer<Int32>
  var taps: Int
  /// As wide as the tile.
  var panel: UnsafePointer<Float>
  /// Rows as wide as the tile.
  var sums: UnsafeMutablePointer<Float>
  var sumStride: Int
  /// 1: the sums begin at 0.
  var isFirst: Bool
  /// Two of them.
  var prefetches: UnsafeMutablePointer<RowPrefetch>
}

/// One tile of taps after the other, each over all pixels of the block. The last taps, fewer than a tile has rows, are in
/// smaller ones.
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

/// Adds a block to a tile's sums. Rows behind the last tap are the last tap's again, and store the same.
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
  /// Adds, for each pixel, the products of its row of the panel with the values that lie the taps' offsets from it.
  @inline(always)
  fileprivate mutating func multiply(_ p: UnsafePointer<ChannelVectorGradientArguments>, _ offsets: InlineArray<rows, Int>) {
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

/// The tiles of a level: for each number of vectors of channels, from 1 on, one with as many taps as fill the registers.
struct ChannelVectorGradientTiles: Sendable {
  let level: InstructionSet
  /// The most vectors of a tile.
  let vectors: Int
  private let one: ConvTile<ChannelVectorGradientArguments>
  private let two: ConvTile<ChannelVectorGradientArguments>
  private let three: ConvTile<ChannelVectorGradientArguments>?
  private let four: ConvTile<ChannelVectorGradientArguments>?

  /// The tiles of each level, those of the highest first.
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

  func run(_ vectors: Int) -> LevelFunction<ChannelVectorGradientArguments> { tile(vectors).run }

  /// Taps of the tile that a shape's widest panel uses.
  func rows(_ shape: Conv2DShape) -> Int {
    let all = (shape.groupOutputChannels + level.lanes - 1) / level.lanes
    let panels = (all + vectors - 1) / vectors
    return tile((all + panels - 1) / panels).rows
  }
}
