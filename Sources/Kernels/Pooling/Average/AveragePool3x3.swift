import KernelsISA

// 3×3 windows with stride 1 or 2.

/// The sum of rows' sums, over a divisor.
private struct Mean<L: HalfLanes>: WindowReduction {
  typealias Level = L
  typealias Value = L.Vector
  typealias Target = (output: UnsafeMutablePointer<Float>, height: L.Vector)
  let g: PoolGeometry
  let output: UnsafeMutablePointer<Float>
  /// For each output column what a sum is divided by along the row.
  let columns: UnsafePointer<Float>

  static var parts: Int { @inline(always) get { 1 } }

  @inline(always)
  func reduce(_ a: L.Vector, _ b: L.Vector, _ c: L.Vector) -> L.Vector { a + b + c }

  @inline(always)
  func merge(_ above: L.Vector, _ value: L.Vector, row: Int32) -> L.Vector { above + value }

  @inline(always)
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> L.Vector { L.load(carried) }

  @inline(always)
  func store(_ value: L.Vector, _ carried: UnsafeMutablePointer<Float>, stride: Int) { L.store(value, carried) }

  @inline(always)
  func target(_ offset: Int, y: Int) -> Target { (output + offset, L.splat(g.rowsDivisor(y))) }

  @inline(always)
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target { (memory, target.height) }

  @inline(always)
  func store(_ value: L.Vector, _ target: Target, _ x: Int) {
    L.store(value / (L.load(columns + x) * target.height), target.output + x)
  }

  @inline(always)
  func copy(_ source: Target, _ target: Target, count: Int) {
    L.copyRow(UnsafePointer(source.output), target.output, count: count)
  }
}

/// Outputs' gradients over what their windows' sums are divided by: the share of each tap.
private struct MeanShares<L: HalfLanes>: WindowShares {
  typealias Level = L
  let g: PoolGeometry
  let gradient: UnsafePointer<Float>
  let columns: UnsafePointer<Float>

  static var parts: Int { @inline(always) get { 1 } }

  @inline(always)
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int) {
    var i = 0
    while i < stride {
      row[i] = 0
      i &+= 1
    }
  }

  @inline(always)
  func lay(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int) {
    let gradient = gradient + output
    let height = L.splat(g.rowsDivisor(y))
    if g.outputWidth < L.count {
      L.copy(gradient, row, first: g.outputWidth)
      L.store(L.load(row) / (L.load(columns) * height), row)
      return
    }
    var x = 0
    while x < g.outputWidth {
      if x &+ L.count > g.outputWidth { x = g.outputWidth &- L.count }
      prefetch(gradient + (x &+ 1024))
      L.store(L.load(gradient + x) / (L.load(columns + x) * height), row + x)
      x &+= L.count
    }
  }

  @inline(always)
  func share(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> L.Vector { L.load(row) }

  @inline(always)
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout L.Vector) { sum += L.load(row) }
}

extension PoolGeometry {
  @inline(always)
  fileprivate func rowsDivisor(_ y: Int) -> Float {
    Float(
      windowExtent(
        start: y &* strideHeight &- paddingHeight, kernel: kernelHeight, padding: paddingHeight, input: inputHeight,
        countIncludePad: countIncludePad))
  }

  /// Writes the divisors of columns: 1 behind the last.
  @inline(always)
  fileprivate func fillDivisors(_ columns: UnsafeMutablePointer<Float>) {
    var x = 0
    while !isPrepared && x < columnsCount {
      let count = windowExtent(
        start: x &* strideWidth &- paddingWidth, kernel: kernelWidth, padding: paddingWidth, input: inputWidth,
        countIncludePad: countIncludePad)
      columns[x] = x < outputWidth ? Float(count) : 1
      x &+= 1
    }
  }

  /// Divisors of columns, with room behind.
  @inline(always)
  fileprivate var columnsCount: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  var averageThreeByThreeByteCount: Int { columnsCount * 4 + threeByThreeByteCount(parts: 1) }
  var averageThreeByThreeGradientByteCount: Int { columnsCount * 4 + threeByThreeGradientByteCount(parts: 1) }
}

@inline(always)
func averagePool3x3Forward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let columns = p.pointee.scratch
  g.fillDivisors(columns)
  let mean = Mean<L>(g: g, output: p.pointee.destination, columns: columns)
  _ = Windows3x3(g, mean, scratch: columns + g.columnsCount, padding: 0).run(p.pointee.source)
}

@inline(always)
func averagePool3x3Backward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let columns = p.pointee.scratch
  g.fillDivisors(columns)
  let shares = MeanShares<L>(g: g, gradient: p.pointee.source, columns: columns)
  Gradients3x3(g, shares, scratch: columns + g.columnsCount).run(p.pointee.destination)
}
