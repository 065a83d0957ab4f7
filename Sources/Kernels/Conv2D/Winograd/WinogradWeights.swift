/// The arguments of `winogradWeights`: transforms the weights of a vector of target channels.
struct WinogradWeightsArguments {
  /// The first target channel's weights for the first source channel.
  var source: UnsafePointer<Float>
  /// Elements from a target channel to the next.
  var laneStride: Int
  /// Target channels, at most a vector's; the lanes of others are zero.
  var lanes: Int
  /// Source channels, and elements from one to the next.
  var channels: Int
  var channelStride: Int
  /// Whether the kernel is flipped by 180°, as in the input gradient.
  var isFlipped: Bool
  /// The first product's weights of the first source channel.
  var target: UnsafeMutablePointer<Float>
  /// Elements from a source channel to the next, and from a product to the next.
  var targetStride: Int
  var pointStride: Int
  /// Memory for 9 + 18 vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// Transforms the kernel of each pair of a source channel with the target channels of a vector.
@inline(always)
func winogradWeights<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradWeightsArguments>) {
  let n = L.count
  let taps = p.pointee.scratch
  let half = p.pointee.scratch + 9 &* n
  if p.pointee.lanes < n {
    for q in 0..<9 { L.store(L.splat(0), taps + q &* n) }
  }
  // Tap q of a flipped kernel lies at 8 − q.
  let start = p.pointee.isFlipped ? 8 &* n : 0
  let step = p.pointee.isFlipped ? 0 &- n : n
  var source = p.pointee.source
  var target = p.pointee.target
  var channel = 0
  while channel < p.pointee.channels {
    L.transpose(source, p.pointee.laneStride, rows: p.pointee.lanes, columns: 9, taps, n)
    let first = UnsafePointer(taps + start)
    var j = 0
    while j < 3 {
      let g = first + j &* step
      L.store6(
        Winograd43.weights(L.self, (L.load(g), L.load(g + 3 &* step), L.load(g + 6 &* step))), half + j &* n, 3 &* n)
      j &+= 1
    }
    var i = 0
    while i < 6 {
      let g = half + 3 &* i &* n
      L.store6(
        Winograd43.weights(L.self, (L.load(g), L.load(g + n), L.load(g + 2 &* n))),
        target + 6 &* i &* p.pointee.pointStride, p.pointee.pointStride)
      i &+= 1
    }
    source += p.pointee.channelStride
    target += p.pointee.targetStride
    channel &+= 1
  }
}
