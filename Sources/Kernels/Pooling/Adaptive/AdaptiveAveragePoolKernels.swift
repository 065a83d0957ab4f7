import KernelsISA

/// For each row of outputs, vectors sum the input columns under it into a scratch row; then each output sums its columns.
@inline(__always)
func adaptiveAveragePoolForward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let width = g.inputWidth
  let columns = p.pointee.scratch
  var source = p.pointee.source
  var output = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    var oy = 0
    while oy < g.outputHeight {
      let rows = AdaptivePool2DShape.window(oy, input: g.inputHeight, outputs: g.outputHeight)
      var x = 0
      while x &+ L.count <= width {
        var sum = L.splat(0)
        var y = rows.first
        while y < rows.end {
          sum += L.load(source + (y &* width &+ x))
          y &+= 1
        }
        L.store(sum, columns + x)
        x &+= L.count
      }
      while x < width {
        var sum: Float = 0
        var y = rows.first
        while y < rows.end {
          sum += source[y &* width &+ x]
          y &+= 1
        }
        columns[x] = sum
        x &+= 1
      }
      var ox = 0
      while ox < g.outputWidth {
        let window = AdaptivePool2DShape.window(ox, input: width, outputs: g.outputWidth)
        var sum: Float = 0
        x = window.first
        while x < window.end {
          sum += columns[x]
          x &+= 1
        }
        output[ox] = sum / Float((rows.end &- rows.first) &* (window.end &- window.first))
        ox &+= 1
      }
      output += g.outputWidth
      oy &+= 1
    }
    source += g.inputHeight &* width
    plane &+= 1
  }
}

/// For each row of outputs, the window gradients are summed in a scratch row, a float for each input column; then vectors add
/// that row to each row of the input gradient under it.
@inline(__always)
func adaptiveAveragePoolBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AveragePoolArguments>) {
  let g = p.pointee.geometry
  let width = g.inputWidth
  let columnGradients = p.pointee.scratch
  var outputGradient = p.pointee.source
  var destination = p.pointee.destination
  var plane = 0
  while plane < g.planes {
    var i = 0
    while i < g.inputHeight &* width {
      destination[i] = 0
      i &+= 1
    }
    var oy = 0
    while oy < g.outputHeight {
      let rows = AdaptivePool2DShape.window(oy, input: g.inputHeight, outputs: g.outputHeight)
      var x = 0
      while x < width {
        columnGradients[x] = 0
        x &+= 1
      }
      var ox = 0
      while ox < g.outputWidth {
        let window = AdaptivePool2DShape.window(ox, input: width, outputs: g.outputWidth)
        let count = (rows.end &- rows.first) &* (window.end &- window.first)
        let windowGradient = outputGradient[ox] / Float(count)
        x = window.first
        while x < window.end {
          columnGradients[x] += windowGradient
          x &+= 1
        }
        ox &+= 1
      }
      var y = rows.first
      while y < rows.end {
        let row = destination + y &* width
        x = 0
        while x &+ L.count <= width {
          L.store(L.load(row + x) + L.load(columnGradients + x), row + x)
          x &+= L.count
        }
        while x < width {
          row[x] += columnGradients[x]
          x &+= 1
        }
        y &+= 1
      }
      outputGradient += g.outputWidth
      oy &+= 1
    }
    destination += g.inputHeight &* width
    plane &+= 1
  }
}
