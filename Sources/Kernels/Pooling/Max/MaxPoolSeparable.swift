import KernelsISA

/// Rows that are reduced one by one, and the windows' maxima from them.
///
/// The first of equals in scan order is that of the first row which has the largest of the rows' values, and the first in
/// it. So rows can be reduced once, though windows overlap: k + k comparisons in place of k². The reduced rows, places
/// beside values, are in a ring.
private struct MaximaRing<L: HalfLanes> {
  let geometry: PoolGeometry
  let rows: PaddedRows<L>
  /// For each output column its window's first tap that is not padding.
  let firstColumns: UnsafePointer<Int32>
  let values: UnsafeMutablePointer<Float>
  let places: UnsafeMutablePointer<Int32>
  let stride: Int
  let ringRows: Int
  /// Where a window's rows are in the ring.
  let offsets: UnsafeMutablePointer<Int>

  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>) {
    geometry = g
    rows = PaddedRows<L>(g, scratch: scratch, padding: -.infinity)
    stride = g.ringStride
    ringRows = g.ringRows
    values = rows.rest
    let places = values + (ringRows &+ 1) &* stride
    self.places = UnsafeMutableRawPointer(places).assumingMemoryBound(to: Int32.self)
    offsets = UnsafeMutableRawPointer(places + (ringRows &+ 1) &* stride).assumingMemoryBound(to: Int.self)
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

  /// Reduces `number` rows from `first` on.
  ///
  /// - Parameter minds: whether there may be NaN.
  @inline(always)
  func reduce(_ input: UnsafePointer<Float>, first: Int, number: Int, minds: Bool) {
    let width = geometry.outputWidth
    var source = input
    var slot = first & (ringRows &- 1)
    var i = 0
    while i < number {
      let (values, places) = (values + slot &* stride, places + slot &* stride)
      var x = 0
      while true {
        var best = L.load(source + (rows.taps[0] &+ x))
        // A padding element is minus infinity, which takes over from nothing: the first element of the input leads.
        var winner: L.Positions = L.load(firstColumns + x)
        var kx = 1
        while kx < geometry.kernelWidth {
          let value = L.load(source + (rows.taps[kx] &+ x))
          let wins = minds ? L.takesOver(value, best) : value .> best
          best = L.select(best, value, where: wins)
          winner = L.select(winner, Int32(truncatingIfNeeded: kx), where: wins)
          kx &+= 1
        }
        L.store(best, values + x)
        L.store(winner, places + x)
        let next = x &+ L.count
        if next >= width { break }
        // Rows that are read where they are have no room behind them.
        x = rows.isDirect && next &+ L.count > width ? width &- L.count : next
      }
      source += rows.stride
      slot = slot &+ 1 == ringRows ? 0 : slot &+ 1
      i &+= 1
    }
  }

  /// One row of outputs, of which `left` and no more may be written: a row that is narrower than a vector runs on into
  /// the next rows, which are written later, as long as there are enough of them. The last block of a row overlaps the
  /// one before.
  @inline(always)
  func outputRow(
    _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<Int32>?, left: Int, first: Int,
    count: Int, minds: Bool
  ) {
    let width = geometry.outputWidth
    // The last row's, by memory where there is no room: see `Lanes.copy`. The ring has a row for it.
    let (last, lastPlaces) = (values + ringRows &* stride, places + ringRows &* stride)
    let hasRoom = left >= L.count
    var x = 0
    while true {
      var target = lastPlaces
      if let positions, hasRoom { target = positions + x }
      block(x, hasRoom ? output + x : last, target, first: first, count: count, minds: minds)
      let next = x &+ L.count
      if next >= width { break }
      x = next &+ L.count <= width ? next : width &- L.count
    }
    x = 0
    while !hasRoom && x < width {
      output[x] = last[x]
      if let positions { positions[x] = lastPlaces[x] }
      x &+= 1
    }
  }

  /// Outputs `x ..< x + L.count` from their windows' rows, `count` of them from row `first` of the window.
  @inline(always)
  private func block(
    _ x: Int, _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<Int32>, first: Int, count: Int,
    minds: Bool
  ) {
    var best = L.load(values + (offsets[0] &+ x))
    var winner: L.Positions = L.load(UnsafePointer(places + (offsets[0] &+ x)))
    winner &+= L.Positions(repeating: Int32(truncatingIfNeeded: first &* geometry.kernelWidth))
    var i = 1
    while i < count {
      let value = L.load(values + (offsets[i] &+ x))
      let wins = minds ? L.takesOver(value, best) : value .> best
      best = L.select(best, value, where: wins)
      let place: L.Positions = L.load(UnsafePointer(places + (offsets[i] &+ x)))
      let row = Int32(truncatingIfNeeded: (first &+ i) &* geometry.kernelWidth)
      winner = L.select(winner, place &+ L.Positions(repeating: row), where: wins)
      i &+= 1
    }
    L.store(best, output)
    L.store(winner, positions)
  }
}

/// Whether values are not all finite, by a product with 0.
@inline(always)
private func holdsSpecials<L: HalfLanes>(_ lanes: L.Type, _ values: UnsafePointer<Float>, _ count: Int) -> Bool {
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

@inline(always)
func runMaxPoolRowsForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let g = p.pointee.geometry
  let windows = MaximaRing<L>(g, scratch: p.pointee.scratch)
  let width = g.outputWidth
  var source = p.pointee.input
  var output = p.pointee.output
  var positions = p.pointee.positions
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    // Rows of this plane that are reduced, or that no window needs.
    var done = 0
    var minds = false
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let rows = windowTaps(start: top, kernel: g.kernelHeight, dilation: g.dilationHeight, input: g.inputHeight)
      if done < top { done = top }
      while done <= top &+ (rows.end &- 1) &* g.dilationHeight {
        let room = g.inputHeight &- done
        let number = room < windows.rows.count ? room : windows.rows.count
        let input = source + done &* g.inputWidth
        if holdsSpecials(lanes, input, number &* g.inputWidth) { minds = true }
        let laid = windows.rows.lay(input, rows: number, g)
        if minds {
          windows.reduce(laid, first: done, number: number, minds: true)
        } else {
          windows.reduce(laid, first: done, number: number, minds: false)
        }
        done &+= number
      }
      let count = rows.end &- rows.first
      var i = 0
      while i < count {
        let row = top &+ (rows.first &+ i) &* g.dilationHeight
        windows.offsets[i] = (row & (windows.ringRows &- 1)) &* windows.stride
        i &+= 1
      }
      if minds {
        windows.outputRow(output, positions, left: left, first: rows.first, count: count, minds: true)
      } else {
        windows.outputRow(output, positions, left: left, first: rows.first, count: count, minds: false)
      }
      output += width
      if let next = positions { positions = next + width }
      left &-= width
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
  }
}
