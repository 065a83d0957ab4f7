import KernelsISA

// Asking for what tiles of the "batch" kernels need soon, while they sum.

extension LinePrefetch {
  /// Steps of a sum between requests: a processor that has too many under way waits.
  @inline(always) static var steps: Int { 32 }

  /// Nothing to ask for.
  static var none: LinePrefetch {
    LinePrefetch(
      base: nil, lines: 0, runs: 0, images: 0, runStride: 0, imageStride: 0, line: 0, run: 0, image: 0, atOnce: 0)
  }

  /// Asks for the lines of one time.
  @inline(always)
  mutating func advance() {
    guard let base else { return }
    var left = atOnce
    while left > 0, image < images {
      prefetchToSecondLevel(base + (image &* imageStride &+ run &* runStride &+ line &* 16))
      line &+= 1
      if line == lines {
        line = 0
        run &+= 1
        if run == runs {
          run = 0
          image &+= 1
        }
      }
      left &-= 1
    }
  }

  /// Goes to the part of the lines that one of so many calls asks for.
  mutating func take(_ call: Int, of calls: Int, requests: Int) {
    let own = Parallel.range(call, of: calls, items: lines * runs * images)
    atOnce = (own.count + requests - 1) / max(requests, 1)
    if lines * runs == 0 { return }
    (image, run, line) = (own.lowerBound / (lines * runs), own.lowerBound / lines % runs, own.lowerBound % lines)
  }
}

/// Planes that are needed later: while sums are computed, their lines are asked for, a few at a time.
struct ConvPrefetch {
  /// The next line.
  var base: UnsafePointer<CChar>? = nil
  /// Left of its plane.
  var lines: Int = 0
  var planes: Int = 0
  var perPlane: Int = 0
  /// Bytes from behind a plane's lines to the next plane.
  var rest: Int = 0
  var atOnce: Int = 0
}

/// Runs of memory that are needed soon: `runs` of as many images, of `lines` lines each, asked for a few lines at a time
/// while sums are computed.
struct LinePrefetch {
  var base: UnsafePointer<Float>?
  var lines: Int
  var runs: Int
  var images: Int
  var runStride: Int
  var imageStride: Int
  /// The next.
  var line: Int
  var run: Int
  var image: Int
  var atOnce: Int
}
