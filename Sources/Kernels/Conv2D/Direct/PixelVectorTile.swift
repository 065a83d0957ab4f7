import KernelsISA

/// The arguments of `convolvePixelVectors`, the `pixels` kernels: a vector holds neighbouring pixels of an output row,
/// and a tile's rows are output channels.
/// target[c · channelStride + targets[v]…] = limit(bias[c] + Σ_k weights[k][c] · source[sources[v] + taps[k]…]).
struct PixelVectorArguments {
  var source: UnsafePointer<Float>
  /// The offset of each step's tap from an output's origin.
  var taps: UnsafePointer<Int32>
  /// Steps of a sum.
  var depth: Int
  /// The first panel of weights, one row of channels for each step.
  var weights: UnsafePointer<Float>
  /// Panels of both widths.
  var panels: Int
  /// Panels as wide as the tile has rows; the panels behind them have the smaller tile's width.
  var widePanels: Int
  /// Elements from a wide panel to the next.
  var panelStride: Int
  /// Elements from a panel of the smaller width to the next.
  var tailStride: Int
  /// Elements from a row of a panel to the next.
  var panelRowStride: Int
  /// The bias of each channel, padded to whole panels.
  var bias: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  /// The offset of each vector's origin in the source.
  var sources: UnsafePointer<Int32>
  /// The offset of each vector in a plane of the target.
  var targets: UnsafePointer<Int32>
  /// For each vector its first step and the end of its steps; nil: all steps.
  var ranges: UnsafePointer<Int32>?
  /// Vectors of all outputs of a channel.
  var vectors: Int
  /// Lanes of each vector that are stored.
  var lanes: Int
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
  /// The order of loops: whether the loop over tiles of vectors is the outer one, and the loop over panels the inner one.
  var vectorsOuter: Bool
  /// The planes of a source that is read in place and of which each plane is one tap: their next vectors are prefetched.
  /// 0 for any other source.
  var sourcePlanes: Int
  /// Elements from a plane of the source to the next.
  var sourcePlaneStride: Int
  /// Memory for the inputs of a tile, which are packed before all panels are multiplied with them; nil: not packed.
  var packed: UnsafeMutablePointer<Float>?
  /// The offset of each step's vectors in `packed`.
  var packedTaps: UnsafePointer<Int32>
}

/// Computes all tiles, vectors of pixels × panels of output channels. The last panels may have the smaller tile
/// (`PanelLayout`).
///
/// With panels in the outer loop, a panel of weights stays in the first-level cache. With vectors in the outer loop
/// (`vectorsOuter`), the source is read once, and where it is read in place, the next vectors are prefetched meanwhile.
/// Lines of planes that lie a power of two apart fall into few sets of the first-level cache, so a source of few planes
/// is packed for each tile of vectors if there are many panels.
@inline(always)
func convolvePixelVectors<let rows: Int, let tail: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, tail lastTile: RegisterTile<tail, vectors, L>.Type,
  _ p: UnsafePointer<PixelVectorArguments>
) {
  let panels = p.pointee.panels
  let wide = p.pointee.widePanels
  let groups = (p.pointee.vectors &+ vectors &- 1) / vectors
  let vectorsOuter = p.pointee.vectorsOuter
  var bandPrefetch = p.pointee.prefetch
  var vectorPrefetch = PlanePrefetch()
  var outer = 0
  while outer < (vectorsOuter ? groups : panels) {
    if p.pointee.sourcePlanes > 0 {
      vectorPrefetch.begin(p, vector: (outer &+ 1) &* vectors, count: vectors, panels: panels)
    }
    if let packed = p.pointee.packed { packInputs(tile, p, vector: outer &* vectors, packed) }
    var inner = 0
    while inner < (vectorsOuter ? panels : groups) {
      let index = vectorsOuter ? inner : outer
      let vector = (vectorsOuter ? outer : inner) &* vectors
      if tail < rows, index >= wide {
        let channel = wide &* rows &+ (index &- wide) &* tail
        let panel = p.pointee.weights + (wide &* p.pointee.panelStride &+ (index &- wide) &* p.pointee.tailStride)
        computeTile(lastTile, p, channel: channel, vector: vector, panel: panel, &bandPrefetch, &vectorPrefetch)
      } else {
        let panel = p.pointee.weights + index &* p.pointee.panelStride
        computeTile(tile, p, channel: index &* rows, vector: vector, panel: panel, &bandPrefetch, &vectorPrefetch)
      }
      inner &+= 1
    }
    outer &+= 1
  }
}

/// Packs the inputs of a tile: its vectors of all steps.
@inline(always)
private func packInputs<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<PixelVectorArguments>, vector: Int,
  _ packed: UnsafeMutablePointer<Float>
) {
  for v in 0..<vectors {
    let origin = p.pointee.source + Int(p.pointee.sources[min(vector &+ v, p.pointee.vectors &- 1)])
    var target = packed + v &* L.count
    var k = 0
    while k < p.pointee.depth {
      L.store(L.load(origin + Int(p.pointee.taps[k])), target)
      target += tile.columns
      k &+= 1
    }
  }
}

/// Computes one tile: the sums of a panel's channels for some vectors, from `vector` on.
@inline(always)
private func computeTile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<PixelVectorArguments>, channel: Int, vector: Int,
  panel: UnsafePointer<Float>, _ bandPrefetch: inout PlanePrefetch, _ vectorPrefetch: inout PlanePrefetch
) {
  let lastVector = p.pointee.vectors &- 1
  let panelRowStride = p.pointee.panelRowStride
  typealias Origins = InlineArray<vectors, UnsafePointer<Float>>
  // `zeros` and not `init(repeating:)`, which is not always inlined.
  var origins = zeros(Origins.self)
  // Vectors of the tile behind the last vector compute the last vector again.
  for v in 0..<vectors { origins[v] = p.pointee.source + Int(p.pointee.sources[min(vector &+ v, lastVector)]) }
  var taps = p.pointee.taps
  if let packed = p.pointee.packed {
    for v in 0..<vectors { origins[v] = UnsafePointer(packed) + v &* L.count }
    taps = p.pointee.packedTaps
  }
  let steps = usedSteps(p.pointee.ranges, vector, count: vectors, last: lastVector, depth: p.pointee.depth)
  // The target lines of the next panel's channels, for the same vectors, are prefetched one a step, vector by vector:
  // memory takes longer than one tile. The steps after that come in stretches with the other prefetches between. After
  // the last panel, the lines of the next vectors are prefetched.
  let stride = p.pointee.channelStride
  let hasNext = p.pointee.channels &- channel > rows
  let nextChannel = hasNext ? channel &+ rows : p.pointee.vectorsOuter ? 0 : channel
  let nextVector = hasNext ? vector : vector &+ vectors
  let nextTarget = p.pointee.target + nextChannel &* stride
  var prefetchedVectors = 0
  var sum = RegisterTile<rows, vectors, L>()
  bandPrefetch.advance()
  vectorPrefetch.advance()
  var k = steps.first
  let end = steps.first &+ steps.count
  while k < end {
    var count = end &- k
    var prefetchAddress = origins[0]
    var prefetchStep = 0
    if prefetchedVectors < vectors {
      count = min(count, rows)
      prefetchAddress =
        UnsafePointer(nextTarget) + Int(p.pointee.targets[min(nextVector &+ prefetchedVectors, lastVector)])
      prefetchStep = stride
      prefetchedVectors &+= 1
    } else if count > PlanePrefetch.steps {
      count = PlanePrefetch.steps
      bandPrefetch.advance()
      vectorPrefetch.advance()
    }
    sum.multiply(
      panel + k &* panelRowStride, panelRowStride, origins, taps + k, depth: count, prefetchAddress: prefetchAddress,
      prefetchStep: prefetchStep)
    k &+= count
  }
  storeTile(sum, p, channel: channel, vector: vector)
}

extension PlanePrefetch {
  /// Sets this to the lines that `count` vectors from `vector` on read of each plane of the source.
  @inline(always)
  fileprivate mutating func begin(_ p: UnsafePointer<PixelVectorArguments>, vector: Int, count: Int, panels: Int) {
    base = nil
    if vector >= p.pointee.vectors { return }
    let first = p.pointee.source + Int(p.pointee.sources[vector])
    let last = p.pointee.source + Int(p.pointee.sources[min(vector &+ count, p.pointee.vectors) &- 1])
    base = UnsafeRawPointer(first).assumingMemoryBound(to: CChar.self)
    // The tile's vectors may lie in two images, and are then no neighbours.
    linesPerPlane = min((last - first) / 16 &+ 1, count)
    lines = linesPerPlane
    planes = p.pointee.sourcePlanes
    planeGap = (p.pointee.sourcePlaneStride &- linesPerPlane &* 16) &* 4
    let requests = panels &* ((p.pointee.depth &+ PlanePrefetch.steps &- 1) / PlanePrefetch.steps)
    linesPerRequest = (planes &* linesPerPlane &+ requests &- 1) / max(requests, 1)
  }
}

/// The range of steps that covers the ranges of a tile's vectors or runs. Steps outside a vector's own range add
/// products with padding, which are zeros.
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

extension RegisterTile {
  /// For each step, adds the products of a panel's row with the vectors at the tap's offset from `origins`; prefetches
  /// one line a step for writing, from `prefetchAddress` on.
  @inline(always)
  fileprivate mutating func multiply(
    _ weights: UnsafePointer<Float>, _ panelRowStride: Int, _ origins: InlineArray<vectors, UnsafePointer<Float>>,
    _ taps: UnsafePointer<Int32>, depth: Int, prefetchAddress: UnsafePointer<Float>, prefetchStep: Int
  ) {
    var weights = weights
    var prefetchAddress = prefetchAddress
    var k = 0
    while k < depth {
      let tap = Int(taps[k])
      var row = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
      for v in 0..<vectors { row[v] = L.load(origins[v] + tap) }
      prefetchToWrite(prefetchAddress)
      prefetchAddress += prefetchStep
      for i in 0..<rows {
        let weight = L.splat(weights[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(weight, row[v], sums[i][v]) }
      }
      weights += panelRowStride
      k &+= 1
    }
  }
}

extension RegisterTile {
  /// Applies bias and floor to some rows. The optimiser does not unroll a loop of 12 rows, or one that also stores
  /// them, and the accumulators would go through memory.
  @inline(always)
  fileprivate mutating func applyBiasAndFloor(
    bias: UnsafePointer<Float>, floor: L.Vector, from first: Int, to last: Int
  ) {
    for i in first..<last {
      let rowBias = L.splat(bias[i])
      for v in 0..<vectors { sums[i][v] = L.larger(sums[i][v] + rowBias, floor) }
    }
  }
}

/// Applies the upper limit to a tile in memory, after it was stored: a second limit on the accumulators would cost all
/// tiles registers.
@inline(always)
private func applyCeiling<let vectors: Int, L: Lanes>(
  _ lanes: L.Type, _ tileTargets: InlineArray<vectors, UnsafeMutablePointer<Float>>, step: Int, rows: Int,
  ceiling: Float
) {
  let limit = L.splat(ceiling)
  for v in 0..<vectors {
    var address = tileTargets[v]
    var i = 0
    while i < rows {
      L.store(L.smaller(L.load(address), limit), address)
      address += step
      i &+= 1
    }
  }
}

/// Stores a tile with bias and floor applied: to the target, or if some of its rows, vectors or lanes are outside the
/// target, to scratch memory, from which the others are copied.
///
/// Both cases share one loop over the accumulators, since accumulators that are read in two places do not stay in
/// registers.
@inline(always)
private func storeTile<let rows: Int, let vectors: Int, L: Lanes>(
  _ sum: RegisterTile<rows, vectors, L>, _ p: UnsafePointer<PixelVectorArguments>, channel: Int, vector: Int
) {
  let stride = p.pointee.channelStride
  let lanes = p.pointee.lanes
  let height = min(p.pointee.channels &- channel, rows)
  let width = min(p.pointee.vectors &- vector, vectors)
  let isWhole = lanes == L.count && height == rows && width == vectors
  let target = p.pointee.target + channel &* stride
  let targets = p.pointee.targets + vector
  let lastVector = p.pointee.vectors &- 1 &- vector
  typealias Targets = InlineArray<vectors, UnsafeMutablePointer<Float>>
  var tileTargets = zeros(Targets.self)
  for v in 0..<vectors {
    let address = target + Int(targets[min(v, lastVector)])
    tileTargets[v] = isWhole ? address : p.pointee.scratch + v &* L.count
  }
  let step = isWhole ? stride : vectors &* L.count
  let floor = L.splat(p.pointee.floor)
  let bias = p.pointee.bias + channel
  var sum = sum
  sum.applyBiasAndFloor(bias: bias, floor: floor, from: 0, to: min(rows, 6))
  sum.applyBiasAndFloor(bias: bias, floor: floor, from: min(rows, 6), to: rows)
  var offset = 0
  for i in 0..<rows {
    for v in 0..<vectors { L.store(sum.sums[i][v], tileTargets[v] + offset) }
    offset &+= step
  }
  if p.pointee.ceiling < .infinity {
    applyCeiling(L.self, tileTargets, step: step, rows: rows, ceiling: p.pointee.ceiling)
  }
  if isWhole { return }
  var address = target
  var from = p.pointee.scratch
  var i = 0
  while i < height {
    var v = 0
    while v < width {
      if lanes == L.count {
        L.store(L.load(from + v &* L.count), address + Int(targets[v]))
      } else {
        L.copy(from + v &* L.count, address + Int(targets[v]), first: lanes)
      }
      v &+= 1
    }
    address += stride
    from += vectors &* L.count
    i &+= 1
  }
}
