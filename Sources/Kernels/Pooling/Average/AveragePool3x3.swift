import KernelsISA

// 3×3 windows with stride 1 or 2.

/// The mean of a window: the sum of its rows' sums, divided by the divisor.
private struct Mean<L: HalfLanes>: WindowReduction {
  typealias Level = L
  typealias Value = L.Vector
  typealias Target = (output: UnsafeMutablePointer<Float>, rowDivisor: L.Vector)
  let g: PoolGeometry
  let output: UnsafeMutablePointer<Float>
  /// The divisor of each output column, the number of window columns that count.
  let columnDivisors: UnsafePointer<Float>

  static var components: Int { @inline(always) get { 1 } }

  @inline(always)
  func reduce(_ a: L.Vector, _ b: L.Vector, _ c: L.Vector) -> L.Vector { a + b + c }

  @inline(always)
  func merge(_ above: L.Vector, _ value: L.Vector, row: Int32) -> L.Vector { above + value }

  @inline(always)
  func load(_ carried: UnsafePointer<Float>, stride: Int) -> L.Vector { L.load(carried) }

  @inline(always)
  func store(_ value: L.Vector, _ carried: UnsafeMutablePointer<Float>, stride: Int) { L.store(value, carried) }

  @inline(always)
  func target(_ offset: Int, y: Int) -> Target { (output + offset, L.splat(g.rowDivisor(y))) }

  @inline(always)
  func spare(_ target: Target, _ memory: UnsafeMutablePointer<Float>, stride: Int) -> Target {
    (memory, target.rowDivisor)
  }

  @inline(always)
  func store(_ value: L.Vector, _ target: Target, _ x: Int) {
    L.store(value / (L.load(columnDivisors + x) * target.rowDivisor), target.output + x)
  }

  @inline(always)
  func copy(_ source: Target, _ target: Target, count: Int) {
    L.copyRow(UnsafePointer(source.output), target.output, count: count)
  }
}

/// Output gradients divided by the divisors of their windows: the gradient for every tap.
private struct MeanGradient<L: HalfLanes>: WindowGradient {
  typealias Level = L
  let g: PoolGeometry
  let gradient: UnsafePointer<Float>
  /// The divisor of each output column.
  let columnDivisors: UnsafePointer<Float>

  static var components: Int { @inline(always) get { 1 } }

  @inline(always)
  func clear(_ row: UnsafeMutablePointer<Float>, stride: Int) {
    var i = 0
    while i < stride {
      row[i] = 0
      i &+= 1
    }
  }

  @inline(always)
  func copyPadded(_ output: Int, y: Int, _ row: UnsafeMutablePointer<Float>, stride: Int) {
    let gradient = gradient + output
    let rowDivisor = L.splat(g.rowDivisor(y))
    if g.outputWidth < L.count {
      L.copyNarrow(gradient, row, count: g.outputWidth)
      L.store(L.load(row) / (L.load(columnDivisors) * rowDivisor), row)
      return
    }
    var x = 0
    while x < g.outputWidth {
      if x &+ L.count > g.outputWidth { x = g.outputWidth &- L.count }
      prefetch(gradient + (x &+ 1024))
      L.store(L.load(gradient + x) / (L.load(columnDivisors + x) * rowDivisor), row + x)
      x &+= L.count
    }
  }

  @inline(always)
  func load(_ row: UnsafePointer<Float>, stride: Int, tap: Int32) -> L.Vector { L.load(row) }

  @inline(always)
  func add(_ row: UnsafePointer<Float>, stride: Int, tap: Int32, to sum: inout L.Vector) { sum += L.load(row) }
}

extension PoolGeometry {
  /// The divisor of output row `y`, the number of window rows that count.
  @inline(always)
  fileprivate func rowDivisor(_ y: Int) -> Float {
    Float(
      windowExtent(
        start: y &* strideHeight &- paddingHeight, kernel: kernelHeight, padding: paddingHeight, input: inputHeight,
        countIncludePad: countIncludePad))
  }

  /// Writes the divisors of the output columns, and 1 behind the last.
  @inline(always)
  fileprivate func writeColumnDivisors(_ columnDivisors: UnsafeMutablePointer<Float>) {
    var x = 0
    while !isPrepared && x < columnDivisorsCount {
      let count = windowExtent(
        start: x &* strideWidth &- paddingWidth, kernel: kernelWidth, padding: paddingWidth, input: inputWidth,
        countIncludePad: countIncludePad)
      columnDivisors[x] = x < outputWidth ? Float(count) : 1
      x &+= 1
    }
  }

  /// Floats of the divisors of the output columns, with a vector of excess.
  @inline(always)
  fileprivate var columnDivisorsCount: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs for the forward pass.
  var averageByteCount3x3: Int { columnDivisorsCount * 4 + byteCount3x3(components: 1) }
  /// Bytes of scratch memory that a thread needs for the backward pass.
  var averageGradientByteCount3x3: Int { columnDivisorsCount * 4 + gradientByteCount3x3(components: 1) }
}

/// Average pooling with 3×3 windows.
@inline(always)
func averagePool3x3Forward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let columnDivisors = p.pointee.scratch
  g.writeColumnDivisors(columnDivisors)
  let mean = Mean<L>(g: g, output: p.pointee.destination, columnDivisors: columnDivisors)
  _ = Windows3x3(g, mean, scratch: columnDivisors + g.columnDivisorsCount, padding: 0).run(p.pointee.source)
}

/// The input gradient of average pooling with 3×3 windows.
@inline(always)
func averagePool3x3Backward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let columnDivisors = p.pointee.scratch
  g.writeColumnDivisors(columnDivisors)
  let gradient = MeanGradient<L>(g: g, gradient: p.pointee.source, columnDivisors: columnDivisors)
  Gradients3x3(g, gradient, scratch: columnDivisors + g.columnDivisorsCount).run(p.pointee.destination)
}
