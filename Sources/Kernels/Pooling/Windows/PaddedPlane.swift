import KernelsISA

/// A plane of input laid out for windows: with its side padding in place, so that a window that a border cuts is
/// computed like any other and a vector may run past the last output of a row, and with the columns of each phase of the
/// stride side by side, so that vectors of outputs read contiguous input whatever the stride.
struct PaddedPlane<L: HalfLanes> {
  /// Row y, tap kx of output x lies at y · stride + taps[kx] + x.
  private(set) var rows: UnsafePointer<Float>
  let stride: Int
  let taps: UnsafePointer<Int>
  /// An entry for each output column and for those that a vector runs past the last, for the kernel's use.
  let columns: UnsafeMutablePointer<Float>
  private let copy: UnsafeMutablePointer<Float>?
  private let phases: Int
  private let phaseStride: Int

  /// Prepares scratch memory, as much as ``PoolGeometry/scratchByteCount``, for planes of one shape.
  ///
  /// - Parameter padding: the value of elements outside the input.
  @inline(__always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    let taps = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int.self)
    columns = scratch + 2 &* g.kernelWidth
    let plane = columns + (g.outputWidth &+ PoolGeometry.slack)
    phases = g.phases
    phaseStride = g.phaseStride
    // Without cut windows and strides, rows of whole vectors are read where they are.
    let isDirect =
      g.strideWidth == 1 && g.insideFirst == 0 && g.insideEnd == g.outputWidth && g.outputWidth >= L.count
    copy = isDirect ? nil : plane
    rows = UnsafePointer(plane)
    stride = isDirect ? g.inputWidth : phases &* phaseStride
    var kx = 0
    while !g.isPrepared && kx < g.kernelWidth {
      let column = kx &* g.dilationWidth
      taps[kx] = isDirect ? column : column % g.strideWidth &* phaseStride &+ column / g.strideWidth
      kx &+= 1
    }
    self.taps = UnsafePointer(taps)
    if isDirect { return }
    var i = 0
    while !g.isPrepared && i < g.inputHeight &* stride {
      plane[i] = padding
      i &+= 1
    }
  }

  /// Takes the next plane.
  @inline(__always)
  mutating func fill(from source: UnsafePointer<Float>, _ g: PoolGeometry) {
    guard let copy else {
      rows = source
      return
    }
    var from = source
    var to = copy
    let end = copy + g.inputHeight &* stride
    while to < end {
      // Strides of 2: pairs of vectors; the last pair overlaps the one before.
      let pairs = g.strideWidth == 2 && phases == 2 && g.inputWidth >= 2 &* L.count
      var x = 0
      while pairs && x < g.inputWidth {
        if x &+ 2 &* L.count > g.inputWidth { x = g.inputWidth &- 2 &* L.count }
        let (even, odd) = L.deinterleave(L.load(from + x), L.load(from + x + L.count))
        let first = x &+ g.paddingWidth
        L.store(even, to + (first & 1 &* phaseStride &+ first >> 1))
        L.store(odd, to + ((first &+ 1) & 1 &* phaseStride &+ (first &+ 1) >> 1))
        x &+= 2 &* L.count
      }
      var phase = pairs ? phases : 0
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
      from += g.inputWidth
      to += stride
    }
  }
}

extension PoolGeometry {
  /// Room behind the last output of a row: one vector of the widest level.
  static var slack: Int { 16 }

  /// Phases of the stride that windows read.
  @inline(always)
  var phases: Int {
    let extent = (kernelWidth &- 1) &* dilationWidth &+ 1
    return extent < strideWidth ? extent : strideWidth
  }

  /// Floats of one phase of a row.
  @inline(always)
  var phaseStride: Int {
    let reach = outputWidth &+ PoolGeometry.slack &+ (kernelWidth &- 1) &* dilationWidth / strideWidth
    let width = (paddingWidth &+ inputWidth) / strideWidth &+ 1
    return reach > width ? reach : width
  }

  /// Bytes of scratch memory that a thread needs for a ``PaddedPlane``.
  var scratchByteCount: Int {
    let count = 2 * kernelWidth + outputWidth + PoolGeometry.slack + inputHeight * phases * phaseStride
    return cacheLines(count * MemoryLayout<Float>.stride)
  }
}
