import KernelsISA

/// A padded copy of an input plane. Its side padding lets windows at a border be computed like any other, and lets a vector
/// extend beyond the last output of a row. The columns of each phase of the stride are contiguous, so that a vector of
/// outputs reads contiguous input with any stride.
struct PaddedPlane<L: HalfLanes> {
  /// The element under tap kx of output x in row y is at y · stride + taps[kx] + x.
  private(set) var rows: UnsafePointer<Float>
  /// Floats from one row to the next.
  let stride: Int
  /// The offset of each tap along a row, in elements.
  let taps: UnsafePointer<Int>
  /// Scratch memory for the kernel: an element for each output column, and a vector of excess.
  let columns: UnsafeMutablePointer<Float>
  private let copy: UnsafeMutablePointer<Float>?
  private let phases: Int
  private let phaseStride: Int

  /// Writes the offsets of the taps and the padding, for planes of one shape.
  ///
  /// - Parameters:
  ///   - scratch: as many bytes as ``PoolGeometry/paddedPlaneByteCount``.
  ///   - padding: the value of elements outside the input.
  @inline(__always)
  init(_ g: PoolGeometry, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    let taps = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int.self)
    columns = scratch + 2 &* g.kernelWidth
    let plane = columns + (g.outputWidth &+ PoolGeometry.slack)
    phases = g.phases
    phaseStride = g.phaseStride
    // At stride 1, rows of at least a vector without side padding are read in place.
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

  /// Copies the next plane.
  @inline(__always)
  mutating func copyPadded(_ source: UnsafePointer<Float>, _ g: PoolGeometry) {
    guard let copy else {
      rows = source
      return
    }
    var from = source
    var to = copy
    let end = copy + g.inputHeight &* stride
    while to < end {
      // A stride of 2: pairs of vectors are deinterleaved; the last pair overlaps the one before.
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
      from += g.inputWidth
      to += stride
    }
  }
}

extension PoolGeometry {
  /// Elements that a vector extends at most beyond the last output of a row: a vector of the widest level.
  static var slack: Int { 16 }

  /// Phases of the stride along a row that windows read.
  @inline(always)
  var phases: Int {
    let extent = (kernelWidth &- 1) &* dilationWidth &+ 1
    return extent < strideWidth ? extent : strideWidth
  }

  /// Floats of a phase of a row.
  @inline(always)
  var phaseStride: Int {
    let reach = outputWidth &+ PoolGeometry.slack &+ (kernelWidth &- 1) &* dilationWidth / strideWidth
    let width = (paddingWidth &+ inputWidth) / strideWidth &+ 1
    return reach > width ? reach : width
  }

  /// Bytes of scratch memory that a thread needs for a ``PaddedPlane``.
  var paddedPlaneByteCount: Int {
    let count = 2 * kernelWidth + outputWidth + PoolGeometry.slack + inputHeight * phases * phaseStride
    return cacheLines(count * MemoryLayout<Float>.stride)
  }
}
