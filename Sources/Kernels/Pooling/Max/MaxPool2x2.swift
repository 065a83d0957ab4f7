import KernelsISA

// 2×2 windows with stride 2: the two rows of a vector of windows are loaded whole, and their columns deinterleaved.

struct MaxPool2x2Forward: Windows2x2Pass {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let maxIndices: UnsafeMutablePointer<Int32>?
  let below: Int
  var uncovered: UnsafeMutablePointer<Float>? { @inline(__always) get { nil } }

  @inline(__always)
  init(_ p: UnsafePointer<MaxPoolForwardArguments>) {
    input = p.pointee.input
    output = p.pointee.output
    maxIndices = p.pointee.maxIndices
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    prefetchRows(lanes, input + i, below)
    let top = L.deinterleave(L.load(input + i), L.load(input + i + L.count))
    let bottom = L.deinterleave(L.load(input + i + below), L.load(input + i + below + L.count))
    var maximum = top.even
    let second = L.replacesMaximum(top.odd, maximum)
    maximum = L.select(maximum, top.odd, where: second)
    let third = L.replacesMaximum(bottom.even, maximum)
    maximum = L.select(maximum, bottom.even, where: third)
    let fourth = L.replacesMaximum(bottom.odd, maximum)
    maximum = L.select(maximum, bottom.odd, where: fourth)
    L.store(maximum, output + o)
    if let maxIndices {
      var maxIndex = L.Indices(repeating: 0)
      maxIndex = L.select(maxIndex, 1, where: second)
      maxIndex = L.select(maxIndex, 2, where: third)
      maxIndex = L.select(maxIndex, 3, where: fourth)
      L.store(maxIndex, maxIndices + o)
    }
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    var maximum = input[i]
    var maxIndex: Int32 = 0
    for index in 1..<4 {
      let value = input[i &+ (index & 1) &+ (index >> 1) &* below]
      if value > maximum || value != value {
        maximum = value
        maxIndex = Int32(truncatingIfNeeded: index)
      }
    }
    output[o] = maximum
    if let maxIndices { maxIndices[o] = maxIndex }
  }
}

struct MaxPool2x2Backward: Windows2x2Pass {
  let outputGradient: UnsafePointer<Float>
  let maxIndices: UnsafePointer<Int32>
  let inputGradient: UnsafeMutablePointer<Float>
  let below: Int
  var uncovered: UnsafeMutablePointer<Float>? { @inline(__always) get { inputGradient } }

  @inline(__always)
  init(_ p: UnsafePointer<MaxPoolBackwardArguments>) {
    outputGradient = p.pointee.outputGradient
    maxIndices = p.pointee.maxIndices
    inputGradient = p.pointee.inputGradient
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    let gradient = L.load(outputGradient + o)
    let maxIndex: L.Indices = L.load(maxIndices + o)
    let zero = L.splat(0)
    let top = L.interleave(
      L.select(zero, gradient, where: L.equal(maxIndex, 0)),
      L.select(zero, gradient, where: L.equal(maxIndex, 1)))
    let bottom = L.interleave(
      L.select(zero, gradient, where: L.equal(maxIndex, 2)),
      L.select(zero, gradient, where: L.equal(maxIndex, 3)))
    L.store(top.low, inputGradient + i)
    L.store(top.high, inputGradient + i + L.count)
    L.store(bottom.low, inputGradient + i + below)
    L.store(bottom.high, inputGradient + i + below + L.count)
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    let (gradient, maxIndex) = (outputGradient[o], maxIndices[o])
    inputGradient[i] = maxIndex == 0 ? gradient : 0
    inputGradient[i &+ 1] = maxIndex == 1 ? gradient : 0
    inputGradient[i &+ below] = maxIndex == 2 ? gradient : 0
    inputGradient[i &+ below &+ 1] = maxIndex == 3 ? gradient : 0
  }
}
