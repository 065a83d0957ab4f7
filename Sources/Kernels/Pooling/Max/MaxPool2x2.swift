import KernelsISA

// 2×2 windows with stride 2: the rows of a window are loaded whole, and its columns taken apart by shuffles.

struct MaxPool2x2Forward: Windows2x2Pass {
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

struct MaxPool2x2Backward: Windows2x2Pass {
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
