import KernelsISA

struct ImageResampleArguments {
  /// The first value of the part that is resized.
  var source: UnsafePointer<Float>
  var destination: UnsafeMutablePointer<Float>
  var planes: Int
  /// Of the source.
  var planeStride: Int
  /// Of the source.
  var rowStride: Int
  /// Of a plane of the destination.
  var rows: Int
  /// Of the destination.
  var width: Int
  /// The first source pixel of each output along the axis that is resized.
  var starts: UnsafePointer<Int32>
  /// [taps, outputs].
  var weights: UnsafePointer<Float>
  var taps: Int
}

/// Each output of a row is a weighted sum of neighbours in the source's row.
@inline(always)
func resampleColumns(_ p: UnsafePointer<ImageResampleArguments>) {
  let (width, taps) = (p.pointee.width, p.pointee.taps)
  let starts = p.pointee.starts
  var output = p.pointee.destination
  var plane = 0
  while plane < p.pointee.planes {
    var row = 0
    while row < p.pointee.rows {
      let source = p.pointee.source + (plane &* p.pointee.planeStride &+ row &* p.pointee.rowStride)
      var x = 0
      while x < width {
        output[x] = p.pointee.weights[x] * source[Int(starts[x])]
        x &+= 1
      }
      var tap = 1
      while tap < taps {
        let weights = p.pointee.weights + tap &* width
        let shifted = source + tap
        x = 0
        while x < width {
          output[x] += weights[x] * shifted[Int(starts[x])]
          x &+= 1
        }
        tap &+= 1
      }
      output += width
      row &+= 1
    }
    plane &+= 1
  }
}

/// Each row of the output is a weighted sum of neighbouring rows of the source.
@inline(always)
func resampleRows(_ p: UnsafePointer<ImageResampleArguments>) {
  let (width, taps, rows) = (p.pointee.width, p.pointee.taps, p.pointee.rows)
  var output = p.pointee.destination
  var plane = 0
  while plane < p.pointee.planes {
    let source = p.pointee.source + plane &* p.pointee.planeStride
    var row = 0
    while row < rows {
      var values = source + Int(p.pointee.starts[row]) &* p.pointee.rowStride
      var weight = p.pointee.weights[row]
      var x = 0
      while x < width {
        output[x] = weight * values[x]
        x &+= 1
      }
      var tap = 1
      while tap < taps {
        values += p.pointee.rowStride
        weight = p.pointee.weights[tap &* rows &+ row]
        // Rows that have fewer neighbours than others.
        if weight != 0 {
          x = 0
          while x < width {
            output[x] += weight * values[x]
            x &+= 1
          }
        }
        tap &+= 1
      }
      output += width
      row &+= 1
    }
    plane &+= 1
  }
}
