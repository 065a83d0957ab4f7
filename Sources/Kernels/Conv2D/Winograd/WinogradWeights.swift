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
  /// Memory for `WinogradSize.weightVectors` vectors.
  var scratch: UnsafeMutablePointer<Float>
}

extension WinogradWeightsArguments {
  /// Prefetches weights behind those of a source channel: they lie apart, for target channels or for source channels.
  ///
  /// - Parameter taps: of a kernel.
  @inline(always)
  func prefetchNext<L: Lanes>(_ lanes: L.Type, _ channel: UnsafePointer<Float>, taps: Int) {
    if laneStride > channelStride {
      for lane in 0..<L.count { prefetch(channel + (lane &* laneStride &+ 64)) }
    } else {
      var line = 0
      while line < L.count &* taps {
        prefetch(channel + (4 &* channelStride &+ line))
        line &+= 16
      }
    }
  }
}

/// Transforms the kernel of each pair of a source channel with the target channels of a vector.
@inline(always)
func winogradWeights<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradWeightsArguments>
) {
  let n = L.count
  let taps = p.pointee.scratch
  let count = F.taps &* F.taps
  let half = p.pointee.scratch + count &* n
  if p.pointee.lanes < n {
    for q in 0..<count { L.store(L.splat(0), taps + q &* n) }
  }
  // Tap q of a flipped kernel lies at count − 1 − q.
  let start = p.pointee.isFlipped ? (count &- 1) &* n : 0
  let step = p.pointee.isFlipped ? 0 &- n : n
  var source = p.pointee.source
  var target = p.pointee.target
  var channel = 0
  while channel < p.pointee.channels {
    p.pointee.prefetchNext(lanes, source, taps: count)
    L.transpose(source, p.pointee.laneStride, rows: p.pointee.lanes, columns: count, taps, n)
    let first = UnsafePointer(taps + start)
    var j = 0
    while j < F.taps {
      L.store6(F.weights(L.self, first + j &* step, F.taps &* step), half + j &* n, F.taps &* n)
      j &+= 1
    }
    var i = 0
    while i < 6 {
      L.store6(
        F.weights(L.self, half + F.taps &* i &* n, n), target + 6 &* i &* p.pointee.pointStride,
        p.pointee.pointStride)
      i &+= 1
    }
    source += p.pointee.channelStride
    target += p.pointee.targetStride
    channel &+= 1
  }
}
