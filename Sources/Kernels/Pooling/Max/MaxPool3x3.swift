import KernelsISA

// 3×3 windows with stride 1 or 2.

/// The maximum of finite elements, and the index of the first of equals.
private struct Maximum<L: HalfLanes>: WindowReduction {
  typealias Level = L
  typealias Value = (maximum: L.Vector, index: L.Indices)
  typealias Target = (output: UnsafeMutablePointer<Float>, maxIndices: UnsafeMutablePointer<Int32>?)
  let output: UnsafeMutablePointer<Float>
  let maxIndices: UnsafeMutablePointer<Int32>?

  static var components: Int { @inline(always) get { 2 } }

  @inline(always)
  func reduce(_ a: L.Vector, _ b: L.Vector, _ c: L.Vector) -> Value {
    let second = b .> a
    let maximum = L.select(a, b, where: second)
    let third = c .> maximum
    let index = L.select(L.select(L.Indices(repeating: 0), 1, where: second), 2, where: third)
    return (L.select(maximum, c, where: third), index)
  }

  @inline(always)
  func merge(_ above: Value, _ value: Value, row: Int32) -> Value {
    let replaces = value.maximum .> above.maximum
    let index = value.index &+ L.Indices(repeating: 3 &* row)
    return (L.select(above.maximum, value.maximum, where: replaces), L.select(above.index, index, where: replaces))
  }

  @inline(always)
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> Value {
    (L.load(carried), L.load(UnsafeRawPointer(carried + stride).assumingMemoryBound(to: Int32.self)))
  }

  @inline(always)
  func store(_ value: Value, _ carried: UnsafeMutablePointer<Float>, stride: Int) {
    L.store(value.maximum, carried)
    L.store(value.index, UnsafeMutableRawPointer(carried + stride).assumingMemoryBound(to: Int32.self))
  }

  @inline(always)
  func target(_ offset: Int, y: Int) -> Target { (output + offset, maxIndices.map { $0 + offset }) }

  @inline(always)
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target {
    (memory, UnsafeMutableRawPointer(memory + stride).assumingMemoryBound(to: Int32.self))
  }

  @inline(always)
  func store(_ value: Value, _ target: Target, _ x: Int) {
    L.store(value.maximum, target.output + x)
    if let maxIndices = target.maxIndices { L.store(value.index, maxIndices + x) }
  }

  @inline(always)
  func copy(_ source: Target, _ target: Target, count: Int) {
    L.copyRow(UnsafePointer(source.output), target.output, count: count)
    guard let from = source.maxIndices, let to = target.maxIndices else { return }
    L.copyRow(
      UnsafeRawPointer(from).assumingMemoryBound(to: Float.self),
      UnsafeMutableRawPointer(to).assumingMemoryBound(to: Float.self), count: count)
  }
}

/// Max pooling with 3×3 windows. If the input holds NaN or an infinity, the outputs are not valid and the first float of the
/// scratch memory is NaN.
@inline(always)
func maxPool3x3Forward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let maximum = Maximum<L>(output: p.pointee.output, maxIndices: p.pointee.maxIndices)
  let scratch = p.pointee.scratch
  scratch.pointee =
    Windows3x3(p.pointee.geometry, maximum, scratch: scratch + 16, padding: -.infinity).run(p.pointee.input)
}

/// Output gradients and the indices of their windows' maxima. Windows of padding have the index −1, that of no tap.
private struct MaximumGradient<L: HalfLanes>: WindowGradient {
  typealias Level = L
  let gradient: UnsafePointer<Float>
  let maxIndices: UnsafePointer<Int32>
  let width: Int

  static var components: Int { @inline(always) get { 2 } }

  @inline(always)
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int) {
    let indices = UnsafeMutableRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
    var i = 0
    while i < stride {
      row[i] = 0
      indices[i] = -1
      i &+= 1
    }
  }

  @inline(always)
  func copyPadded(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int) {
    let gradient = gradient + output
    let indices = UnsafeRawPointer(maxIndices + output).assumingMemoryBound(to: Float.self)
    if width < L.count {
      L.copyNarrow(gradient, row, count: width)
      L.copyNarrow(indices, row + stride, count: width)
      return
    }
    var x = 0
    while x < width {
      if x &+ L.count > width { x = width &- L.count }
      prefetch(gradient + (x &+ 1024))
      prefetch(indices + (x &+ 1024))
      L.store(L.load(gradient + x), row + x)
      L.store(L.load(indices + x), row + (stride &+ x))
      x &+= L.count
    }
  }

  @inline(always)
  func load(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> L.Vector {
    let indices = UnsafeRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
    return L.select(L.splat(0), L.load(row), where: L.equal(L.load(indices), tap))
  }

  @inline(always)
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout L.Vector) {
    // AVX-512 adds under a mask in one instruction.
    if L.count < 16 {
      sum += load(row, stride: stride, tap: tap)
    } else {
      let indices = UnsafeRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
      sum = L.select(sum, sum + L.load(row), where: L.equal(L.load(indices), tap))
    }
  }
}

/// The input gradient of max pooling with 3×3 windows.
@inline(always)
func maxPool3x3Backward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolGatherArguments>) {
  let pass = p.pointee.pass
  let gradient = MaximumGradient<L>(
    gradient: pass.outputGradient, maxIndices: pass.maxIndices, width: pass.geometry.outputWidth)
  Gradients3x3(pass.geometry, gradient, scratch: p.pointee.scratch).run(pass.inputGradient)
}
