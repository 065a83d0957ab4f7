import KernelsISA

// Windows side by side inside the input: the stride is the kernel's size.

/// Average pooling by the sums of the windows' columns, a vector of columns at a time, then the sum of each window's columns.
@inline(always)
func averagePoolDisjointForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth) = (g.kernelHeight, g.kernelWidth)
  let coveredWidth = g.outputWidth &* kernelWidth
  let count = Float(kernelHeight &* kernelWidth)
  let sums = p.pointee.scratch
  var source = p.pointee.source
  let end = source + g.planes &* g.inputHeight &* g.inputWidth
  let spare = sums + g.coveredColumns
  var output = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    var y = 0
    while y < g.outputHeight {
      let top = source + y &* kernelHeight &* g.inputWidth
      var x = 0
      while x < coveredWidth {
        let isNarrow = coveredWidth < L.count
        if x &+ L.count > coveredWidth && !isNarrow { x = coveredWidth &- L.count }
        var row = top + x
        var sum = isNarrow ? L.load(row, first: coveredWidth, end: end, spare: spare) : L.load(row)
        prefetch(row + 1024)
        var ky = 1
        while ky < kernelHeight {
          row += g.inputWidth
          sum += isNarrow ? L.load(row, first: coveredWidth, end: end, spare: spare) : L.load(row)
          prefetch(row + 1024)
          ky &+= 1
        }
        L.store(sum, sums + x)
        x &+= L.count
      }
      var window = sums
      var ox = 0
      while ox < g.outputWidth {
        var sum = window[0]
        var kx = 1
        while kx < kernelWidth {
          sum += window[kx]
          kx &+= 1
        }
        output[ox] = sum / count
        window += kernelWidth
        ox &+= 1
      }
      output += g.outputWidth
      y &+= 1
    }
    source += g.inputHeight &* g.inputWidth
    plane &+= 1
  }
}

/// Writes each output's gradient, divided by the divisor, to its window's columns of a scratch row, then copies the row to all
/// rows of the window.
@inline(always)
func averagePoolDisjointBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let (kernelHeight, kernelWidth, width) = (g.kernelHeight, g.kernelWidth, g.inputWidth)
  let count = Float(kernelHeight &* kernelWidth)
  let row = p.pointee.scratch
  // Columns that no window covers stay 0.
  var x = 0
  while x < width &+ kernelWidth &+ PoolGeometry.slack {
    row[x] = 0
    x &+= 1
  }
  var gradient = p.pointee.source
  var destination = p.pointee.destination
  var left = g.planes &* g.inputHeight &* width
  while left > 0 {
    var y = 0
    while y < g.inputHeight {
      let isCovered = y < g.outputHeight &* kernelHeight
      var copies = isCovered ? kernelHeight : g.inputHeight &- y
      y &+= copies
      var window = row
      var ox = 0
      while ox < g.outputWidth {
        // The excess of a vector is in the next window, which is written later.
        let windowGradient = L.splat(isCovered ? gradient[ox] / count : 0)
        x = 0
        while x < kernelWidth {
          L.store(windowGradient, window + x)
          x &+= L.count
        }
        window += kernelWidth
        ox &+= 1
      }
      x = 0
      while x < L.count {
        window[x] = 0
        x &+= 1
      }
      if isCovered { gradient += g.outputWidth }
      while copies > 0 {
        x = 0
        while x &+ L.count <= left && x < width {
          L.store(L.load(row + x), destination + x)
          x &+= L.count
        }
        while x < width {
          destination[x] = row[x]
          x &+= 1
        }
        destination += width
        left &-= width
        copies &-= 1
      }
    }
  }
}

extension PoolGeometry {
  /// Bytes of scratch memory that a thread needs for the average of disjoint windows, either pass.
  var averageDisjointByteCount: Int { cacheLines((inputWidth + kernelWidth + 4 * PoolGeometry.slack) * 4) }
}
