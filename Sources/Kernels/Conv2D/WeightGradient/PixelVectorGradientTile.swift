import KernelsISA

/// The arguments of `accumulatePixelVectorGradient`, the `pixels` kernels of the weight gradient: a vector holds
/// neighbouring pixels of an output row, a tile is output channels × taps, and every lane has its own sums.
/// sums[c][tap] += gradient[c][gradients[v]…] · source[sources[v] + taps[tap]…], lane by lane.
struct PixelVectorGradientArguments {
  var source: UnsafePointer<Float>
  /// The offset of each vector's origin in the source.
  var sources: UnsafePointer<Int32>
  var gradient: UnsafePointer<Float>
  /// The offset of each vector in a plane of the gradient.
  var gradients: UnsafePointer<Int32>
  /// Elements from a channel of the gradient to the next.
  var gradientStride: Int
  /// Vectors all of whose lanes count; they are the first.
  var wholeVectors: Int
  /// Vectors behind them, of which only the lanes tailFirst ..< tailLast count.
  var tailVectors: Int
  var tailFirst: Int32
  var tailLast: Int32
  /// The offset of each tap from a vector's origin.
  var taps: UnsafePointer<Int32>
  /// Taps.
  var depth: Int
  /// Output channels.
  var channels: Int
  /// Tiles of accumulators, [channel tile][tap tile][channel][tap], which are added to.
  var sums: UnsafeMutablePointer<Float>
}

/// Computes output channels × taps in tiles, each over all vectors.
@inline(always)
func accumulatePixelVectorGradient<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<PixelVectorGradientArguments>
) {
  var sums = p.pointee.sums
  let lastChannel = p.pointee.channels &- 1
  let lastTap = p.pointee.depth &- 1
  var channel = 0
  while channel <= lastChannel {
    var gradients = InlineArray<channels, UnsafePointer<Float>>(repeating: p.pointee.gradient)
    // Rows and columns of the tile behind the last channel or tap compute the last one again.
    for c in 0..<channels {
      gradients[c] = p.pointee.gradient + min(channel &+ c, lastChannel) &* p.pointee.gradientStride
    }
    var tap = 0
    while tap <= lastTap {
      var offsets = InlineArray<taps, Int>(repeating: 0)
      for t in 0..<taps { offsets[t] = Int(p.pointee.taps[min(tap &+ t, lastTap)]) }
      if p.pointee.wholeVectors > 0 {
        var sum = RegisterTile<channels, taps, L>(accumulators: sums)
        sum.multiplyWhole(p, gradients, offsets)
        sum.storeAccumulators(to: sums)
      }
      if p.pointee.tailVectors > 0 {
        var sum = RegisterTile<channels, taps, L>(accumulators: sums)
        sum.multiplyTails(p, gradients, offsets)
        sum.storeAccumulators(to: sums)
      }
      sums += channels &* tile.columns
      tap &+= taps
    }
    channel &+= channels
  }
}

extension RegisterTile {
  /// Adds the products of the vectors all of whose lanes count.
  @inline(always)
  fileprivate mutating func multiplyWhole(
    _ p: UnsafePointer<PixelVectorGradientArguments>, _ gradients: InlineArray<rows, UnsafePointer<Float>>,
    _ offsets: InlineArray<vectors, Int>
  ) {
    var i = 0
    while i < p.pointee.wholeVectors {
      let source = p.pointee.source + Int(p.pointee.sources[i])
      let gradient = Int(p.pointee.gradients[i])
      var inputs = InlineArray<vectors, L.Vector>(repeating: L.splat(0))
      for t in 0..<vectors { inputs[t] = L.load(source + offsets[t]) }
      for c in 0..<rows {
        let value = L.load(gradients[c] + gradient)
        for t in 0..<vectors { sums[c][t] = L.multiplyAdd(value, inputs[t], sums[c][t]) }
      }
      i &+= 1
    }
  }

  /// Adds the products of the tails. Lanes that do not count are set to 0 on both sides, as 0 times infinity is NaN.
  @inline(always)
  fileprivate mutating func multiplyTails(
    _ p: UnsafePointer<PixelVectorGradientArguments>, _ gradients: InlineArray<rows, UnsafePointer<Float>>,
    _ offsets: InlineArray<vectors, Int>
  ) {
    let zero = L.splat(0)
    let numbers = L.laneIndices
    let counts = zero.replacing(with: L.splat(1), where: numbers .>= L.splat(Float(p.pointee.tailFirst)))
      .replacing(with: zero, where: numbers .>= L.splat(Float(p.pointee.tailLast)))
    let outside = counts .== zero
    var i = p.pointee.wholeVectors
    let end = i &+ p.pointee.tailVectors
    while i < end {
      let source = p.pointee.source + Int(p.pointee.sources[i])
      let gradient = Int(p.pointee.gradients[i])
      var inputs = InlineArray<vectors, L.Vector>(repeating: zero)
      for t in 0..<vectors {
        inputs[t] = L.load(source + offsets[t]).replacing(with: zero, where: outside)
      }
      for c in 0..<rows {
        let value = L.load(gradients[c] + gradient).replacing(with: zero, where: outside)
        for t in 0..<vectors { sums[c][t] = L.multiplyAdd(value, inputs[t], sums[c][t]) }
      }
      i &+= 1
    }
  }
}

/// The arguments of `reducePixelVectorGradient`: target[c][tap] = the sum over the lanes of sums[c][tap].
struct PixelVectorGradientReduceArguments {
  /// The tiles of `PixelVectorGradientArguments.sums`.
  var sums: UnsafePointer<Float>
  /// The weight gradient of a group.
  var target: UnsafeMutablePointer<Float>
  /// Output channels.
  var channels: Int
  /// Taps.
  var depth: Int
}

/// Sums the lanes of every tile.
@inline(always)
func reducePixelVectorGradient<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<PixelVectorGradientReduceArguments>
) {
  var sums = p.pointee.sums
  var channel = 0
  while channel < p.pointee.channels {
    var tap = 0
    while tap < p.pointee.depth {
      let height = min(p.pointee.channels &- channel, channels)
      let width = min(p.pointee.depth &- tap, taps)
      var c = 0
      while c < height {
        let target = p.pointee.target + ((channel &+ c) &* p.pointee.depth &+ tap)
        for t in 0..<width { target[t] = L.sum(L.load(sums + (c &* taps &+ t) &* L.count)) }
        c &+= 1
      }
      sums += channels &* tile.columns
      tap &+= taps
    }
    channel &+= channels
  }
}

/// A tile of the `pixels` kernels of the weight gradient, with the function that sums its lanes.
struct PixelVectorGradientTile: Sendable {
  let tile: ConvTile<PixelVectorGradientArguments>
  let reduce: LevelFunction<PixelVectorGradientReduceArguments>

  /// Elements of the accumulators of all tiles of a group.
  func sumCount(channels: Int, depth: Int) -> Int {
    let tiles = ((channels + tile.rows - 1) / tile.rows) * ((depth + tile.vectors - 1) / tile.vectors)
    return tiles * tile.rows * tile.vectors * tile.level.lanes
  }
}
