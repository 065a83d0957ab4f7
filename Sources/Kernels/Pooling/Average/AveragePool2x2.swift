import KernelsISA

// 2×2 windows with stride 2, all inside the input: the divisor is 4.

struct AveragePool2x2Forward: Windows2x2Pass {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let below: Int
  var uncovered: UnsafeMutablePointer<Float>? { @inline(__always) get { nil } }

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

struct AveragePool2x2Backward: Windows2x2Pass {
  let outputGradient: UnsafePointer<Float>
  let inputGradient: UnsafeMutablePointer<Float>
  let below: Int
  var uncovered: UnsafeMutablePointer<Float>? { @inline(__always) get { inputGradient } }

  @inline(__always)
  init(_ p: UnsafePointer<AveragePoolArguments>) {
    outputGradient = p.pointee.source
    inputGradient = p.pointee.destination
    below = p.pointee.geometry.inputWidth
  }

  @inline(__always)
  func block<L: HalfLanes>(_ lanes: L.Type, _ i: Int, _ o: Int) {
    let windowGradient = L.load(outputGradient + o) * L.splat(0.25)
    let pairs = L.interleave(windowGradient, windowGradient)
    L.store(pairs.low, inputGradient + i)
    L.store(pairs.high, inputGradient + i + L.count)
    L.store(pairs.low, inputGradient + i + below)
    L.store(pairs.high, inputGradient + i + below + L.count)
  }

  @inline(__always)
  func single(_ i: Int, _ o: Int) {
    let windowGradient = outputGradient[o] * 0.25
    inputGradient[i] = windowGradient
    inputGradient[i &+ 1] = windowGradient
    inputGradient[i &+ below] = windowGradient
    inputGradient[i &+ below &+ 1] = windowGradient
  }
}
