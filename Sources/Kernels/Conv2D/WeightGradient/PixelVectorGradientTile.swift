import ISA

/// Output channels × taps in tiles, each over all vectors of the view.
@inline(always)
private func dot<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<ConvDotArguments>
) {
  var sums = p.pointee.sums
  let lastChannel = p.pointee.channels &- 1
  let lastTap = p.pointee.depth &- 1
  var channel = 0
  while channel <= lastChannel {
    var gradients = InlineArray<channels, UnsafePointer<Float>>(repeating: p.pointee.gradient)
    // A tile behind the last channel or tap computes that again.
    for c in 0..<channels {
      gradients[c] = p.pointee.gradient + min(channel &+ c, lastChannel) &* p.pointee.gradientStride
    }
    var tap = 0
    while tap <= lastTap {
      var offsets = InlineArray<taps, Int>(repeating: 0)
      for t in 0..<taps { offsets[t] = Int(p.pointee.taps[min(tap &+ t, lastTap)]) }
      if p.pointee.wholeVectors > 0 {
        var sum = RegisterTile<channels, taps, L>(spilledTo: sums)
        sum.multiplyWhole(p, gradients, offsets)
        sum.spill(to: sums)
      }
      if p.pointee.tailVectors > 0 {
        var sum = RegisterTile<channels, taps, L>(spilledTo: sums)
        sum.multiplyTails(p, gradients, offsets)
        sum.spill(to: sums)
      }
      sums += channels &* tile.columns
      tap &+= taps
    }
    channel &+= channels
  }
}

extension RegisterTile {
  /// Adds the products of the vectors of which every lane counts.
  @inline(always)
  fileprivate mutating func multiplyWhole(
    _ p: UnsafePointer<ConvDotArguments>, _ gradients: InlineArray<rows, UnsafePointer<Float>>,
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

  /// Adds the products of the vectors of which some lanes do not count: those are 0 on both sides, so that an infinity
  /// there makes no NaN.
  @inline(always)
  fileprivate mutating func multiplyTails(
    _ p: UnsafePointer<ConvDotArguments>, _ gradients: InlineArray<rows, UnsafePointer<Float>>,
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

/// Sums the lanes of every tile.
@inline(always)
private func reduce<let channels: Int, let taps: Int, L: Lanes>(
  _ tile: RegisterTile<channels, taps, L>.Type, _ p: UnsafePointer<ConvDotReduceArguments>
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

/// A tile of the "dot" kernels with the function that ends its sums.
struct PixelVectorGradientTile: Sendable {
  let tile: ConvTile<ConvDotArguments>
  let reduce: LevelFunction<ConvDotReduceArguments>

  /// The number of lane sums that all tiles of a group hold.
  func sumCount(channels: Int, depth: Int) -> Int {
    let tiles = ((channels + tile.rows - 1) / tile.rows) * ((depth + tile.vectors - 1) / tile.vectors)
    return tiles * tile.rows * tile.vectors * tile.level.lanes
  }
}

#if arch(arm64)
  private typealias N = NEONLanes
  private typealias Dot = UnsafePointer<ConvDotArguments>
  private typealias Reduce = UnsafePointer<ConvDotReduceArguments>
  @c(conv_dot_6x4_neon_body) private func d6x4n(_ p: Dot) { dot(RegisterTile<6, 4, N>.self, p) }
  @c(conv_dot_1x9_neon_body) private func d1x9n(_ p: Dot) { dot(RegisterTile<1, 9, N>.self, p) }
  @c(conv_dot_6x4_reduce_neon_body) private func e6x4n(_ p: Reduce) { reduce(RegisterTile<6, 4, N>.self, p) }
  @c(conv_dot_1x9_reduce_neon_body) private func e1x9n(_ p: Reduce) { reduce(RegisterTile<1, 9, N>.self, p) }

  @inline(never) func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(tile: .init(level: .neon, rows: 6, vectors: 4, run: conv_dot_6x4_neon), reduce: conv_dot_6x4_reduce_neon),
      .init(tile: .init(level: .neon, rows: 1, vectors: 9, run: conv_dot_1x9_neon), reduce: conv_dot_1x9_reduce_neon),
    ]
  }
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  private typealias Dot = UnsafePointer<ConvDotArguments>
  private typealias Reduce = UnsafePointer<ConvDotReduceArguments>
  @c(conv_dot_6x3_avx512_body) private func d6x3z(_ p: Dot) { dot(RegisterTile<6, 3, Z>.self, p) }
  @c(conv_dot_3x5_avx512_body) private func d3x5z(_ p: Dot) { dot(RegisterTile<3, 5, Z>.self, p) }
  @c(conv_dot_1x9_avx512_body) private func d1x9z(_ p: Dot) { dot(RegisterTile<1, 9, Z>.self, p) }
  @c(conv_dot_3x3_avx2_body) private func d3x3a(_ p: Dot) { dot(RegisterTile<3, 3, A>.self, p) }
  @c(conv_dot_1x9_avx2_body) private func d1x9a(_ p: Dot) { dot(RegisterTile<1, 9, A>.self, p) }
  @c(conv_dot_3x3_baseline_body) private func d3x3b(_ p: Dot) { dot(RegisterTile<3, 3, B>.self, p) }
  @c(conv_dot_1x9_baseline_body) private func d1x9b(_ p: Dot) { dot(RegisterTile<1, 9, B>.self, p) }
  @c(conv_dot_6x3_reduce_avx512_body) private func e6x3z(_ p: Reduce) { reduce(RegisterTile<6, 3, Z>.self, p) }
  @c(conv_dot_3x5_reduce_avx512_body) private func e3x5z(_ p: Reduce) { reduce(RegisterTile<3, 5, Z>.self, p) }
  @c(conv_dot_1x9_reduce_avx512_body) private func e1x9z(_ p: Reduce) { reduce(RegisterTile<1, 9, Z>.self, p) }
  @c(conv_dot_3x3_reduce_avx2_body) private func e3x3a(_ p: Reduce) { reduce(RegisterTile<3, 3, A>.self, p) }
  @c(conv_dot_1x9_reduce_avx2_body) private func e1x9a(_ p: Reduce) { reduce(RegisterTile<1, 9, A>.self, p) }
  @c(conv_dot_3x3_reduce_baseline_body) private func e3x3b(_ p: Reduce) { reduce(RegisterTile<3, 3, B>.self, p) }
  @c(conv_dot_1x9_reduce_baseline_body) private func e1x9b(_ p: Reduce) { reduce(RegisterTile<1, 9, B>.self, p) }

  @inline(never) func pixelVectorGradientTiles() -> [PixelVectorGradientTile] {
    [
      .init(
        tile: .init(level: .avx512, rows: 6, vectors: 3, run: conv_dot_6x3_avx512), reduce: conv_dot_6x3_reduce_avx512),
      .init(
        tile: .init(level: .avx512, rows: 3, vectors: 5, run: conv_dot_3x5_avx512), reduce: conv_dot_3x5_reduce_avx512),
      .init(
        tile: .init(level: .avx512, rows: 1, vectors: 9, run: conv_dot_1x9_avx512), reduce: conv_dot_1x9_reduce_avx512),
      .init(tile: .init(level: .avx2, rows: 3, vectors: 3, run: conv_dot_3x3_avx2), reduce: conv_dot_3x3_reduce_avx2),
      .init(tile: .init(level: .avx2, rows: 1, vectors: 9, run: conv_dot_1x9_avx2), reduce: conv_dot_1x9_reduce_avx2),
      .init(
        tile: .init(level: .baseline, rows: 3, vectors: 3, run: conv_dot_3x3_baseline),
        reduce: conv_dot_3x3_reduce_baseline),
      .init(
        tile: .init(level: .baseline, rows: 1, vectors: 9, run: conv_dot_1x9_baseline),
        reduce: conv_dot_1x9_reduce_baseline),
    ]
  }
#endif
