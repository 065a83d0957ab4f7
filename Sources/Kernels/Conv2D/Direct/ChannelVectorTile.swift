import KernelsISA

/// The accumulators of `runs` runs of `run` neighbouring pixels each, for `vectors` vectors of channels.
///
/// The pixels of a run have one offset and constant distances, so that few registers hold the addresses of many pixels.
struct ChannelVectorSums<let runs: Int, let run: Int, let vectors: Int, L: Lanes> {
  typealias Sums = InlineArray<runs, InlineArray<run, InlineArray<vectors, L.Vector>>>
  var sums: Sums

  @inline(always) static var pixels: Int { runs &* run }
  @inline(always) static var columns: Int { vectors &* L.count }

  /// A tile of zeros.
  @inline(always) init() { sums = zeros(Sums.self) }

  /// For each step of the sum, adds the products of a panel's row with the inputs at the runs' offsets from the step's
  /// tap.
  @inline(always)
  mutating func multiply(
    _ source: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ offsets: InlineArray<runs, Int>,
    _ panel: UnsafePointer<Float>, depth: Int
  ) {
    var panel = panel
    var k = 0
    while k < depth {
      let origin = source + Int(taps[k])
      var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
      for v in 0..<vectors { row[v] = L.load(panel + v &* L.count) }
      for r in 0..<runs {
        let values = origin + offsets[r]
        for i in 0..<run {
          let value = L.splat(values[i])
          for v in 0..<vectors { sums[r][i][v] = L.multiplyAdd(value, row[v], sums[r][i][v]) }
        }
      }
      panel += vectors &* L.count
      k &+= 1
    }
  }

  /// Stores the accumulators pixel by pixel, with bias and floor applied; see `RegisterTile.storeAccumulators`.
  @inline(always)
  func storeAccumulators(to scratch: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, floor: L.Vector) {
    // There is no loop over all vectors: the optimiser does not unroll one over two vectors of 14 pixels, and the
    // accumulators would go through memory.
    storeAccumulators(0, to: scratch, bias: bias, floor: floor)
    if vectors > 1 { storeAccumulators(1, to: scratch, bias: bias, floor: floor) }
    if vectors > 2 {
      for v in 2..<vectors { storeAccumulators(v, to: scratch, bias: bias, floor: floor) }
    }
  }

  @inline(always)
  private func storeAccumulators(
    _ v: Int, to scratch: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, floor: L.Vector
  ) {
    let bias = L.load(bias + v &* L.count)
    for r in 0..<runs {
      for i in 0..<run {
        L.store(L.larger(sums[r][i][v] + bias, floor), scratch + ((r &* run &+ i) &* vectors &+ v) &* L.count)
      }
    }
  }
}

/// The arguments of `convolveChannelVectors`, the `channels` kernels: a vector holds channels, and a tile's rows are runs
/// of pixels that are neighbours in the source.
/// target[c · channelStride + targets[r] + i] = limit(bias[c] + Σ_k panels[k][c] · source[sources[r] + i + taps[k]]).
struct ChannelVectorArguments {
  var source: UnsafePointer<Float>
  /// The offset of each step's tap from an output's origin.
  var taps: UnsafePointer<Int32>
  /// Steps of a sum.
  var depth: Int
  /// The packed weights, one row of channels for each step.
  var panels: UnsafePointer<Float>
  /// Elements from a panel to the next.
  var panelStride: Int
  /// The bias of each channel, padded to whole panels.
  var bias: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  /// The offset of each run's origin in the source.
  var sources: UnsafePointer<Int32>
  /// The offset of each run's outputs in a plane of the target.
  var targets: UnsafePointer<Int32>
  /// For each run its first step and the end of its steps; nil: all steps.
  var ranges: UnsafePointer<Int32>?
  var runs: Int
  /// Pixels of a run that are stored; fewer than the run has only if every run is the start of a row.
  var runPixels: Int
  /// Channels of all panels.
  var channels: Int
  /// Elements from a channel's plane of the target to the next.
  var channelStride: Int
  /// The lower limit of outputs: 0 for ReLU and ReLU6, else -infinity.
  var floor: Float
  /// The upper limit of outputs: 6 for ReLU6, else infinity.
  var ceiling: Float
  /// Memory for one tile.
  var scratch: UnsafeMutablePointer<Float>
  /// Lines to prefetch meanwhile.
  var prefetch: PlanePrefetch
  /// Lines of the panels behind the first: each panel is prefetched while the one before it is computed.
  var panelPrefetch: PlanePrefetch
}

/// Applies the upper limit to a tile in scratch memory.
@inline(always)
func applyCeiling<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ scratch: UnsafeMutablePointer<Float>, _ ceiling: Float
) {
  let limit = L.splat(ceiling)
  var address = scratch
  let end = address + runs &* run &* vectors &* L.count
  while address < end {
    L.store(L.smaller(L.load(address), limit), address)
    address += L.count
  }
}

/// Computes one panel of channels after the other, for each all runs in tiles.
@inline(always)
func convolveChannelVectors<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorArguments>
) {
  let depth = p.pointee.depth
  let last = p.pointee.runs &- 1
  var bandPrefetch = p.pointee.prefetch
  var panelPrefetch = p.pointee.panelPrefetch
  var panel = p.pointee.panels
  var channel = 0
  while channel < p.pointee.channels {
    var first = 0
    while first <= last {
      var offsets = InlineArray<runs, Int>(repeating: 0)
      // Rows of the tile behind the last run compute the last run again.
      for r in 0..<runs { offsets[r] = Int(p.pointee.sources[min(first &+ r, last)]) }
      let steps = usedSteps(p.pointee.ranges, first, count: runs, last: last, depth: depth)
      prefetchTarget(p, channel: channel &+ tile.columns, tile.columns, first: first)
      // The first panel has no predecessor that prefetched its target.
      if channel == 0, first &+ runs <= last { prefetchTarget(p, channel: 0, tile.columns, first: first &+ runs) }
      var sum = tile.init()
      var k = steps.first
      let end = steps.first &+ steps.count
      while k < end {
        let count = min(end &- k, PlanePrefetch.steps)
        sum.multiply(p.pointee.source, p.pointee.taps + k, offsets, panel + k &* tile.columns, depth: count)
        bandPrefetch.advance()
        panelPrefetch.advance()
        k &+= count
      }
      sum.storeAccumulators(to: p.pointee.scratch, bias: p.pointee.bias + channel, floor: L.splat(p.pointee.floor))
      if p.pointee.ceiling < .infinity { applyCeiling(tile, p.pointee.scratch, p.pointee.ceiling) }
      transposeToTarget(tile, p, channel: channel, first: first)
      first &+= runs
    }
    channel &+= tile.columns
    panel += p.pointee.panelStride
  }
}

/// Prefetches the lines of the target that a run writes for the next panel's channels; memory takes longer than one
/// tile.
@inline(always)
private func prefetchTarget(_ p: UnsafePointer<ChannelVectorArguments>, channel: Int, _ width: Int, first: Int) {
  let stride = p.pointee.channelStride
  var target = p.pointee.target + (channel &* stride &+ Int(p.pointee.targets[first]))
  var count = min(p.pointee.channels &- channel, width)
  while count > 0 {
    prefetchToWrite(target)
    target += stride
    count &-= 1
  }
}

/// Whether a tile of fewer pixels than lanes may be stored as whole vectors: what is stored behind its pixels are those of
/// the next runs, which are computed later.
@inline(always)
private func storesWholeVectors<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorArguments>, first: Int,
  columns: Int
) -> Bool {
  // One run behind the tile's is enough to overwrite.
  guard tile.pixels < L.count, tile.pixels &+ run >= L.count, columns % L.count == 0, p.pointee.runPixels == run,
    first &+ runs < p.pointee.runs
  else { return false }
  let targets = p.pointee.targets + first
  for r in 1...runs where Int(targets[r]) &- Int(targets[0]) != r &* run { return false }
  return true
}

/// Transposes a tile from scratch memory (pixels × channels) to the target's planes, as many runs at a time as are
/// contiguous there.
///
/// Runs of rows that are shorter than a run are never joined: in scratch memory, pixels without an output lie between
/// them.
@inline(always)
private func transposeToTarget<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorArguments>, channel: Int,
  first: Int
) {
  let columns = min(p.pointee.channels &- channel, tile.columns)
  let count = min(p.pointee.runs &- first, runs)
  let scratch = p.pointee.scratch
  let target = p.pointee.target + channel &* p.pointee.channelStride
  let targets = p.pointee.targets + first
  let isFull = p.pointee.runPixels == run
  if storesWholeVectors(tile, p, first: first, columns: columns) {
    var c = 0
    while c < columns {
      L.transposeSquare(
        scratch + c, tile.columns, target + (c &* p.pointee.channelStride &+ Int(targets[0])), p.pointee.channelStride)
      c &+= L.count
    }
    return
  }
  var r = 0
  while r < count {
    let start = Int(targets[r])
    var end = r &+ 1
    while isFull, end < count, Int(targets[end]) &- start == (end &- r) &* run { end &+= 1 }
    L.transpose(
      scratch + r &* run &* tile.columns, tile.columns, rows: (end &- r) &* run &- (run &- p.pointee.runPixels),
      columns: columns, target + start, p.pointee.channelStride)
    r = end
  }
}

/// A tile of the `channels` kernels at one level.
struct ChannelVectorTile: Sendable {
  let level: InstructionSet
  let runs: Int
  let run: Int
  let vectors: Int
  let function: LevelFunction<ChannelVectorArguments>

  /// Runs × pixels of a run × vectors.
  var name: String { "\(runs)x\(run)x\(vectors)" }
  /// Bytes of a tile in scratch memory, of at least as many pixels as lanes: those behind its own are read, not used.
  var byteCount: Int { cacheLines(max(runs * run, level.lanes) * vectors * level.lanes * 4) }
}
