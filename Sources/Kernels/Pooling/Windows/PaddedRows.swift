import KernelsISA

/// Padded copies of a few input rows at a time, laid out as in ``PaddedPlane``. A kernel that reads each row once needs no
/// copy of the whole plane.
struct PaddedRows<L: HalfLanes> {
  /// The offset of each tap along a row, in elements: the element under tap kx of output x is at taps[kx] + x.
  let taps: UnsafePointer<Int>
  /// Floats from one row to the next.
  let stride: Int
  /// Scratch memory for the kernel: an element for each output column, and a vector of excess.
  let columns: UnsafeMutablePointer<Float>
  /// Rows that are copied at once, at most. They are read after all are written: a load that spans two stores can't be
  /// forwarded and waits until both have reached the cache.
  let capacity: Int
  /// Whether rows are read in place. A vector must not extend beyond such a row.
  let isDirect: Bool
  /// The scratch memory behind the rows, for the kernel.
  let remainingScratch: UnsafeMutablePointer<Float>
  private let rows: UnsafeMutablePointer<Float>
  private let phases: Int
  private let phaseStride: Int

  /// Writes the offsets of the taps and the padding, for rows of one shape.
  ///
  /// - Parameters:
  ///   - scratch: at least ``PoolGeometry/paddedRowsCount`` floats.
  ///   - padding: the value of elements outside the input.
  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    let taps = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int.self)
    columns = scratch + 2 &* g.kernelWidth
    rows = columns + (g.outputWidth &+ PoolGeometry.slack)
    remainingScratch = scratch + g.paddedRowsCount
    capacity = g.rowsAtOnce
    phases = g.phases
    phaseStride = g.phaseStride
    // At stride 1, rows of at least a vector without side padding are read in place.
    isDirect = g.strideWidth == 1 && g.insideFirst == 0 && g.insideEnd == g.outputWidth && g.outputWidth >= L.count
    stride = isDirect ? g.inputWidth : phases &* phaseStride
    self.taps = UnsafePointer(taps)
    if g.isPrepared { return }
    var kx = 0
    while kx < g.kernelWidth {
      let column = kx &* g.dilationWidth
      taps[kx] = isDirect ? column : column % g.strideWidth &* phaseStride &+ column / g.strideWidth
      kx &+= 1
    }
    if isDirect { return }
    var i = 0
    while i < capacity &* stride {
      rows[i] = padding
      i &+= 1
    }
  }

  /// Copies the next rows, at most ``capacity``, and returns the address of the first.
  @inline(always)
  func copyPadded(_ source: UnsafePointer<Float>, rows number: Int, _ g: PoolGeometry) -> UnsafePointer<Float> {
    if isDirect { return source }
    var from = source
    var to = rows
    let end = rows + number &* stride
    while to < end {
      if g.strideWidth == 1 {
        copyRow(from, to + g.paddingWidth, g)
      } else if g.strideWidth == 2 && phases == 2 && g.inputWidth >= 2 &* L.count {
        deinterleaveRow(L.self, from, to, g)
      } else if g.strideWidth == 2 && phases == 2 && g.inputWidth >= 2 &* L.Half.count {
        deinterleaveRow(L.Half.self, from, to, g)
      } else {
        gatherRow(from, to, g)
      }
      from += g.inputWidth
      to += stride
    }
    return UnsafePointer(rows)
  }

  /// Copies a row at stride 1; the last vector overlaps the one before.
  @inline(always)
  private func copyRow(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ g: PoolGeometry) {
    if g.inputWidth < L.count {
      L.copy(from, to, first: g.inputWidth)
      return
    }
    var x = 0
    while x < g.inputWidth {
      if x &+ L.count > g.inputWidth { x = g.inputWidth &- L.count }
      L.store(L.load(from + x), to + x)
      x &+= L.count
    }
  }

  /// Copies a row at stride 2: pairs of vectors are deinterleaved; the last pair overlaps the one before.
  @inline(always)
  private func deinterleaveRow<RowLanes: HalfLanes>(
    _ lanes: RowLanes.Type, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ g: PoolGeometry
  ) {
    var x = 0
    while x < g.inputWidth {
      if x &+ 2 &* RowLanes.count > g.inputWidth { x = g.inputWidth &- 2 &* RowLanes.count }
      let (even, odd) = RowLanes.deinterleave(RowLanes.load(from + x), RowLanes.load(from + x + RowLanes.count))
      let first = x &+ g.paddingWidth
      RowLanes.store(even, to + (first & 1 &* phaseStride &+ first >> 1))
      RowLanes.store(odd, to + ((first &+ 1) & 1 &* phaseStride &+ (first &+ 1) >> 1))
      x &+= 2 &* RowLanes.count
    }
  }

  /// Copies a row at any stride, element by element.
  @inline(always)
  private func gatherRow(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ g: PoolGeometry) {
    var phase = 0
    while phase < phases {
      // Columns of the phase in the left padding.
      let skipped = phase < g.paddingWidth ? (g.paddingWidth &- phase &+ g.strideWidth &- 1) / g.strideWidth : 0
      var column = phase &+ skipped &* g.strideWidth &- g.paddingWidth
      var target = to + (phase &* phaseStride &+ skipped)
      while column < g.inputWidth {
        target.pointee = from[column]
        target += 1
        column &+= g.strideWidth
      }
      phase &+= 1
    }
  }
}

extension PoolGeometry {
  /// Whether reducing each row once, and then the rows of each window, takes fewer steps than reducing each window by
  /// itself; the reduced rows' loads and stores count as steps.
  var reducesRows: Bool {
    kernelHeight * kernelWidth > kernelWidth * min(strideHeight, kernelHeight) + kernelHeight + 2
  }

  /// Rows of input that are copied at once: as many as 16 KB hold, half of a first-level cache of 32 KB, at most 16.
  @inline(always)
  var rowsAtOnce: Int {
    let fitting = 4096 / (phases &* phaseStride)
    let least = fitting < 16 ? fitting : 16
    let number = least < inputHeight ? least : inputHeight
    return number > 1 ? number : 1
  }

  /// Floats of scratch memory for ``PaddedRows``.
  @inline(always)
  var paddedRowsCount: Int {
    let count = 2 &* kernelWidth &+ outputWidth &+ PoolGeometry.slack &+ rowsAtOnce &* phases &* phaseStride
    return (count &+ 15) & ~15
  }

  /// Reduced rows in the ring, a power of 2: those of a window and of the rows that are copied at once.
  @inline(always)
  var ringRows: Int {
    let extent = (kernelHeight &- 1) &* dilationHeight &+ 1
    let rows = (extent < inputHeight ? extent : inputHeight) &+ rowsAtOnce
    return 1 &<< (Int.bitWidth &- (rows &- 1).leadingZeroBitCount)
  }

  /// Floats from one reduced row to the next.
  @inline(always)
  var ringStride: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs for a separable reduction: ``PaddedRows``, a ring of reduced rows and one
  /// row more, an index for each of their values, and the offsets of a window's rows in the ring.
  var separableByteCount: Int {
    cacheLines((paddedRowsCount + 2 * (ringRows + 1) * ringStride + 2 * kernelHeight) * MemoryLayout<Float>.stride)
  }
}
