import KernelsISA

/// The arguments of the level functions that resize images along one axis; see ``ResampledAxis``.
struct ImageResampleArguments {
  /// The first pixel of the region that is resized.
  var source: UnsafePointer<Float>
  /// `[planes, rows, width]`
  var destination: UnsafeMutablePointer<Float>
  var planes: Int
  /// Elements from one plane of the source to the next.
  var planeStride: Int
  /// Elements from one row of the source to the next.
  var rowStride: Int
  /// The rows of a plane of the destination.
  var rows: Int
  /// The columns of the destination.
  var width: Int
  /// For each output along the resized axis, the index of its first source pixel.
  var starts: UnsafePointer<Int32>
  /// `[taps, outputs]`
  var weights: UnsafePointer<Float>
  /// The source pixels of an output.
  var taps: Int
}

/// Resizes along the rows: each output is a weighted sum of neighbours in the row of the source.
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

/// Resizes along the columns: each output row is a weighted sum of neighbouring rows of the source.
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
        // A row with fewer neighbours than `taps` has weights of 0 at its end.
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
