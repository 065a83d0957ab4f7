import KernelsISA

/// Some rows of input at a time, laid out for windows: with their side padding in place, so that a window that a border
/// cuts is computed like any other and a vector may run past the last output of a row, and with the columns of each phase
/// of the stride side by side, so that vectors of outputs read contiguous input whatever the stride.
struct PaddedRows<L: HalfLanes> {
  /// Tap kx of output x lies at taps[kx] + x of a row.
  let taps: UnsafePointer<Int>
  /// From one row to the next.
  let stride: Int
  /// An entry for each output column and for those that a vector runs past the last, for the kernel's use.
  let columns: UnsafeMutablePointer<Float>
  /// Rows that are laid out at once, at most. They are read when all are written: a load that needs the data of two
  /// stores waits for both to reach the cache.
  let count: Int
  /// Whether rows are read where they are, and have no room behind them.
  let isDirect: Bool
  /// The rest of the scratch memory.
  let rest: UnsafeMutablePointer<Float>
  private let rows: UnsafeMutablePointer<Float>
  private let phases: Int
  private let phaseStride: Int

  /// Prepares scratch memory, as much as ``PoolGeometry/rowsCount``, for rows of one shape.
  ///
  /// - Parameter padding: the value of elements outside the input.
  @inline(always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    let taps = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int.self)
    columns = scratch + 2 &* g.kernelWidth
    rows = columns + (g.outputWidth &+ PoolGeometry.slack)
    rest = scratch + g.rowsCount
    count = g.rowsAtOnce
    phases = g.phases
    phaseStride = g.phaseStride
    // Without cut windows and strides, rows of whole vectors are read where they are.
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
    while i < count &* stride {
      rows[i] = padding
      i &+= 1
    }
  }

  /// Lays out the next rows, at most ``count``, and returns where the first is.
  @inline(always)
  func lay(_ source: UnsafePointer<Float>, rows number: Int, _ g: PoolGeometry) -> UnsafePointer<Float> {
    if isDirect { return source }
    var from = source
    var to = rows
    let end = rows + number &* stride
    while to < end {
      if g.strideWidth == 1 {
        copyRow(from, to + g.paddingWidth, g)
      } else if g.strideWidth == 2 && phases == 2 && g.inputWidth >= 2 &* L.count {
        splitRow(L.self, from, to, g)
      } else if g.strideWidth == 2 && phases == 2 && g.inputWidth >= 2 &* L.Half.count {
        splitRow(L.Half.self, from, to, g)
      } else {
        pickRow(from, to, g)
      }
      from += g.inputWidth
      to += stride
    }
    return UnsafePointer(rows)
  }

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

  /// A stride of 2: pairs of vectors; the last pair overlaps the one before.
  @inline(always)
  private func splitRow<Part: HalfLanes>(
    _ lanes: Part.Type, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ g: PoolGeometry
  ) {
    var x = 0
    while x < g.inputWidth {
      if x &+ 2 &* Part.count > g.inputWidth { x = g.inputWidth &- 2 &* Part.count }
      let (even, odd) = Part.deinterleave(Part.load(from + x), Part.load(from + x + Part.count))
      let first = x &+ g.paddingWidth
      Part.store(even, to + (first & 1 &* phaseStride &+ first >> 1))
      Part.store(odd, to + ((first &+ 1) & 1 &* phaseStride &+ (first &+ 1) >> 1))
      x &+= 2 &* Part.count
    }
  }

  @inline(always)
  private func pickRow(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ g: PoolGeometry) {
    var phase = 0
    while phase < phases {
      // The first column of the phase that is not in the left padding.
      let skipped = phase < g.paddingWidth ? (g.paddingWidth &- phase &+ g.strideWidth &- 1) / g.strideWidth : 0
      var column = phase &+ skipped &* g.strideWidth &- g.paddingWidth
      var place = to + (phase &* phaseStride &+ skipped)
      while column < g.inputWidth {
        place.pointee = from[column]
        place += 1
        column &+= g.strideWidth
      }
      phase &+= 1
    }
  }
}

extension PoolGeometry {
  /// Whether rows are reduced one by one, and then the rows of each window: each row once, though windows overlap. It
  /// takes fewer steps than windows as they are, but for the rows to be stored and loaded again.
  var reducesRows: Bool {
    kernelHeight * kernelWidth > kernelWidth * min(strideHeight, kernelHeight) + kernelHeight + 2
  }

  /// Rows of input that are laid out at once: as many as half of a first-level cache of 32 KB holds, at most 16.
  @inline(always)
  var rowsAtOnce: Int {
    let fitting = 4096 / (phases &* phaseStride)
    let least = fitting < 16 ? fitting : 16
    let number = least < inputHeight ? least : inputHeight
    return number > 1 ? number : 1
  }

  /// Floats of scratch memory for ``PaddedRows``.
  @inline(always)
  var rowsCount: Int {
    let count = 2 &* kernelWidth &+ outputWidth &+ PoolGeometry.slack &+ rowsAtOnce &* phases &* phaseStride
    return (count &+ 15) & ~15
  }

  /// Rows of the input that a window and the next rows laid out have at once, rounded up to a power of 2.
  @inline(always)
  var ringRows: Int {
    let extent = (kernelHeight &- 1) &* dilationHeight &+ 1
    let rows = (extent < inputHeight ? extent : inputHeight) &+ rowsAtOnce
    return 1 &<< (Int.bitWidth &- (rows &- 1).leadingZeroBitCount)
  }

  /// Floats from one reduced row to the next.
  @inline(always)
  var ringStride: Int { (outputWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs where rows are reduced: rows of input, a ring of reduced rows and one
  /// row more, with as many positions, and offsets of a window's rows.
  var rowsScratchByteCount: Int {
    cacheLines((rowsCount + 2 * (ringRows + 1) * ringStride + 2 * kernelHeight) * MemoryLayout<Float>.stride)
  }
}
