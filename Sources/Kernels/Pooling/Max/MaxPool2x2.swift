import ISA

// 2×2 windows with stride 2: the rows of a window are loaded whole, and its columns taken apart by shuffles.

private struct Forward: Windows2x2Pass {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let positions: UnsafeMutablePointer<Int32>?
  let below: Int
  var leftover: UnsafeMutablePointer<Float>? { @inline(__always) get { nil } }

  @inline(__always)
  init(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    input = p.pointee.input
    output = p.pointee.output
    positions = p.pointee.positions
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    prefetchRows(lanes, input + i, below)
    let top = L.deinterleave(L.load(input + i), L.load(input + i + L.count))
    let bottom = L.deinterleave(L.load(input + i + below), L.load(input + i + below + L.count))
    var best = top.even
    let second = L.takesOver(top.odd, best)
    best = L.select(best, top.odd, where: second)
    let third = L.takesOver(bottom.even, best)
    best = L.select(best, bottom.even, where: third)
    let fourth = L.takesOver(bottom.odd, best)
    best = L.select(best, bottom.odd, where: fourth)
    L.store(best, output + o)
    if let positions {
      var winner = L.Positions(repeating: 0)
      winner = L.select(winner, 1, where: second)
      winner = L.select(winner, 2, where: third)
      winner = L.select(winner, 3, where: fourth)
      L.store(winner, positions + o)
    }
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    var best = input[i]
    var winner: Int32 = 0
    for position in 1..<4 {
      let value = input[i &+ (position & 1) &+ (position >> 1) &* below]
      if value > best || value != value {
        best = value
        winner = Int32(truncatingIfNeeded: position)
      }
    }
    output[o] = best
    if let positions { positions[o] = winner }
  }
}

private struct Backward: Windows2x2Pass {
  let outputGradient: UnsafePointer<Float>
  let positions: UnsafePointer<Int32>
  let inputGradient: UnsafeMutablePointer<Float>
  let below: Int
  var leftover: UnsafeMutablePointer<Float>? { @inline(__always) get { inputGradient } }

  @inline(__always)
  init(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    outputGradient = p.pointee.outputGradient
    positions = p.pointee.positions
    inputGradient = p.pointee.inputGradient
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    let gradient = L.load(outputGradient + o)
    let winner: L.Positions = L.load(positions + o)
    let zero = L.splat(0)
    let top = L.interleave(
      L.select(zero, gradient, where: L.equal(winner, 0)),
      L.select(zero, gradient, where: L.equal(winner, 1)))
    let bottom = L.interleave(
      L.select(zero, gradient, where: L.equal(winner, 2)),
      L.select(zero, gradient, where: L.equal(winner, 3)))
    L.store(top.low, inputGradient + i)
    L.store(top.high, inputGradient + i + L.count)
    L.store(bottom.low, inputGradient + i + below)
    L.store(bottom.high, inputGradient + i + below + L.count)
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    let (gradient, winner) = (outputGradient[o], positions[o])
    inputGradient[i] = winner == 0 ? gradient : 0
    inputGradient[i &+ 1] = winner == 1 ? gradient : 0
    inputGradient[i &+ below] = winner == 2 ? gradient : 0
    inputGradient[i &+ below &+ 1] = winner == 3 ? gradient : 0
  }
}

#if arch(arm64)
  @c(max_pool_2x2_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    Forward(p).run(NEONLanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    Backward(p).run(NEONLanes.self, p.pointee.geometry)
  }

  let maxPoolTwoByTwoForward = LevelFunctions(neon: max_pool_2x2_forward_neon)
  let maxPoolTwoByTwoBackward = LevelFunctions(neon: max_pool_2x2_backward_neon)
#else
  @c(max_pool_2x2_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    Forward(p).run(BaselineLanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    Forward(p).run(AVX2Lanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    Forward(p).run(AVX512Lanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    Backward(p).run(BaselineLanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    Backward(p).run(AVX2Lanes.self, p.pointee.geometry)
  }
  @c(max_pool_2x2_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    Backward(p).run(AVX512Lanes.self, p.pointee.geometry)
  }

  let maxPoolTwoByTwoForward = LevelFunctions(
    baseline: max_pool_2x2_forward_baseline, avx2: max_pool_2x2_forward_avx2, avx512: max_pool_2x2_forward_avx512)
  let maxPoolTwoByTwoBackward = LevelFunctions(
    baseline: max_pool_2x2_backward_baseline, avx2: max_pool_2x2_backward_avx2, avx512: max_pool_2x2_backward_avx512)
#endif
