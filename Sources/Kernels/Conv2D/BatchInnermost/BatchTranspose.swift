import KernelsISA

/// The arguments of `packImages` and `unpackImages`: packed[run][element][image] = images[image][run][element], or the
/// reverse. Lanes behind the last image are packed as 0, and not unpacked.
struct BatchTransposeArguments {
  /// The first run of the first image; only read by `packImages`.
  var images: UnsafeMutablePointer<Float>
  var packed: UnsafeMutablePointer<Float>
  var runs: Int
  /// Elements of a run.
  var length: Int
  /// Elements of an image from a run to the next.
  var imageRunStride: Int
  /// Elements of the packed memory from a run to the next.
  var packedRunStride: Int
  /// Elements of the packed memory from one element of a run, a vector of images, to the next.
  var packedStride: Int
  /// Elements from an image to the next.
  var imageStride: Int
  /// Images, at most as many as a vector has lanes.
  var count: Int
  /// Memory for a square of lanes × lanes elements.
  var scratch: UnsafeMutablePointer<Float>
}

/// Transposes runs of some images so that the images are innermost, in squares of lanes × lanes.
@inline(always)
func packImages<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchTransposeArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.packedStride
  for run in 0..<arguments.runs {
    let images = UnsafePointer(arguments.images + run &* arguments.imageRunStride)
    let packed = arguments.packed + run &* arguments.packedRunStride
    var first = 0
    while first < arguments.length {
      if arguments.length >= L.count {
        // The last square ends with the run and overlaps the one before.
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(images + first, arguments.imageStride, packed + first &* stride, stride)
        } else {
          for i in 0..<L.count {
            var row = L.splat(0)
            if i < arguments.count { row = L.load(images + (i &* arguments.imageStride &+ first)) }
            L.store(row, scratch + i &* L.count)
          }
          L.transposeSquare(UnsafePointer(scratch), L.count, packed + first &* stride, stride)
        }
      } else {
        for j in 0..<arguments.length {
          let target = packed + j &* stride
          L.store(L.splat(0), target)
          for i in 0..<arguments.count { target[i] = images[i &* arguments.imageStride &+ j] }
        }
      }
      first &+= L.count
    }
  }
}

/// Transposes packed runs back to images.
@inline(always)
func unpackImages<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchTransposeArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.packedStride
  for run in 0..<arguments.runs {
    let images = arguments.images + run &* arguments.imageRunStride
    let packed = UnsafePointer(arguments.packed + run &* arguments.packedRunStride)
    var first = 0
    while first < arguments.length {
      if arguments.length < L.count {
        for j in 0..<arguments.length {
          for i in 0..<arguments.count { images[i &* arguments.imageStride &+ j] = packed[j &* stride &+ i] }
        }
      } else {
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(packed + first &* stride, stride, images + first, arguments.imageStride)
        } else {
          L.transposeSquare(packed + first &* stride, stride, scratch, L.count)
          var i = 0
          while i < arguments.count {
            L.store(L.load(scratch + i &* L.count), images + (i &* arguments.imageStride &+ first))
            i &+= 1
          }
        }
      }
      first &+= L.count
    }
  }
}
