import KernelsISA

/// Turns runs of elements of some images: packed[run][element][image] = images[image][run][element], or the other way
/// round. Lanes behind the last image are packed as 0, and not written back.
struct BatchTransposeArguments {
  /// The first image's first run; only read on the way in.
  var images: UnsafeMutablePointer<Float>
  var packed: UnsafeMutablePointer<Float>
  var runs: Int
  var length: Int
  var imageRunStride: Int
  var packedRunStride: Int
  /// From one element to the next.
  var packedStride: Int
  var imageStride: Int
  /// Images, at most the lanes.
  var count: Int
  /// A square of lanes × lanes.
  var scratch: UnsafeMutablePointer<Float>
}

/// Turns runs of elements of some images so that their images lie side by side.
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
        // The last square ends with the run: it overlaps the one before.
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

/// Turns packed runs back to images.
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
