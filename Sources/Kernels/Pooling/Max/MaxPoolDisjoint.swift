import KernelsISA

// Windows side by side inside the input: the stride is the kernel's size.

/// The maximum of finite elements, and the index of the first of equals.
///
/// The columns of the windows are reduced first, a vector of columns at a time. A column's maximum and its index are then
/// packed into a 64-bit key: the larger value has the larger key, and of equal values the smaller index has. A window's
/// maximum is the largest key of its columns. If the input holds NaN or an infinity, the outputs are not valid and the first
/// float of the scratch memory is NaN.
@inline(always)
func maxPoolDisjointForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<MaxPoolForwardArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth) = (g.kernelHeight, g.kernelWidth)
  let coveredWidth = g.outputWidth &* kernelWidth
  let columnCount = g.coveredColumns
  let scratch = p.pointee.scratch + 16
  let keys = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int64.self)
  let keyHalves = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
  // For each column the index of its tap in the window's first row, and for each index the offset of its element in the
  // plane from the window's first element.
  let columns = UnsafeMutableRawPointer(scratch + 2 &* columnCount).assumingMemoryBound(to: Int32.self)
  let elementOffsets = columns + columnCount
  var x = 0
  while !g.isPrepared && x < columnCount {
    columns[x] = Int32(truncatingIfNeeded: x % kernelWidth)
    x &+= 1
  }
  var index = 0
  while !g.isPrepared && index < kernelHeight &* kernelWidth {
    let offset = index / kernelWidth &* g.inputWidth &+ index % kernelWidth
    elementOffsets[index] = Int32(truncatingIfNeeded: offset)
    index &+= 1
  }
  let spare = scratch + (3 &* columnCount &+ kernelHeight &* kernelWidth)
  var i = 0
  while !g.isPrepared && i < L.count {
    spare[i] = 0
    i &+= 1
  }
  var source = p.pointee.input
  let end = source + g.planes &* g.inputHeight &* g.inputWidth
  var output = p.pointee.output
  var maxIndices = p.pointee.maxIndices
  let zero = L.splat(0)
  let ones = L.Indices(repeating: -1)
  let magnitude = L.Indices(repeating: Int32.max)
  let shift = L.Indices(repeating: 31)
  var sum = zero
  var plane = 0
  while plane < g.planes {
    var y = 0
    while y < g.outputHeight {
      let top = source + y &* kernelHeight &* g.inputWidth
      x = 0
      while x < coveredWidth {
        let isNarrow = coveredWidth < L.count
        if x &+ L.count > coveredWidth && !isNarrow { x = coveredWidth &- L.count }
        var row = top + x
        var maximum = isNarrow ? L.load(row, first: coveredWidth, end: end, spare: spare) : L.load(row)
        prefetch(row + 1024)
        sum = L.multiplyAdd(maximum, zero, sum)
        let first: L.Indices = L.load(UnsafePointer(columns + x))
        var maxIndex = first
        var ky = 1
        while ky < kernelHeight {
          row += g.inputWidth
          let value = isNarrow ? L.load(row, first: coveredWidth, end: end, spare: spare) : L.load(row)
          prefetch(row + 1024)
          sum = L.multiplyAdd(value, zero, sum)
          let replaces = value .> maximum
          maximum = L.select(maximum, value, where: replaces)
          let index = first &+ L.Indices(repeating: Int32(truncatingIfNeeded: ky &* kernelWidth))
          maxIndex = L.select(maxIndex, index, where: replaces)
          ky &+= 1
        }
        // Adding 0 makes −0 equal to 0. The bits of negative values order as integers once all but the sign are inverted;
        // an inverted index makes the smaller one the larger.
        let bits = L.bits(maximum + zero)
        let order = bits ^ ((bits &>> shift) & magnitude)
        let pairs = L.interleave(L.vector(maxIndex ^ ones), L.vector(order))
        L.store(pairs.low, keyHalves + 2 &* x)
        L.store(pairs.high, keyHalves + (2 &* x &+ L.count))
        x &+= L.count
      }
      var window = top
      var key = keys
      var ox = 0
      while ox < g.outputWidth {
        var maximum = key[0]
        var kx = 1
        while kx < kernelWidth {
          maximum = key[kx] > maximum ? key[kx] : maximum
          kx &+= 1
        }
        let index = ~Int32(truncatingIfNeeded: maximum)
        output[ox] = window[Int(elementOffsets[Int(index)])]
        if let maxIndices { maxIndices[ox] = index }
        window += kernelWidth
        key += kernelWidth
        ox &+= 1
      }
      output += g.outputWidth
      if let next = maxIndices { maxIndices = next + g.outputWidth }
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
    plane &+= 1
  }
  p.pointee.scratch.pointee = L.sum(sum)
}

extension PoolGeometry {
  /// Columns that windows cover, and a vector of excess.
  @inline(always)
  var coveredColumns: Int { (outputWidth &* kernelWidth &+ PoolGeometry.slack &+ 15) & ~15 }

  /// Bytes of scratch memory that a thread needs for the maximum of disjoint windows.
  var maxDisjointByteCount: Int {
    cacheLines(
      (16 + 3 * coveredColumns + kernelHeight * kernelWidth + PoolGeometry.slack) * MemoryLayout<Float>.stride)
  }
}
