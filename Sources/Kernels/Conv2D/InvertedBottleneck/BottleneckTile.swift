import KernelsISA

/// The register tiles of an inverted bottleneck at one level.
struct BottleneckTile: Sendable {
  let level: InstructionSet
  /// Runs, pixels of a run, and vectors of channels of a tile of the 1×1 convolutions. All pixels are neighbours: two runs
  /// of seven are what the optimiser unrolls, and one of fourteen is not. Panels of one vector have tiles of as many pixels.
  let runs: Int
  let run: Int
  let vectors: Int
  /// Pixels of a tile of the depthwise convolution, which has one vector of channels.
  let filtered: Int
  let expand: LevelFunction<ExpansionArguments>
  let filter: LevelFunction<BlockFilterArguments>
  let project: LevelFunction<ProjectionArguments>

  var pixels: Int { runs * run }
  /// Pixels × vectors.
  var name: String { "\(pixels)x\(vectors)" }
}

/// The arguments of `expandChannels`: a 1×1 convolution from planes to blocks, for one panel of channels.
///
/// A block holds one vector of channels for each pixel, the pixels one after the other:
/// target[v · blockStride + targets[i] + lane] = limit(bias[c] + Σ_k panel[k][c] · source[taps[k] + i]), c = v · lanes + lane.
struct ExpansionArguments {
  /// The first pixel in the plane of the first channel.
  var source: UnsafePointer<Float>
  /// The offset of each channel's plane.
  var taps: UnsafePointer<Int32>
  var depth: Int
  /// At least a tile's.
  var pixels: Int
  /// The packed weights, a row of channels for each step of the sum, and the bias of these channels.
  var panel: UnsafePointer<Float>
  var bias: UnsafePointer<Float>
  /// Vectors of the panel: the tile's, or 1.
  var vectors: Int
  var target: UnsafeMutablePointer<Float>
  /// The offset of each pixel in a block.
  var targets: UnsafePointer<Int32>
  /// Elements from a block to the next.
  var blockStride: Int
  var floor: Float
  var ceiling: Float
  /// Lines of the next panel, to prefetch meanwhile.
  var prefetch: PlanePrefetch
}

/// Computes all pixels in tiles. The last tile overlaps the one before it, and is one run where that is enough.
@inline(always)
func expandChannels<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ExpansionArguments>
) {
  if p.pointee.vectors == vectors {
    expandPanel(tile, last: ChannelVectorSums<1, run, vectors, L>.self, p)
  } else {
    expandPanel(ChannelVectorSums<runs, run, 1, L>.self, last: ChannelVectorSums<1, run, 1, L>.self, p)
  }
}

@inline(always)
private func expandPanel<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, last: ChannelVectorSums<1, run, vectors, L>.Type,
  _ p: UnsafePointer<ExpansionArguments>
) {
  var prefetch = p.pointee.prefetch
  let pixels = p.pointee.pixels
  var next = 0
  while pixels &- next > run {
    let first = min(next, pixels &- tile.pixels)
    expand(tile, p, first: first, &prefetch)
    next = first &+ tile.pixels
  }
  if next < pixels { expand(last, p, first: pixels &- run, &prefetch) }
}

@inline(always)
private func expand<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ExpansionArguments>, first: Int,
  _ prefetch: inout PlanePrefetch
) {
  let depth = p.pointee.depth
  var offsets = InlineArray<runs, Int>(repeating: 0)
  for r in 0..<runs { offsets[r] = r &* run }
  var sum = tile.init()
  var k = 0
  while k < depth {
    let count = min(depth &- k, PlanePrefetch.steps)
    sum.multiply(
      p.pointee.source + first, p.pointee.taps + k, offsets, p.pointee.panel + k &* tile.columns, depth: count)
    prefetch.advance()
    k &+= count
  }
  sum.storeToBlocks(
    p.pointee.target, p.pointee.targets + first, blockStride: p.pointee.blockStride, bias: p.pointee.bias,
    floor: L.splat(p.pointee.floor), ceiling: L.splat(p.pointee.ceiling))
}

/// The arguments of `filterBlocks`: a depthwise convolution from padded blocks to blocks of outputs.
///
/// target[v · targetStride + i · lanes + lane] = limit(bias[c] + Σ_t weights[v][t][lane] · source[v · sourceStride +
/// sources[i] + taps[t] + lane]), c = v · lanes + lane.
struct BlockFilterArguments {
  var source: UnsafePointer<Float>
  /// Elements from a block of the source to the next.
  var sourceStride: Int
  /// The offset of each output's first tap in a block of the source.
  var sources: UnsafePointer<Int32>
  /// The offset of each tap from the first.
  var taps: UnsafePointer<Int32>
  var tapCount: Int
  /// Whether taps come in rows of three neighbouring pixels.
  var isThreeWide: Bool
  /// A vector of each tap, block by block.
  var weights: UnsafePointer<Float>
  var bias: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  /// Elements from a block of the target to the next.
  var targetStride: Int
  var blocks: Int
  /// Outputs of a block, at least a tile's.
  var pixels: Int
  var floor: Float
  var ceiling: Float
}

/// Computes the outputs of each block in tiles. The last tile overlaps the one before it.
@inline(always)
func filterBlocks<let pixels: Int, L: Lanes>(
  _ tile: RegisterTile<pixels, 1, L>.Type, _ p: UnsafePointer<BlockFilterArguments>
) {
  let last = p.pointee.pixels &- pixels
  let floor = L.splat(p.pointee.floor)
  let ceiling = L.splat(p.pointee.ceiling)
  var source = p.pointee.source
  var target = p.pointee.target
  var weights = p.pointee.weights
  var block = 0
  while block < p.pointee.blocks {
    let bias = L.load(p.pointee.bias + block &* L.count)
    var next = 0
    while next < p.pointee.pixels {
      let first = min(next, last)
      var sum = tile.init()
      let sources = p.pointee.sources + first
      if p.pointee.isThreeWide, Int(sources[pixels &- 1]) &- Int(sources[0]) == (pixels &- 1) &* L.count {
        sum.multiplyRows(source + Int(sources[0]), p.pointee.taps, weights, depth: p.pointee.tapCount)
      } else {
        sum.multiply(source, sources, p.pointee.taps, weights, depth: p.pointee.tapCount)
      }
      let outputs = target + first &* L.count
      for i in 0..<pixels {
        L.store(L.smaller(L.larger(sum.sums[i][0] + bias, floor), ceiling), outputs + i &* L.count)
      }
      next &+= pixels
    }
    source += p.pointee.sourceStride
    target += p.pointee.targetStride
    weights += p.pointee.tapCount &* L.count
    block &+= 1
  }
}

extension RegisterTile {
  /// For each tap, adds the products of its vector of weights with the vectors of as many pixels as the tile has rows.
  @inline(always)
  fileprivate mutating func multiply(
    _ source: UnsafePointer<Float>, _ sources: UnsafePointer<Int32>, _ taps: UnsafePointer<Int32>,
    _ weights: UnsafePointer<Float>, depth: Int
  ) {
    var pixels = InlineArray<rows, UnsafePointer<Float>>(repeating: source)
    for i in 0..<rows { pixels[i] = source + Int(sources[i]) }
    var weights = weights
    var t = 0
    while t < depth {
      let tap = Int(taps[t])
      let weight = L.load(weights)
      for i in 0..<rows { sums[i][0] = L.multiplyAdd(L.load(pixels[i] + tap), weight, sums[i][0]) }
      weights += L.count
      t &+= 1
    }
  }
}

extension RegisterTile {
  /// The same for outputs that are neighbours and rows of three taps: an input is loaded once a row.
  @inline(always)
  fileprivate mutating func multiplyRows(
    _ source: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ weights: UnsafePointer<Float>, depth: Int
  ) {
    var weights = weights
    var t = 0
    while t < depth {
      let inputs = source + Int(taps[t])
      let left = L.load(weights)
      let middle = L.load(weights + L.count)
      let right = L.load(weights + 2 &* L.count)
      var (a, b) = (L.load(inputs), L.load(inputs + L.count))
      for i in 0..<rows {
        let c = L.load(inputs + (i &+ 2) &* L.count)
        sums[i][0] = L.multiplyAdd(a, left, sums[i][0])
        sums[i][0] = L.multiplyAdd(b, middle, sums[i][0])
        sums[i][0] = L.multiplyAdd(c, right, sums[i][0])
        (a, b) = (b, c)
      }
      weights += 3 &* L.count
      t &+= 3
    }
  }
}

/// The arguments of `projectChannels`: a 1×1 convolution from blocks to planes, for some panels of channels and some
/// neighbouring pixels.
///
/// target[c · channelStride + i] = limit(bias[c] + Σ_k panels[k][c] · source[k / lanes · blockStride + i · lanes + k % lanes])
struct ProjectionArguments {
  /// The first pixel in the first block.
  var source: UnsafePointer<Float>
  /// Elements from a block to the next.
  var blockStride: Int
  /// Channels of all blocks.
  var depth: Int
  /// At least a tile's.
  var pixels: Int
  /// The packed weights of the first panel. Panels have the tile's vectors, but for the last one, which may have one.
  var panels: UnsafePointer<Float>
  var bias: UnsafePointer<Float>
  /// The first pixel in the plane of the first panel's first channel.
  var target: UnsafeMutablePointer<Float>
  /// Elements from a channel's plane to the next.
  var channelStride: Int
  /// Channels of all panels.
  var channels: Int
  /// Whether the last panel has one vector.
  var endsWithSingle: Bool
  var floor: Float
  var ceiling: Float
  /// Memory for one tile, of at least as many pixels as lanes.
  var scratch: UnsafeMutablePointer<Float>
  /// Lines of the panels behind the first: each panel is prefetched while the one before it is computed.
  var prefetch: PlanePrefetch
}

/// Computes one panel of channels after the other, for each all pixels in tiles. The last tile overlaps the one before
/// it, and is one run where that is enough.
@inline(always)
func projectChannels<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ProjectionArguments>
) {
  var prefetch = p.pointee.prefetch
  var channel = 0
  while channel < p.pointee.channels {
    if p.pointee.endsWithSingle, channel &+ L.count >= p.pointee.channels {
      projectPanel(
        ChannelVectorSums<runs, run, 1, L>.self, last: ChannelVectorSums<1, run, 1, L>.self, p, channel: channel,
        &prefetch)
    } else {
      projectPanel(tile, last: ChannelVectorSums<1, run, vectors, L>.self, p, channel: channel, &prefetch)
    }
    channel &+= tile.columns
  }
}

@inline(always)
private func projectPanel<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, last: ChannelVectorSums<1, run, vectors, L>.Type,
  _ p: UnsafePointer<ProjectionArguments>, channel: Int, _ prefetch: inout PlanePrefetch
) {
  let pixels = p.pointee.pixels
  var next = 0
  while pixels &- next > run {
    let first = min(next, pixels &- tile.pixels)
    project(tile, p, channel: channel, first: first, &prefetch)
    next = first &+ tile.pixels
  }
  if next < pixels { project(last, p, channel: channel, first: pixels &- run, &prefetch) }
}

@inline(always)
private func project<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ProjectionArguments>, channel: Int,
  first: Int, _ prefetch: inout PlanePrefetch
) {
  let stride = p.pointee.channelStride
  let columns = min(p.pointee.channels &- channel, tile.columns)
  let scratch = p.pointee.scratch
  var sum = tile.init()
  sum.multiply(
    p.pointee.source + first &* L.count, blockStride: p.pointee.blockStride,
    p.pointee.panels + channel &* p.pointee.depth, depth: p.pointee.depth, &prefetch)
  sum.storeAccumulators(to: scratch, bias: p.pointee.bias + channel, floor: L.splat(p.pointee.floor))
  if p.pointee.ceiling < .infinity { applyCeiling(tile, scratch, p.pointee.ceiling) }
  let target = p.pointee.target + (channel &* stride &+ first)
  // What is stored behind the tile's pixels is computed later.
  if tile.pixels < L.count, first &+ L.count <= p.pointee.pixels, columns % L.count == 0 {
    var c = 0
    while c < columns {
      L.transposeSquare(scratch + c, tile.columns, target + c &* stride, stride)
      c &+= L.count
    }
  } else {
    L.transpose(scratch, tile.columns, rows: tile.pixels, columns: columns, target, stride)
  }
}

extension ChannelVectorSums {
  /// Stores the accumulators, limited, in blocks; see ``ExpansionArguments``.
  @inline(always)
  fileprivate func storeToBlocks(
    _ target: UnsafeMutablePointer<Float>, _ targets: UnsafePointer<Int32>, blockStride: Int,
    bias: UnsafePointer<Float>, floor: L.Vector, ceiling: L.Vector
  ) {
    // There is no loop over the vectors, see `storeAccumulators`.
    storeToBlock(0, target, targets, bias: bias, floor: floor, ceiling: ceiling)
    if vectors > 1 {
      storeToBlock(1, target + blockStride, targets, bias: bias, floor: floor, ceiling: ceiling)
    }
  }

  @inline(always)
  private func storeToBlock(
    _ v: Int, _ target: UnsafeMutablePointer<Float>, _ targets: UnsafePointer<Int32>, bias: UnsafePointer<Float>,
    floor: L.Vector, ceiling: L.Vector
  ) {
    let bias = L.load(bias + v &* L.count)
    for r in 0..<runs {
      for i in 0..<run {
        L.store(
          L.smaller(L.larger(sums[r][i][v] + bias, floor), ceiling), target + Int(targets[r &* run &+ i]))
      }
    }
  }

  /// Adds the products of a panel's rows with the channels of neighbouring pixels, which lie in blocks.
  @inline(always)
  fileprivate mutating func multiply(
    _ source: UnsafePointer<Float>, blockStride: Int, _ panel: UnsafePointer<Float>, depth: Int,
    _ prefetch: inout PlanePrefetch
  ) {
    var panel = panel
    var block = source
    var remaining = depth
    while remaining > 0 {
      var values = block
      let end = values + min(remaining, L.count)
      while values < end {
        var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
        for v in 0..<vectors { row[v] = L.load(panel + v &* L.count) }
        for r in 0..<runs {
          let pixels = values + r &* run &* L.count
          for i in 0..<run {
            let value = L.splat(pixels[i &* L.count])
            for v in 0..<vectors { sums[r][i][v] = L.multiplyAdd(value, row[v], sums[r][i][v]) }
          }
        }
        panel += vectors &* L.count
        values += 1
      }
      prefetch.advance()
      block += blockStride
      remaining &-= L.count
    }
  }
}
