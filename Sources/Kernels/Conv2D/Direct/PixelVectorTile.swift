import KernelsISA

/// "rows": a vector holds neighbouring outputs of a row, a tile's rows are output channels.
/// target[c][targets[v]…] = limit(bias[c] + Σ_k weights[k][c] · source[sources[v] + taps[k]…]).
struct PixelVectorArguments {
  var source: UnsafePointer<Float>
  var taps: UnsafePointer<Int32>
  var depth: Int
  /// Panels.
  var weights: UnsafePointer<Float>
  var panels: Int
  /// Those of the tile's rows; the others are of the smaller tile's.
  var widePanels: Int
  var panelStride: Int
  /// From one of the smaller panels to the vectorPrefetch.
  var tailStride: Int
  /// From one tap's weights to the next's.
  var panelRowStride: Int
  /// As many values as the panels have lanes.
  var bias: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  var sources: UnsafePointer<Int32>
  var targets: UnsafePointer<Int32>
  /// The first tap of each vector, and behind its last; NULL: all taps.
  var ranges: UnsafePointer<Int32>?
  var vectors: Int
  /// Of each vector that are stored.
  var lanes: Int
  var channels: Int
  var channelStride: Int
  /// 0 for ReLU, else -infinity.
  var floor: Float
  /// Infinity for none.
  var ceiling: Float
  /// One tile.
  var scratch: UnsafeMutablePointer<Float>
  var prefetch: PlanePrefetch
  /// All panels pass over a tile's vectors before the next vectors come.
  var vectorsOuter: Bool
  /// If then the source's planes, of which each is one tap, are read in address, their number.
  var sourcePlanes: Int
  var sourcePlaneStride: Int
  /// Where a tile's vectors of all steps are copied before the panels pass over them.
  var packed: UnsafeMutablePointer<Float>?
  /// Of each step there.
  var packedTaps: UnsafePointer<Int32>
}

/// All tiles of vectors × panels of output channels. The last panels may have a smaller tile (`PanelLayout`).
///
/// The vectors of a panel follow one another: its weights stay in the first-level cache. Or the panels of a tile's vectors
/// do (`vectorsOuter`): then the source is passed over once, and where it is read in address, what the next vectors read is
/// prefetchedVectors for meanwhile. Lines of planes that lie a power of two apart share few tileTargets of the first-level cache, so that
/// a short source is copied from there for many panels.
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
    if p.pointee.sourcePlanes > 0 { vectorPrefetch.begin(p, vector: (outer &+ 1) &* vectors, count: vectors, panels: panels) }
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

/// Copies what a tile's vectors read of all planes to where it lies together.
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

@inline(always)
private func computeTile<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<PixelVectorArguments>, channel: Int, vector: Int,
  panel: UnsafePointer<Float>, _ bandPrefetch: inout PlanePrefetch, _ vectorPrefetch: inout PlanePrefetch
) {
  let lastVector = p.pointee.vectors &- 1
  let panelRowStride = p.pointee.panelRowStride
  typealias Origins = InlineArray<vectors, UnsafePointer<Float>>
  // Zeros that are overwritten: `init(repeating:)` is not always inlined.
  var origins = zeros(Origins.self)
  // A tile behind the last vector computes that again.
  for v in 0..<vectors { origins[v] = p.pointee.source + Int(p.pointee.sources[min(vector &+ v, lastVector)]) }
  var taps = p.pointee.taps
  if let packed = p.pointee.packed {
    for v in 0..<vectors { origins[v] = UnsafePointer(packed) + v &* L.count }
    taps = p.pointee.packedTaps
  }
  let steps = usedSteps(p.pointee.ranges, vector, count: vectors, last: lastVector, depth: p.pointee.depth)
  // The lines that the next panel's channels of the same vectors go to take longer to come than a tile takes: they are
  // prefetchedVectors for one a step, vector by vector. Behind them, the steps come in stretches between other requests. Where there
  // is no next panel, it is the lines of the next vectors.
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
      prefetchAddress = UnsafePointer(nextTarget) + Int(p.pointee.targets[min(nextVector &+ prefetchedVectors, lastVector)])
      prefetchStep = stride
      prefetchedVectors &+= 1
    } else if count > PlanePrefetch.steps {
      count = PlanePrefetch.steps
      bandPrefetch.advance()
      vectorPrefetch.advance()
    }
    sum.multiply(
      panel + k &* panelRowStride, panelRowStride, origins, taps + k, depth: count, prefetchAddress: prefetchAddress, prefetchStep: prefetchStep)
    k &+= count
  }
  storeTile(sum, p, channel: channel, vector: vector)
}

extension PlanePrefetch {
  /// Begins to ask for what the vectors from `vector` on read of each of the source's planes.
  @inline(always)
  fileprivate mutating func begin(_ p: UnsafePointer<PixelVectorArguments>, vector: Int, count: Int, panels: Int) {
    base = nil
    if vector >= p.pointee.vectors { return }
    let first = p.pointee.source + Int(p.pointee.sources[vector])
    let last = p.pointee.source + Int(p.pointee.sources[min(vector &+ count, p.pointee.vectors) &- 1])
    base = UnsafeRawPointer(first).assumingMemoryBound(to: CChar.self)
    // Vectors of two images are not neighbours.
    linesPerPlane = min((last - first) / 16 &+ 1, count)
    lines = linesPerPlane
    planes = p.pointee.sourcePlanes
    planeGap = (p.pointee.sourcePlaneStride &- linesPerPlane &* 16) &* 4
    let requests = panels &* ((p.pointee.depth &+ PlanePrefetch.steps &- 1) / PlanePrefetch.steps)
    linesPerRequest = (planes &* linesPerPlane &+ requests &- 1) / max(requests, 1)
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

extension RegisterTile {
  /// Adds, for each tap, the products of a panel of weights with the vectors that lie the tap's offset from `origins`;
  /// asks for a line a tap, from `prefetchAddress` on.
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
  /// Puts some rows through bias and floor. As many as 12 rows at once, or a loop that also stores them, are too much for
  /// the optimiser to unroll, and the sums would go through memory.
  @inline(always)
  fileprivate mutating func applyBiasAndFloor(bias: UnsafePointer<Float>, floor: L.Vector, from first: Int, to last: Int) {
    for i in first..<last {
      let rowBias = L.splat(bias[i])
      for v in 0..<vectors { sums[i][v] = L.larger(sums[i][v] + rowBias, floor) }
    }
  }
}

/// Limits a tile's values where they were stored: another operation on the sums would cost all tiles registers.
@inline(always)
private func applyCeiling<let vectors: Int, L: Lanes>(
  _ lanes: L.Type, _ tileTargets: InlineArray<vectors, UnsafeMutablePointer<Float>>, step: Int, rows: Int, ceiling: Float
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

/// Stores a tile's sums through bias and floor: in their tileTargets, or where some of its rows, vectors or lanes have none,
/// in scratch memory, from where the others are copied.
///
/// The two kinds share one loop over the sums, since sums that are read in two tileTargets do not stay in registers.
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
  if p.pointee.ceiling < .infinity { applyCeiling(L.self, tileTargets, step: step, rows: rows, ceiling: p.pointee.ceiling) }
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
