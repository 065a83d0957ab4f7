import KernelsISA

/// Turns runs of elements of some images: staged[run][element][image] = images[image][run][element], or the other way
/// round. Lanes behind the last image are staged as 0, and not written back.
struct ConvBatchTurnArguments {
  /// The first image's first run; only read on the way in.
  var images: UnsafeMutablePointer<Float>
  var staged: UnsafeMutablePointer<Float>
  var runs: Int
  var length: Int
  var imageRunStride: Int
  var stagedRunStride: Int
  /// From one element to the next.
  var stagedStride: Int
  var imageStride: Int
  /// Images, at most the lanes.
  var count: Int
  /// A square of lanes × lanes.
  var scratch: UnsafeMutablePointer<Float>
}

/// Turns runs of elements of some images so that their images lie side by side.
@inline(always)
func turnIn<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvBatchTurnArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.stagedStride
  for run in 0..<arguments.runs {
    let images = UnsafePointer(arguments.images + run &* arguments.imageRunStride)
    let staged = arguments.staged + run &* arguments.stagedRunStride
    var first = 0
    while first < arguments.length {
      if arguments.length >= L.count {
        // The last square ends with the run: it overlaps the one before.
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(images + first, arguments.imageStride, staged + first &* stride, stride)
        } else {
          for i in 0..<L.count {
            var row = L.splat(0)
            if i < arguments.count { row = L.load(images + (i &* arguments.imageStride &+ first)) }
            L.store(row, scratch + i &* L.count)
          }
          L.transposeSquare(UnsafePointer(scratch), L.count, staged + first &* stride, stride)
        }
      } else {
        for j in 0..<arguments.length {
          let place = staged + j &* stride
          L.store(L.splat(0), place)
          for i in 0..<arguments.count { place[i] = images[i &* arguments.imageStride &+ j] }
        }
      }
      first &+= L.count
    }
  }
}

/// Turns staged runs back to images.
@inline(always)
func turnOut<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvBatchTurnArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.stagedStride
  for run in 0..<arguments.runs {
    let images = arguments.images + run &* arguments.imageRunStride
    let staged = UnsafePointer(arguments.staged + run &* arguments.stagedRunStride)
    var first = 0
    while first < arguments.length {
      if arguments.length < L.count {
        for j in 0..<arguments.length {
          for i in 0..<arguments.count { images[i &* arguments.imageStride &+ j] = staged[j &* stride &+ i] }
        }
      } else {
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(staged + first &* stride, stride, images + first, arguments.imageStride)
        } else {
          L.transposeSquare(staged + first &* stride, stride, scratch, L.count)
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
