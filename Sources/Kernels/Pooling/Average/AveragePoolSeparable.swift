import KernelsISA

/// Average pooling by summing each row once, then the rows of each window: k + k additions a window in place of k². A ring
/// holds the sums along the rows.
@inline(always)
func averagePoolSeparableForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let width = g.outputWidth
  let rows = PaddedRows<L>(g, scratch: p.pointee.scratch, padding: 0)
  let sums = rows.remainingScratch
  let (stride, ringRows) = (g.ringStride, g.ringRows)
  let offsets = UnsafeMutableRawPointer(sums + 2 &* (ringRows &+ 1) &* stride).assumingMemoryBound(to: Int.self)
  let columnDivisors = rows.columns
  var x = 0
  while !g.isPrepared && x < width &+ PoolGeometry.slack {
    let count = windowExtent(
      start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, padding: g.paddingWidth,
      input: g.inputWidth, countIncludePad: g.countIncludePad)
    columnDivisors[x] = Float(count)
    x &+= 1
  }
  var source = p.pointee.source
  var output = p.pointee.destination
  var left = g.planes &* g.outputHeight &* width
  while left > 0 {
    // Rows of this plane that are summed, or that no window covers.
    var done = 0
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let first = top > 0 ? top : 0
      let end = top &+ g.kernelHeight < g.inputHeight ? top &+ g.kernelHeight : g.inputHeight
      if done < first { done = first }
      while done < end {
        let available = g.inputHeight &- done
        let number = available < rows.capacity ? available : rows.capacity
        let padded = rows.copyPadded(source + done &* g.inputWidth, rows: number, g)
        sumRows(lanes, g, rows, padded, into: sums, first: done, number: number)
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
      // The last block of a row overlaps the one before. The excess of a row that is narrower than a vector is in the next
      // rows, which are written later; behind the last rows the row is copied from scratch memory, see `Lanes.copy`: the
      // last row of the ring.
      x = 0
      while true {
        var sum = L.load(sums + (offsets[0] &+ x))
        i = 1
        while i < end &- first {
          sum += L.load(sums + (offsets[i] &+ x))
          i &+= 1
        }
        let mean = sum / (L.load(columnDivisors + x) * L.splat(Float(height)))
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

/// Writes the sums of all windows along `number` rows, from row `first` of the plane on, to the ring.
@inline(always)
private func sumRows<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ rows: PaddedRows<L>, _ padded: UnsafePointer<Float>,
  into sums: UnsafeMutablePointer<Float>, first: Int, number: Int
) {
  let (stride, ringRows) = (g.ringStride, g.ringRows)
  var source = padded
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
      // A vector must not extend beyond rows that are read in place.
      x = rows.isDirect && next &+ L.count > g.outputWidth ? g.outputWidth &- L.count : next
    }
    source += rows.stride
    slot = slot &+ 1 == ringRows ? 0 : slot &+ 1
    i &+= 1
  }
}

extension PoolGeometry {
  /// Windows along a row that cover an input element, at most.
  @inline(always) fileprivate var windowsPerInput: Int { (kernelWidth &+ strideWidth &- 1) / strideWidth }

  /// Floats of a row of window gradients, with zeros in front and behind.
  @inline(always) fileprivate var windowGradientCount: Int {
    let inputs = (inputWidth &+ paddingWidth) / strideWidth &+ 1
    return windowsPerInput &+ (inputs > outputWidth ? inputs : outputWidth) &+ 2 &* PoolGeometry.slack
  }

  /// Floats of a row of input gradients, with padding and all phases of the last vector.
  @inline(always) fileprivate var inputGradientStride: Int {
    inputWidth &+ paddingWidth &+ strideWidth &* (PoolGeometry.slack &+ 1)
  }

  /// Rows of the ring, a power of 2: the output rows whose windows cover an input row, and one more.
  @inline(always) fileprivate var inputGradientRingRows: Int {
    let rows = (kernelHeight &+ strideHeight &- 1) / strideHeight &+ 1
    return 1 << (Int.bitWidth &- (rows &- 1).leadingZeroBitCount)
  }

  /// Bytes of scratch memory that a thread needs for ``averagePoolSeparableBackward(_:_:)``.
  var separableGradientByteCount: Int {
    let count =
      windowGradientCount + outputWidth + PoolGeometry.slack + inputGradientRingRows * inputGradientStride + 2
      * inputGradientRingRows
    return cacheLines(count * MemoryLayout<Float>.stride)
  }
}

/// Each element of the input gradient sums the gradients of the windows that cover it: first along each row of outputs, then
/// down its column.
///
/// The window gradients of a row, its output gradients divided by the divisors, have zeros around them. With stride s, the
/// input at column x + p = j·s + r of the padded input gets the window gradients j, j − 1, … of ⌈(k − r)/s⌉ outputs: for each
/// phase r, vectors of inputs sum contiguous vectors of window gradients. The phases are interleaved, and a ring holds the
/// sums along the rows.
@inline(always)
func averagePoolSeparableBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let leadingZeros = g.windowsPerInput
  let windowGradients = p.pointee.scratch + leadingZeros
  let columnDivisors = p.pointee.scratch + g.windowGradientCount
  let ring = columnDivisors + (g.outputWidth &+ PoolGeometry.slack)
  let (stride, ringRows) = (g.inputGradientStride, g.inputGradientRingRows)
  let offsets = UnsafeMutableRawPointer(ring + ringRows &* stride).assumingMemoryBound(to: Int.self)
  var i = 0
  while !g.isPrepared && i < g.windowGradientCount {
    p.pointee.scratch[i] = 0
    i &+= 1
  }
  var x = 0
  while !g.isPrepared && x < g.outputWidth &+ PoolGeometry.slack {
    let count = windowExtent(
      start: x &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, padding: g.paddingWidth,
      input: g.inputWidth, countIncludePad: g.countIncludePad)
    columnDivisors[x] = x < g.outputWidth ? Float(count) : 1
    x &+= 1
  }
  var outputGradient = p.pointee.source
  var destination = p.pointee.destination
  var left = g.planes &* g.inputHeight &* g.inputWidth
  while left > 0 {
    // Rows of outputs that are in the ring, and the range of those whose windows cover row y.
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
          L.store(L.load(outputGradient + x) / (L.load(columnDivisors + x) * height), windowGradients + x)
          x &+= L.count
        }
        while x < g.outputWidth {
          windowGradients[x] = outputGradient[x] / (columnDivisors[x] * Float(rows))
          x &+= 1
        }
        sumAlongRow(lanes, g, UnsafePointer(windowGradients), into: ring + (done & (ringRows &- 1)) &* stride)
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
        // The last block of a row of at least a vector overlaps the one before. The excess of a narrower row is in the next
        // row, which is written later; behind the last row it is copied from scratch memory, see `Lanes.copy`: the excess
        // of the divisors.
        if x &+ L.count > g.inputWidth && g.inputWidth >= L.count { x = g.inputWidth &- L.count }
        var sum = L.splat(0)
        i = 0
        while i < end &- first {
          sum += L.load(ring + (offsets[i] &+ x))
          i &+= 1
        }
        let hasRoom = x &+ L.count <= left
        L.store(sum, hasRoom ? destination + x : columnDivisors + g.outputWidth)
        if !hasRoom { L.copy(UnsafePointer(columnDivisors + g.outputWidth), destination + x, first: g.inputWidth &- x) }
        x &+= L.count
      }
      destination += g.inputWidth
      left &-= g.inputWidth
      y &+= 1
    }
  }
}

/// Writes the sum of the window gradients that cover each column of the padded input, along one row of outputs.
@inline(always)
private func sumAlongRow<L: HalfLanes>(
  _ lanes: L.Type, _ g: PoolGeometry, _ windowGradients: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>
) {
  let count = (g.inputWidth &+ g.paddingWidth &+ g.strideWidth &- 1) / g.strideWidth
  var j = 0
  if g.strideWidth == 1 {
    while j < count {
      L.store(windowGradientSum(lanes, windowGradients + j, g.kernelWidth), row + j)
      j &+= L.count
    }
  } else if g.strideWidth == 2 {
    while j < count {
      let even = windowGradientSum(lanes, windowGradients + j, (g.kernelWidth &+ 1) / 2)
      let odd = windowGradientSum(lanes, windowGradients + j, g.kernelWidth / 2)
      let interleaved = L.interleave(even, odd)
      L.store(interleaved.low, row + 2 &* j)
      L.store(interleaved.high, row + (2 &* j &+ L.count))
      j &+= L.count
    }
  } else {
    while j < count {
      var phase = 0
      while phase < g.strideWidth {
        let terms = (g.kernelWidth &- phase &+ g.strideWidth &- 1) / g.strideWidth
        let sum = windowGradientSum(lanes, windowGradients + j, phase < g.kernelWidth ? terms : 0)
        for lane in 0..<L.count { row[(j &+ lane) &* g.strideWidth &+ phase] = sum[lane] }
        phase &+= 1
      }
      j &+= L.count
    }
  }
}

/// The sum of `terms` window gradients, the last at each lane's own column.
@inline(always)
private func windowGradientSum<L: HalfLanes>(_ lanes: L.Type, _ windowGradients: UnsafePointer<Float>, _ terms: Int)
  -> L.Vector
{
  var sum = L.splat(0)
  var i = terms
  while i > 0 {
    i &-= 1
    sum += L.load(windowGradients - i)
  }
  return sum
}
