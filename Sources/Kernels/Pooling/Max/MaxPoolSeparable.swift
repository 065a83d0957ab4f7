import KernelsISA

/// A ring of rows that are reduced along their columns, and the maxima of windows from them.
///
/// Of equal maxima in a window, the first in scan order is the first of the first row that holds it. So each row can be
/// reduced once for all windows that cover it: k + k comparisons a window in place of k².
private struct MaximaRing<L: HalfLanes> {
  let geometry: PoolGeometry
  let rows: PaddedRows<L>
  /// For each output column the first column of its window inside the input.
  let firstColumns: UnsafePointer<Int32>
  /// The maxima of the rows, `ringRows` rows and one for outputs at the end of the last plane.
  let values: UnsafeMutablePointer<Float>
  /// The column in its window of each maximum of a row, as many.
  let columns: UnsafeMutablePointer<Int32>
  /// Elements from one row of the ring to the next.
  let stride: Int
  /// Rows of the ring, a power of 2.
  let ringRows: Int
  /// The offsets in the ring of a window's rows, in elements.
  let offsets: UnsafeMutablePointer<Int>

  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>) {
    geometry = g
    rows = PaddedRows<L>(g, scratch: scratch, padding: -.infinity)
    stride = g.ringStride
    ringRows = g.ringRows
    values = rows.remainingScratch
    let columns = values + (ringRows &+ 1) &* stride
    self.columns = UnsafeMutableRawPointer(columns).assumingMemoryBound(to: Int32.self)
    offsets = UnsafeMutableRawPointer(columns + (ringRows &+ 1) &* stride).assumingMemoryBound(to: Int.self)
    let firstColumns = UnsafeMutableRawPointer(rows.columns).assumingMemoryBound(to: Int32.self)
    self.firstColumns = UnsafePointer(firstColumns)
    if g.isPrepared { return }
    var x = 0
    while x < g.outputWidth &+ PoolGeometry.slack {
      let column = windowTaps(
        start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, dilation: g.dilationWidth,
        input: g.inputWidth)
      firstColumns[x] = Int32(truncatingIfNeeded: column.first)
      x &+= 1
    }
  }

  /// Reduces `number` rows of the input, row `first` of the plane and those below it.
  ///
  /// - Parameter checksNaN: whether the rows may hold NaN.
  @inline(always)
  func reduce(_ input: UnsafePointer<Float>, first: Int, number: Int, checksNaN: Bool) {
    let width = geometry.outputWidth
    var source = input
    var slot = first & (ringRows &- 1)
    var i = 0
    while i < number {
      let (values, columns) = (values + slot &* stride, columns + slot &* stride)
      var x = 0
      while true {
        var maximum = L.load(source + (rows.taps[0] &+ x))
        // Padding is −infinity, which replaces nothing, so the index begins as that of the first input element.
        var maxIndex: L.Indices = L.load(firstColumns + x)
        var kx = 1
        while kx < geometry.kernelWidth {
          let value = L.load(source + (rows.taps[kx] &+ x))
          let replaces = checksNaN ? L.replacesMaximum(value, maximum) : value .> maximum
          maximum = L.select(maximum, value, where: replaces)
          maxIndex = L.select(maxIndex, Int32(truncatingIfNeeded: kx), where: replaces)
          kx &+= 1
        }
        L.store(maximum, values + x)
        L.store(maxIndex, columns + x)
        let next = x &+ L.count
        if next >= width { break }
        // A vector must not extend beyond rows that are read in place.
        x = rows.isDirect && next &+ L.count > width ? width &- L.count : next
      }
      source += rows.stride
      slot = slot &+ 1 == ringRows ? 0 : slot &+ 1
      i &+= 1
    }
  }

  /// Computes a row of outputs, from the rows of the windows from `first` on.
  ///
  /// The last block of a row overlaps the one before. The excess of a row that is narrower than a vector is in the next rows,
  /// which are written later, as long as `left` outputs, those from this row on, are at least a vector.
  @inline(always)
  func outputRow(
    _ output: UnsafeMutablePointer<Float>, _ maxIndices: UnsafeMutablePointer<Int32>?, left: Int, first: Int,
    count: Int, checksNaN: Bool
  ) {
    let width = geometry.outputWidth
    // Else the row is copied from scratch memory, see `Lanes.copy`: the last row of the ring.
    let (spare, spareIndices) = (values + ringRows &* stride, columns + ringRows &* stride)
    let hasRoom = left >= L.count
    var x = 0
    while true {
      var target = spareIndices
      if let maxIndices, hasRoom { target = maxIndices + x }
      block(x, hasRoom ? output + x : spare, target, first: first, count: count, checksNaN: checksNaN)
      let next = x &+ L.count
      if next >= width { break }
      x = next &+ L.count <= width ? next : width &- L.count
    }
    x = 0
    while !hasRoom && x < width {
      output[x] = spare[x]
      if let maxIndices { maxIndices[x] = spareIndices[x] }
      x &+= 1
    }
  }

  /// Computes the outputs `x ..< x + L.count` from `count` rows of their windows, from row `first` of the window on.
  @inline(always)
  private func block(
    _ x: Int, _ output: UnsafeMutablePointer<Float>, _ maxIndices: UnsafeMutablePointer<Int32>, first: Int, count: Int,
    checksNaN: Bool
  ) {
    var maximum = L.load(values + (offsets[0] &+ x))
    var maxIndex: L.Indices = L.load(UnsafePointer(columns + (offsets[0] &+ x)))
    maxIndex &+= L.Indices(repeating: Int32(truncatingIfNeeded: first &* geometry.kernelWidth))
    var i = 1
    while i < count {
      let value = L.load(values + (offsets[i] &+ x))
      let replaces = checksNaN ? L.replacesMaximum(value, maximum) : value .> maximum
      maximum = L.select(maximum, value, where: replaces)
      let column: L.Indices = L.load(UnsafePointer(columns + (offsets[i] &+ x)))
      let row = Int32(truncatingIfNeeded: (first &+ i) &* geometry.kernelWidth)
      maxIndex = L.select(maxIndex, column &+ L.Indices(repeating: row), where: replaces)
      i &+= 1
    }
    L.store(maximum, output)
    L.store(maxIndex, maxIndices)
  }
}

/// Whether some of the values are NaN or infinite: a product with 0 then is NaN.
@inline(always)
private func holdsNonFinite<L: HalfLanes>(_ lanes: L.Type, _ values: UnsafePointer<Float>, _ count: Int) -> Bool {
  if count < L.count {
    var sum: Float = 0
    var i = 0
    while i < count {
      sum += values[i] * 0
      i &+= 1
    }
    return sum != sum
  }
  var sum = L.load(values + (count &- L.count)) * L.splat(0)
  var other = L.splat(0)
  var i = 0
  while i &+ 2 &* L.count <= count {
    sum = L.multiplyAdd(L.load(values + i), L.splat(0), sum)
    other = L.multiplyAdd(L.load(values + (i &+ L.count)), L.splat(0), other)
    i &+= 2 &* L.count
  }
  if i &+ L.count <= count { sum = L.multiplyAdd(L.load(values + i), L.splat(0), sum) }
  let total = L.sum(sum + other)
  return total != total
}

/// Max pooling by reducing each row once, then the rows of each window. From the first rows of a plane that hold NaN or
/// infinities on, comparisons check for NaN.
@inline(always)
func maxPoolSeparableForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let g = p.pointee.geometry
  let ring = MaximaRing<L>(g, scratch: p.pointee.scratch)
  let width = g.outputWidth
  var source = p.pointee.input
  var output = p.pointee.output
  var maxIndices = p.pointee.maxIndices
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    // Rows of this plane that are reduced, or that no window covers.
    var reduced = 0
    var checksNaN = false
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let rows = windowTaps(start: top, kernel: g.kernelHeight, dilation: g.dilationHeight, input: g.inputHeight)
      if reduced < top { reduced = top }
      while reduced <= top &+ (rows.end &- 1) &* g.dilationHeight {
        let available = g.inputHeight &- reduced
        let number = available < ring.rows.capacity ? available : ring.rows.capacity
        let input = source + reduced &* g.inputWidth
        if holdsNonFinite(lanes, input, number &* g.inputWidth) { checksNaN = true }
        let padded = ring.rows.copyPadded(input, rows: number, g)
        if checksNaN {
          ring.reduce(padded, first: reduced, number: number, checksNaN: true)
        } else {
          ring.reduce(padded, first: reduced, number: number, checksNaN: false)
        }
        reduced &+= number
      }
      let count = rows.end &- rows.first
      var i = 0
      while i < count {
        let row = top &+ (rows.first &+ i) &* g.dilationHeight
        ring.offsets[i] = (row & (ring.ringRows &- 1)) &* ring.stride
        i &+= 1
      }
      if checksNaN {
        ring.outputRow(output, maxIndices, left: left, first: rows.first, count: count, checksNaN: true)
      } else {
        ring.outputRow(output, maxIndices, left: left, first: rows.first, count: count, checksNaN: false)
      }
      output += width
      if let next = maxIndices { maxIndices = next + width }
      left &-= width
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
  }
}
