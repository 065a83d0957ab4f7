import KernelsISA

/// Rows are summed first, and then the rows of each window: k + k additions in place of k², as each row is summed once.
/// The sums of rows are in a ring.
@inline(always)
func runAveragePoolRowsForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let width = g.outputWidth
  let rows = PaddedRows<L>(g, scratch: p.pointee.scratch, padding: 0)
  let sums = rows.rest
  let (stride, ringRows) = (g.ringStride, g.ringRows)
  let offsets = UnsafeMutableRawPointer(sums + 2 &* (ringRows &+ 1) &* stride).assumingMemoryBound(to: Int.self)
  let columns = rows.columns
  var x = 0
  while !g.isPrepared && x < width &+ PoolGeometry.slack {
    let count = windowExtent(
      start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, padding: g.paddingWidth,
      input: g.inputWidth, countIncludePad: g.countIncludePad)
    columns[x] = Float(count)
    x &+= 1
  }
  var source = p.pointee.source
  var output = p.pointee.destination
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    // Rows of this plane that are summed, or that no window needs.
    var done = 0
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let first = top > 0 ? top : 0
      let end = top &+ g.kernelHeight < g.inputHeight ? top &+ g.kernelHeight : g.inputHeight
      if done < first { done = first }
      while done < end {
        let room = g.inputHeight &- done
        let number = room < rows.count ? room : rows.count
        let laid = rows.lay(source + done &* g.inputWidth, rows: number, g)
        sumRows(lanes, g, rows, laid, into: sums, first: done, number: number)
        done &+= number
      }
      var i = 0
      while i < end &- first {
        offsets[i] = ((first &+ i) & (ringRows &- 1)) &* stride
        i &+= 1
      }
      let height = windowExtent(
        start: top, kernel: g.kernelHeight, padding: g.paddingHeight, input: g.inputHeight,
        countIncludePad: g.countIncludePad)
      // The last block of a row overlaps the one before; a row that is narrower than a vector runs on into the next
      // rows, which are written later, as long as there are enough of them.
      x = 0
      while true {
        var sum = L.load(sums + (offsets[0] &+ x))
        i = 1
        while i < end &- first {
          sum += L.load(sums + (offsets[i] &+ x))
          i &+= 1
        }
        let mean = sum / (L.load(columns + x) * L.splat(Float(height)))
        // By memory where there is no room: see `Lanes.copy`. The ring has a row for it.
        let hasRoom = x &+ L.count <= left
        L.store(mean, hasRoom ? output + x : sums + ringRows &* stride)
        if !hasRoom { L.copy(UnsafePointer(sums + ringRows &* stride), output, first: width) }
        let next = x &+ L.count
        if next >= width { break }
        x = next &+ L.count <= width ? next : width &- L.count
      }
      output += width
      left &-= width
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
  }
}

/// Sums along `number` rows from row `first` on.
@inline(always)
private func sumRows<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ rows: PaddedRows<L>, _ laid: UnsafePointer<Float>,
  into sums: UnsafeMutablePointer<Float>, first: Int, number: Int
) {
  let (stride, ringRows) = (g.ringStride, g.ringRows)
  var source = laid
  var slot = first & (ringRows &- 1)
  var i = 0
  while i < number {
    var x = 0
    while true {
      var sum = L.load(source + (rows.taps[0] &+ x))
      var kx = 1
      while kx < g.kernelWidth {
        sum += L.load(source + (rows.taps[kx] &+ x))
        kx &+= 1
      }
      L.store(sum, sums + (slot &* stride &+ x))
      let next = x &+ L.count
      if next >= g.outputWidth { break }
      // Rows that are read where they are have no room behind them.
      x = rows.isDirect && next &+ L.count > g.outputWidth ? g.outputWidth &- L.count : next
    }
    source += rows.stride
    slot = slot &+ 1 == ringRows ? 0 : slot &+ 1
    i &+= 1
  }
}

extension PoolGeometry {
  /// Outputs that an input has along a row at most.
  @inline(always) fileprivate var sharers: Int { (kernelWidth &+ strideWidth &- 1) / strideWidth }

  /// Floats of a row of shares: zeros in front, as many as a window reaches back, and behind.
  @inline(always) fileprivate var shareCount: Int {
    let inputs = (inputWidth &+ paddingWidth) / strideWidth &+ 1
    return sharers &+ (inputs > outputWidth ? inputs : outputWidth) &+ 2 &* PoolGeometry.slack
  }

  /// Floats of a row of inputs, and of room for all phases of its last vector and for padding.
  @inline(always) fileprivate var spreadStride: Int {
    inputWidth &+ paddingWidth &+ strideWidth &* (PoolGeometry.slack &+ 1)
  }

  /// Output rows that an input has at most, and one more, rounded up to a power of 2.
  @inline(always) fileprivate var spreadRows: Int {
    let rows = (kernelHeight &+ strideHeight &- 1) / strideHeight &+ 1
    return 1 << (Int.bitWidth &- (rows &- 1).leadingZeroBitCount)
  }

  /// Bytes of scratch memory that a thread needs for the Levels.averagePoolRowsBackward pass.
  var spreadByteCount: Int {
    let count = shareCount + outputWidth + PoolGeometry.slack + spreadRows * spreadStride + 2 * spreadRows
    return cacheLines(count * MemoryLayout<Float>.stride)
  }
}

/// An element of the input gathers from the outputs whose windows hold it: first along each row of outputs, then down its
/// column.
///
/// A row's gradients over their divisors, the shares, lie between zeros. With stride s, an input at column x + p = j·s + r
/// from the padded border has the shares j, j - 1 … of ⌈(k - r)/s⌉ outputs: for each phase r vectors of inputs sum
/// contiguous vectors of shares. The sums of rows, with their phases woven together again, are in a ring.
@inline(always)
func runAveragePoolRowsBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let lead = g.sharers
  let shares = p.pointee.scratch + lead
  let columns = p.pointee.scratch + g.shareCount
  let spread = columns + (g.outputWidth &+ PoolGeometry.slack)
  let (stride, ringRows) = (g.spreadStride, g.spreadRows)
  let offsets = UnsafeMutableRawPointer(spread + ringRows &* stride).assumingMemoryBound(to: Int.self)
  var i = 0
  while !g.isPrepared && i < g.shareCount {
    p.pointee.scratch[i] = 0
    i &+= 1
  }
  var x = 0
  while !g.isPrepared && x < g.outputWidth &+ PoolGeometry.slack {
    let count = windowExtent(
      start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, padding: g.paddingWidth,
      input: g.inputWidth, countIncludePad: g.countIncludePad)
    columns[x] = x < g.outputWidth ? Float(count) : 1
    x &+= 1
  }
  var outputGradient = p.pointee.source
  var destination = p.pointee.destination
  var left = g.planes &* g.inputHeight &* g.inputWidth
  while left > 0 {
    // Rows of outputs that are spread, and those whose windows hold row y.
    var (done, first, end) = (0, 0, 0)
    var y = 0
    while y < g.inputHeight {
      let row = y &+ g.paddingHeight
      while first &* g.strideHeight &+ g.kernelHeight <= row { first &+= 1 }
      while end < g.outputHeight && end &* g.strideHeight <= row { end &+= 1 }
      while done < end {
        let rows = windowExtent(
          start: done &* g.strideHeight &- g.paddingHeight, kernel: g.kernelHeight, padding: g.paddingHeight,
          input: g.inputHeight, countIncludePad: g.countIncludePad)
        let height = L.splat(Float(rows))
        x = 0
        while x &+ L.count <= g.outputWidth {
          L.store(L.load(outputGradient + x) / (L.load(columns + x) * height), shares + x)
          x &+= L.count
        }
        while x < g.outputWidth {
          shares[x] = outputGradient[x] / (columns[x] * Float(rows))
          x &+= 1
        }
        spreadRow(lanes, g, UnsafePointer(shares), into: spread + (done & (ringRows &- 1)) &* stride)
        outputGradient += g.outputWidth
        done &+= 1
      }
      i = 0
      while i < end &- first {
        offsets[i] = ((first &+ i) & (ringRows &- 1)) &* stride &+ g.paddingWidth
        i &+= 1
      }
      x = 0
      while x < g.inputWidth {
        // The last block of a row that is wide enough overlaps the one before; a narrower one runs on into the next
        // row, which is written later.
        if x &+ L.count > g.inputWidth && g.inputWidth >= L.count { x = g.inputWidth &- L.count }
        var sum = L.splat(0)
        i = 0
        while i < end &- first {
          sum += L.load(spread + (offsets[i] &+ x))
          i &+= 1
        }
        // By memory where there is no room: see `Lanes.copy`. The divisors have some behind them.
        let hasRoom = x &+ L.count <= left
        L.store(sum, hasRoom ? destination + x : columns + g.outputWidth)
        if !hasRoom { L.copy(UnsafePointer(columns + g.outputWidth), destination + x, first: g.inputWidth &- x) }
        x &+= L.count
      }
      destination += g.inputWidth
      left &-= g.inputWidth
      y &+= 1
    }
  }
}

/// Sums the shares of each column of the padded input.
@inline(always)
private func spreadRow<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ shares: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>
) {
  let count = (g.inputWidth &+ g.paddingWidth &+ g.strideWidth &- 1) / g.strideWidth
  var j = 0
  if g.strideWidth == 1 {
    while j < count {
      L.store(shareSum(lanes, shares + j, g.kernelWidth), row + j)
      j &+= L.count
    }
  } else if g.strideWidth == 2 {
    while j < count {
      let even = shareSum(lanes, shares + j, (g.kernelWidth &+ 1) / 2)
      let odd = shareSum(lanes, shares + j, g.kernelWidth / 2)
      let woven = L.interleave(even, odd)
      L.store(woven.low, row + 2 &* j)
      L.store(woven.high, row + (2 &* j &+ L.count))
      j &+= L.count
    }
  } else {
    while j < count {
      var phase = 0
      while phase < g.strideWidth {
        let terms = (g.kernelWidth &- phase &+ g.strideWidth &- 1) / g.strideWidth
        let sum = shareSum(lanes, shares + j, phase < g.kernelWidth ? terms : 0)
        for lane in 0..<L.count { row[(j &+ lane) &* g.strideWidth &+ phase] = sum[lane] }
        phase &+= 1
      }
      j &+= L.count
    }
  }
}

/// The sum of as many shares, up to the one at each lane's place.
@inline(always)
private func shareSum<L: HalfLanes>(_ lanes: L.Type, _ shares: UnsafePointer<Float>, _ terms: Int) -> L.Vector {
  var sum = L.splat(0)
  var i = terms
  while i > 0 {
    i &-= 1
    sum += L.load(shares - i)
  }
  return sum
}
