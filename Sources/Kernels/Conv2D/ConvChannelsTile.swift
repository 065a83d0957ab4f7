import ISA

/// One panel of channels after the other, all of the points in tiles.
@inline(always)
private func channels<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvChannelsArguments>
) {
  let depth = p.pointee.depth
  let lastPoint = p.pointee.points &- 1
  var channel = 0
  while channel < p.pointee.channels {
    let panel = p.pointee.panels + channel &* depth
    var point = 0
    while point <= lastPoint {
      var offsets = InlineArray<rows, Int>(repeating: 0)
      // A tile behind the last point computes that again.
      for i in 0..<rows { offsets[i] = Int(p.pointee.offsets[min(point &+ i, lastPoint)]) }
      let steps = usedSteps(p.pointee.ranges, point, count: rows, last: lastPoint, depth: depth)
      var sum = Tile<rows, vectors, L>()
      sum.multiply(
        p.pointee.source, p.pointee.sequence + steps.first, offsets, panel + steps.first &* tile.columns,
        depth: steps.count)
      sum.spill(to: p.pointee.scratch)
      finish(tile, p, channel: channel, point: point)
      point &+= rows
    }
    channel &+= tile.columns
  }
}

extension Tile {
  /// Adds, for each step of the sequence, the products of a row of a panel with the values that lie the points'
  /// offsets from there.
  @inline(always)
  fileprivate mutating func multiply(
    _ source: UnsafePointer<Float>, _ sequence: UnsafePointer<Int32>, _ offsets: InlineArray<rows, Int>,
    _ panel: UnsafePointer<Float>, depth: Int
  ) {
    var panel = panel
    var s = 0
    while s < depth {
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

/// Takes a tile in scratch memory through bias and floor, then turns it from points × channels to its places in the
/// target: squares of 4 × 4 in registers, what remains one by one.
@inline(always)
private func finish<let rows: Int, let vectors: Int, L: ElementwiseLanes>(
  _ tile: Tile<rows, vectors, L>.Type, _ p: UnsafePointer<ConvChannelsArguments>, channel: Int, point: Int
) {
  let stride = p.pointee.channelStride
  let columns = min(p.pointee.channels &- channel, tile.columns)
  let valid = min(p.pointee.points &- point, rows)
  let target = p.pointee.target + (channel &* stride &+ point)
  let scratch = p.pointee.scratch
  let accumulate = p.pointee.accumulate != 0
  if !accumulate {
    let floor = L.splat(p.pointee.floor)
    for v in 0..<vectors {
      let bias = L.load(p.pointee.bias + (channel &+ v &* L.count))
      var i = 0
      while i < valid {
        let place = scratch + (i &* tile.columns &+ v &* L.count)
        L.store(L.larger(L.load(place) + bias, floor), place)
        i &+= 1
      }
    }
  }
  let squareRows = valid & ~3
  let squareColumns = columns & ~3
  var c = 0
  while c < squareColumns {
    let place = target + c &* stride
    var i = 0
    while i < squareRows {
      let square = transposed4x4(scratch + (i &* tile.columns &+ c), tile.columns)
      put(square.0, place + i, accumulate)
      put(square.1, place + (stride &+ i), accumulate)
      put(square.2, place + (2 &* stride &+ i), accumulate)
      put(square.3, place + (3 &* stride &+ i), accumulate)
      i &+= 4
    }
    while i < valid {
      for lane in 0..<4 {
        let value = scratch[i &* tile.columns &+ c &+ lane]
        let place = place + (lane &* stride &+ i)
        place.pointee = accumulate ? place.pointee + value : value
      }
      i &+= 1
    }
    c &+= 4
  }
  while c < columns {
    var i = 0
    while i < valid {
      let value = scratch[i &* tile.columns &+ c]
      let place = target + (c &* stride &+ i)
      place.pointee = accumulate ? place.pointee + value : value
      i &+= 1
    }
    c &+= 1
  }
}

@inline(always)
private func put(_ value: SIMD4<Float>, _ place: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
  let place = UnsafeMutableRawPointer(place)
  let sum = accumulate ? place.loadUnaligned(as: SIMD4<Float>.self) + value : value
  place.storeBytes(of: sum, as: SIMD4<Float>.self)
}

#if arch(arm64)
  private typealias Arguments = UnsafePointer<ConvChannelsArguments>
  @c(conv_channels_6x4_neon_body) private func c6x4n(_ p: Arguments) { channels(Tile<6, 4, NEONLanes>.self, p) }
  @c(conv_channels_12x2_neon_body) private func c12x2n(_ p: Arguments) { channels(Tile<12, 2, NEONLanes>.self, p) }

  @inline(never) func convChannelsTiles() -> [ConvTile<ConvChannelsArguments>] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: conv_channels_6x4_neon),
      .init(level: .neon, rows: 12, vectors: 2, run: conv_channels_12x2_neon),
    ]
  }
#else
  private typealias Arguments = UnsafePointer<ConvChannelsArguments>
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  @c(conv_channels_12x2_avx512_body) private func c12x2z(_ p: Arguments) { channels(Tile<12, 2, Z>.self, p) }
  @c(conv_channels_12x1_avx512_body) private func c12x1z(_ p: Arguments) { channels(Tile<12, 1, Z>.self, p) }
  @c(conv_channels_6x2_avx2_body) private func c6x2a(_ p: Arguments) { channels(Tile<6, 2, A>.self, p) }
  @c(conv_channels_6x2_baseline_body) private func c6x2b(_ p: Arguments) { channels(Tile<6, 2, B>.self, p) }

  @inline(never) func convChannelsTiles() -> [ConvTile<ConvChannelsArguments>] {
    [
      .init(level: .avx512, rows: 12, vectors: 2, run: conv_channels_12x2_avx512),
      .init(level: .avx512, rows: 12, vectors: 1, run: conv_channels_12x1_avx512),
      .init(level: .avx2, rows: 6, vectors: 2, run: conv_channels_6x2_avx2),
      .init(level: .baseline, rows: 6, vectors: 2, run: conv_channels_6x2_baseline),
    ]
  }
#endif
