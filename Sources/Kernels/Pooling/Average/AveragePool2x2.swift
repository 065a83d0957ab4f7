import ISA

// 2×2 windows with stride 2, none of which a border cuts: the divisor is 4.

private struct Forward: Windows2x2Pass {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let below: Int
  var leftover: UnsafeMutablePointer<Float>? { @inline(__always) get { nil } }

  @inline(__always)
  init(_ p: UnsafePointer<AveragePoolArguments>) {
    input = p.pointee.source
    output = p.pointee.destination
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    prefetchRows(lanes, input + i, below)
    let top = L.deinterleave(L.load(input + i), L.load(input + i + L.count))
    let bottom = L.deinterleave(L.load(input + i + below), L.load(input + i + below + L.count))
    let sum = top.even + top.odd + bottom.even + bottom.odd
    L.store(sum * L.splat(0.25), output + o)
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    let sum = input[i] + input[i &+ 1] + input[i &+ below] + input[i &+ below &+ 1]
    output[o] = sum * 0.25
  }
}

private struct Backward: Windows2x2Pass {
  let outputGradient: UnsafePointer<Float>
  let inputGradient: UnsafeMutablePointer<Float>
  let below: Int
  var leftover: UnsafeMutablePointer<Float>? { @inline(__always) get { inputGradient } }

  @inline(__always)
  init(_ p: UnsafePointer<AveragePoolArguments>) {
    outputGradient = p.pointee.source
    inputGradient = p.pointee.destination
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    let share = L.load(outputGradient + o) * L.splat(0.25)
    let pairs = L.interleave(share, share)
    L.store(pairs.low, inputGradient + i)
    L.store(pairs.high, inputGradient + i + L.count)
    L.store(pairs.low, inputGradient + i + below)
    L.store(pairs.high, inputGradient + i + below + L.count)
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    let share = outputGradient[o] * 0.25
    inputGradient[i] = share
    inputGradient[i &+ 1] = share
    inputGradient[i &+ below] = share
    inputGradient[i &+ below &+ 1] = share
  }
}

#if arch(arm64)
  @c(average_pool_2x2_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    Forward(p).run(NEONLanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<AveragePoolArguments>) {
    Backward(p).run(NEONLanes.self, p.pointee.geometry)
  }

  let averagePoolTwoByTwoForward = LevelFunctions(neon: average_pool_2x2_forward_neon)
  let averagePoolTwoByTwoBackward = LevelFunctions(neon: average_pool_2x2_backward_neon)
#else
  @c(average_pool_2x2_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<AveragePoolArguments>) {
    Forward(p).run(BaselineLanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    Forward(p).run(AVX2Lanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    Forward(p).run(AVX512Lanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<AveragePoolArguments>) {
    Backward(p).run(BaselineLanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<AveragePoolArguments>) {
    Backward(p).run(AVX2Lanes.self, p.pointee.geometry)
  }
  @c(average_pool_2x2_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<AveragePoolArguments>) {
    Backward(p).run(AVX512Lanes.self, p.pointee.geometry)
  }

  let averagePoolTwoByTwoForward = LevelFunctions(
    baseline: average_pool_2x2_forward_baseline, avx2: average_pool_2x2_forward_avx2,
    avx512: average_pool_2x2_forward_avx512)
  let averagePoolTwoByTwoBackward = LevelFunctions(
    baseline: average_pool_2x2_backward_baseline, avx2: average_pool_2x2_backward_avx2,
    avx512: average_pool_2x2_backward_avx512)
#endif
