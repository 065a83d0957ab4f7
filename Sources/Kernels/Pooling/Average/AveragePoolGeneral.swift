import KernelsISA

// Average pooling with any kernel, stride and padding.

/// The divisor along one axis: the number of elements of a window that lie inside the padded input, or inside the input.
@inline(always)
func windowExtent(start: Int, kernel: Int, padding: Int, input: Int, countIncludePad: Bool) -> Int {
  let border = countIncludePad ? input &+ padding : input
  let first = countIncludePad || start > 0 ? start : 0
  let end = start &+ kernel
  return (end < border ? end : border) &- first
}

/// Average pooling by a load for each tap of a vector of windows, from a padded copy of the plane.
@inline(__always)
func averagePoolGeneralForward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let width = g.outputWidth
  var input = PaddedPlane<L>(g, scratch: p.pointee.scratch, padding: 0)
  let columns = input.columns
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
    input.copyPadded(source, g)
    source += g.inputHeight &* g.inputWidth
    var y = 0
    while y < g.outputHeight {
      let top = y &* g.strideHeight &- g.paddingHeight
      let first = top > 0 ? top : 0
      let end = top &+ g.kernelHeight < g.inputHeight ? top &+ g.kernelHeight : g.inputHeight
      let rows = windowExtent(
        start: top, kernel: g.kernelHeight, padding: g.paddingHeight, input: g.inputHeight,
        countIncludePad: g.countIncludePad)
      // The last block of a row overlaps the one before. The excess of a row that is narrower than a vector is in the next
      // rows, which are written later; behind the last rows only the row's outputs are stored.
      x = 0
      while true {
        var sum = L.splat(0)
        var row = first
        while row < end {
          let source = input.rows + (row &* input.stride &+ x)
          var kx = 0
          while kx < g.kernelWidth {
            sum += L.load(source + input.taps[kx])
            kx &+= 1
          }
          row &+= 1
        }
        let mean = sum / (L.load(columns + x) * L.splat(Float(rows)))
        if x &+ L.count <= left {
          L.store(mean, output + x)
        } else {
          L.store(mean, output, first: width)
        }
        let next = x &+ L.count
        if next >= width { break }
        x = next &+ L.count <= width ? next : width &- L.count
      }
      output += width
      left &-= width
      y &+= 1
    }
  }
}

/// Floats from one row of window gradients to the next: a float for each column at which a window that covers input can
/// start, and a vector of excess.
func windowGradientStride(_ g: PoolGeometry) -> Int { g.inputWidth + g.kernelWidth - 1 + 16 }

/// Each element of the input gradient sums the gradients of the windows that cover it.
///
/// The output gradients, divided by the divisors, are written to a scratch plane at the columns where their windows start,
/// with zeros between. A vector of the input gradient then sums contiguous vectors with any stride, and no border needs a
/// case of its own. The order is the scan order of the outputs, the order of the reference; adding a zero changes no bits.
@inline(__always)
func averagePoolGeneralBackward<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let windowGradients = p.pointee.scratch
  let stride = g.inputWidth &+ g.kernelWidth &- 1 &+ 16
  let leadingZeros = g.kernelWidth &- 1 &- g.paddingWidth
  var i = 0
  while !g.isPrepared && i < g.outputHeight &* stride {
    windowGradients[i] = 0
    i &+= 1
  }
  var outputGradient = p.pointee.source
  var destination = p.pointee.destination
  var left = g.planes &* g.inputHeight &* g.inputWidth
  while left > 0 {
    var oy = 0
    while oy < g.outputHeight {
      let rows = windowExtent(
        start: oy &* g.strideHeight &- g.paddingHeight, kernel: g.kernelHeight, padding: g.paddingHeight,
        input: g.inputHeight, countIncludePad: g.countIncludePad)
      let row = windowGradients + (oy &* stride &+ leadingZeros)
      var ox = 0
      while ox < g.outputWidth {
        let columns = windowExtent(
          start: ox &* g.strideWidth &- g.paddingWidth, kernel: g.kernelWidth, padding: g.paddingWidth,
          input: g.inputWidth, countIncludePad: g.countIncludePad)
        row[ox &* g.strideWidth] = outputGradient[ox] / Float(rows &* columns)
        ox &+= 1
      }
      outputGradient += g.outputWidth
      oy &+= 1
    }
    var y = 0
    while y < g.inputHeight {
      let before = y &+ g.paddingHeight &- g.kernelHeight &+ 1
      let first = before > 0 ? (before &+ g.strideHeight &- 1) / g.strideHeight : 0
      let last = (y &+ g.paddingHeight) / g.strideHeight
      let end = last < g.outputHeight ? last &+ 1 : g.outputHeight
      var x = 0
      while x < g.inputWidth {
        // The last block of a row of at least a vector overlaps the one before. The excess of a narrower row is in the next
        // row, which is written later.
        if x &+ L.count > g.inputWidth && g.inputWidth >= L.count { x = g.inputWidth &- L.count }
        var sum = L.splat(0)
        oy = first
        while oy < end {
          let row = windowGradients + (oy &* stride &+ x)
          var tap = 0
          while tap < g.kernelWidth {
            sum += L.load(row + tap)
            tap &+= 1
          }
          oy &+= 1
        }
        if x &+ L.count <= left {
          L.store(sum, destination + x)
        } else {
          L.store(sum, destination + x, first: g.inputWidth &- x)
        }
        x &+= L.count
      }
      destination += g.inputWidth
      left &-= g.inputWidth
      y &+= 1
    }
  }
}
