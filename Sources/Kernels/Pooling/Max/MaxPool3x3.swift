import KernelsISA

// 3×3 windows with stride 1 or 2.

/// The maximum of elements that are finite, and the place of the first of equals.
private struct Maximum<L: HalfLanes>: WindowReduction {
  typealias Level = L
  typealias Value = (best: L.Vector, place: L.Positions)
  typealias Target = (output: UnsafeMutablePointer<Float>, positions: UnsafeMutablePointer<Int32>?)
  let output: UnsafeMutablePointer<Float>
  let positions: UnsafeMutablePointer<Int32>?

  static var parts: Int { @inline(always) get { 2 } }

  @inline(always)
  func reduce(_ a: L.Vector, _ b: L.Vector, _ c: L.Vector) -> Value {
    let second = b .> a
    let best = L.select(a, b, where: second)
    let third = c .> best
    let place = L.select(L.select(L.Positions(repeating: 0), 1, where: second), 2, where: third)
    return (L.select(best, c, where: third), place)
  }

  @inline(always)
  func merge(_ above: Value, _ value: Value, row: Int32) -> Value {
    let wins = value.best .> above.best
    let place = value.place &+ L.Positions(repeating: 3 &* row)
    return (L.select(above.best, value.best, where: wins), L.select(above.place, place, where: wins))
  }

  @inline(always)
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> Value {
    (L.load(carried), L.load(UnsafeRawPointer(carried + stride).assumingMemoryBound(to: Int32.self)))
  }

  @inline(always)
  func store(_ value: Value, _ carried: UnsafeMutablePointer<Float>, stride: Int) {
    L.store(value.best, carried)
    L.store(value.place, UnsafeMutableRawPointer(carried + stride).assumingMemoryBound(to: Int32.self))
  }

  @inline(always)
  func target(_ offset: Int, y: Int) -> Target { (output + offset, positions.map { $0 + offset }) }

  @inline(always)
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target {
    (memory, UnsafeMutableRawPointer(memory + stride).assumingMemoryBound(to: Int32.self))
  }

  @inline(always)
  func store(_ value: Value, _ target: Target, _ x: Int) {
    L.store(value.best, target.output + x)
    if let positions = target.positions { L.store(value.place, positions + x) }
  }

  @inline(always)
  func copy(_ source: Target, _ target: Target, count: Int) {
    L.copyRow(UnsafePointer(source.output), target.output, count: count)
    guard let from = source.positions, let to = target.positions else { return }
    L.copyRow(
      UnsafeRawPointer(from).assumingMemoryBound(to: Float.self),
      UnsafeMutableRawPointer(to).assumingMemoryBound(to: Float.self), count: count)
  }
}

/// Leaves NaN at the start of the scratch memory if the input holds NaN or an infinity: the outputs are not right then.
@inline(always)
func maxPool3x3Forward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let maximum = Maximum<L>(output: p.pointee.output, positions: p.pointee.positions)
  let scratch = p.pointee.scratch
  scratch.pointee =
    Windows3x3(p.pointee.geometry, maximum, scratch: scratch + 16, padding: -.infinity).run(p.pointee.input)
}

/// The gradients of windows' winners, and which taps won; there is no tap -1.
private struct WinnerShares<L: HalfLanes>: WindowShares {
  typealias Level = L
  let gradient: UnsafePointer<Float>
  let positions: UnsafePointer<Int32>
  let width: Int

  static var parts: Int { @inline(always) get { 2 } }

  @inline(always)
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int) {
    let places = UnsafeMutableRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
    var i = 0
    while i < stride {
      row[i] = 0
      places[i] = -1
      i &+= 1
    }
  }

  @inline(always)
  func lay(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int) {
    let gradient = gradient + output
    let places = UnsafeRawPointer(positions + output).assumingMemoryBound(to: Float.self)
    if width < L.count {
      L.copy(gradient, row, first: width)
      L.copy(places, row + stride, first: width)
      return
    }
    var x = 0
    while x < width {
      if x &+ L.count > width { x = width &- L.count }
      prefetch(gradient + (x &+ 1024))
      prefetch(places + (x &+ 1024))
      L.store(L.load(gradient + x), row + x)
      L.store(L.load(places + x), row + (stride &+ x))
      x &+= L.count
    }
  }

  @inline(always)
  func share(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> L.Vector {
    let places = UnsafeRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
    return L.select(L.splat(0), L.load(row), where: L.equal(L.load(places), tap))
  }

  @inline(always)
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout L.Vector) {
    // Where there are masks, an addition takes one.
    if L.count < 16 {
      sum += share(row, stride: stride, tap: tap)
    } else {
      let places = UnsafeRawPointer(row + stride).assumingMemoryBound(to: Int32.self)
      sum = L.select(sum, sum + L.load(row), where: L.equal(L.load(places), tap))
    }
  }
}

@inline(always)
func maxPool3x3Backward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolGatherArguments>) {
  let pass = p.pointee.pass
  let shares = WinnerShares<L>(
    gradient: pass.outputGradient, positions: pass.positions, width: pass.geometry.outputWidth)
  Gradients3x3(pass.geometry, shares, scratch: p.pointee.scratch).run(pass.inputGradient)
}
