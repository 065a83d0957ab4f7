import KernelsISA

/// Sums of `runs` runs of `run` neighbouring points, for `vectors` vectors of channels, in accumulators.
///
/// The points of a run have one offset and constant distances, so that few registers hold the addresses of many points.
struct ChannelVectorSums<let runs: Int, let run: Int, let vectors: Int, L: Lanes> {
  typealias Sums = InlineArray<runs, InlineArray<run, InlineArray<vectors, L.Vector>>>
  var sums: Sums

  @inline(always) static var points: Int { runs &* run }
  @inline(always) static var columns: Int { vectors &* L.count }

  /// A tile of zeros.
  @inline(always) init() { sums = zeros(Sums.self) }

  /// Adds, for each step of the sum, the products of a row of a panel with the values that lie the runs' offsets from
  /// the step's.
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

  /// Writes the sums point by point, through bias and floor; see `RegisterTile.storeAccumulators`.
  @inline(always)
  func storeAccumulators(to scratch: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, floor: L.Vector) {
    // No loop over the vectors: with two of 14 points, the optimiser would not unroll it, and the sums would go through
    // memory.
    storeAccumulators(0, to: scratch, bias: bias, floor: floor)
    if vectors > 1 { storeAccumulators(1, to: scratch, bias: bias, floor: floor) }
    if vectors > 2 {
      for v in 2..<vectors { storeAccumulators(v, to: scratch, bias: bias, floor: floor) }
    }
  }

  @inline(always)
  private func storeAccumulators(_ v: Int, to scratch: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, floor: L.Vector) {
    let bias = L.load(bias + v &* L.count)
    for r in 0..<runs {
      for i in 0..<run {
        L.store(L.larger(sums[r][i][v] + bias, floor), scratch + ((r &* run &+ i) &* vectors &+ v) &* L.count)
      }
    }
  }
}

/// "points": a vector holds channels, a tile's rows are runs of outputs that are neighbours in the source.
/// target[c][targets[r] + i] = limit(bias[c] + Σ_k panels[k][c] · source[sources[r] + i + taps[k]]).
struct ChannelVectorArguments {
  var source: UnsafePointer<Float>
  var taps: UnsafePointer<Int32>
  var depth: Int
  var panels: UnsafePointer<Float>
  var panelStride: Int
  /// As many values as the panels have lanes.
  var bias: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  var sources: UnsafePointer<Int32>
  var targets: UnsafePointer<Int32>
  /// The first tap of each run, and behind its last; NULL: all taps.
  var ranges: UnsafePointer<Int32>?
  var runs: Int
  /// Of a run that are stored; fewer than it has only if every run is the start of a row.
  var runPoints: Int
  var channels: Int
  var channelStride: Int
  /// 0 for ReLU, else -infinity.
  var floor: Float
  /// Infinity for none.
  var ceiling: Float
  /// One tile.
  var scratch: UnsafeMutablePointer<Float>
  var prefetch: PlanePrefetch
}

/// Limits a tile's values in scratch memory.
@inline(always)
private func applyCeiling<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorArguments>
) {
  let limit = L.splat(p.pointee.ceiling)
  var address = p.pointee.scratch
  let end = address + runs &* run &* vectors &* L.count
  while address < end {
    L.store(L.smaller(L.load(address), limit), address)
    address += L.count
  }
}

/// One panel of channels after the other, all of the runs in tiles.
@inline(always)
func convolveChannelVectors<let runs: Int, let run: Int, let vectors: Int, L: Lanes>(
  _ tile: ChannelVectorSums<runs, run, vectors, L>.Type, _ p: UnsafePointer<ChannelVectorArguments>
) {
  let depth = p.pointee.depth
  let last = p.pointee.runs &- 1
  var bandPrefetch = p.pointee.prefetch
  var panel = p.pointee.panels
  var channel = 0
  while channel < p.pointee.channels {
    var first = 0
    while first <= last {
      var offsets = InlineArray<runs, Int>(repeating: 0)
      // A tile behind the last run computes that again.
      for r in 0..<runs { offsets[r] = Int(p.pointee.sources[min(first &+ r, last)]) }
      let steps = usedSteps(p.pointee.ranges, first, count: runs, last: last, depth: depth)
      prefetchTarget(p, channel: channel &+ tile.columns, tile.columns, first: first)
      // Nobody has asked for what the first panel's next runs go to.
      if channel == 0, first &+ runs <= last { prefetchTarget(p, channel: 0, tile.columns, first: first &+ runs) }
      var sum = tile.init()
      var k = steps.first
      let end = steps.first &+ steps.count
      while k < end {
        let count = min(end &- k, PlanePrefetch.steps)
        sum.multiply(p.pointee.source, p.pointee.taps + k, offsets, panel + k &* tile.columns, depth: count)
        bandPrefetch.advance()
        k &+= count
      }
      sum.storeAccumulators(to: p.pointee.scratch, bias: p.pointee.bias + channel, floor: L.splat(p.pointee.floor))
      if p.pointee.ceiling < .infinity { applyCeiling(tile, p) }
      transposeToTarget(tile, p, channel: channel, first: first)
      first &+= runs
    }
    channel &+= tile.columns
    panel += p.pointee.panelStride
  }
}

/// Asks for the lines that the same run of the next panel's channels goes to: they take longer to come than a tile
/// takes.
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

/// Transposes a tile in scratch memory from points × channels to its places in the target, as many runs at a time as
/// follow one another there without a gap.
///
/// Runs of rows that have fewer points than the tile's are never joined: between the points of two of them lie points in
/// scratch memory that belong nowhere.
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
  let isFull = p.pointee.runPoints == run
  var r = 0
  while r < count {
    let start = Int(targets[r])
    var end = r &+ 1
    while isFull, end < count, Int(targets[end]) &- start == (end &- r) &* run { end &+= 1 }
    L.transpose(
      scratch + r &* run &* tile.columns, tile.columns, rows: (end &- r) &* run &- (run &- p.pointee.runPoints),
      columns: columns, target + start, p.pointee.channelStride)
    r = end
  }
}

/// A "points" tile of one level: its size, and the level's function.
struct ChannelVectorTile: Sendable {
  let level: InstructionSet
  let runs: Int
  let run: Int
  let vectors: Int
  let function: LevelFunction<ChannelVectorArguments>

  /// Runs × points of a run × vectors.
  var name: String { "\(runs)x\(run)x\(vectors)" }
  var byteCount: Int { cacheLines(runs * run * vectors * level.lanes * 4) }
}
