import KernelsISA

// Prefetching of cache lines, a few at a time, by a level function while it computes.
//
// The processor's own prefetching follows one stream of neighbouring lines. Planes of a tensor, of which a band of rows
// is needed, are many short runs; and a processor with too many prefetches in flight waits. So a plan says which lines
// the next piece of work reads or writes, and a level function issues `linesPerRequest` of them between two stretches of
// multiply-adds (`advance`).
//
// There is one type for each shape of memory: planes (`PlanePrefetch`), rows (`RowPrefetch`), images of runs
// (`ImagePrefetch`). The state of each is what its loop holds in registers; one type for all would hold more.

/// Lines of equally spaced planes, as the direct kernels prefetch them.
struct PlanePrefetch {
  /// The next line; nil where there is nothing to prefetch.
  var base: UnsafePointer<CChar>? = nil
  /// Lines of the current plane that have not been prefetched.
  var lines: Int = 0
  /// Planes that have not been prefetched whole, the current one included.
  var planes: Int = 0
  /// Lines of each plane.
  var linesPerPlane: Int = 0
  /// Bytes from the end of a plane's lines to the next plane's first line.
  var planeGap: Int = 0
  /// Lines that one call of `advance` prefetches.
  var linesPerRequest: Int = 0
}

extension PlanePrefetch {
  /// Steps of a sum (one multiply-add for each accumulator) between two calls of `advance`.
  @inline(always) static var steps: Int { 32 }

  /// Prefetches the lines of one request to the second-level cache.
  @inline(always)
  mutating func advance() {
    guard let base else { return }
    var count = linesPerRequest
    var line = base
    while count > 0, planes > 0 {
      prefetchToSecondLevel(line)
      line += 64
      lines &-= 1
      count &-= 1
      if lines == 0 {
        planes &-= 1
        line += planeGap
        lines = linesPerPlane
      }
    }
    self.base = line
  }
}

/// Lines of equally spaced rows. It lies in a thread's workspace, where several calls of level functions advance it.
struct RowPrefetch {
  /// The current row; nil where there is nothing to prefetch.
  var row: UnsafePointer<Float>?
  /// Elements from a row to the next.
  var rowStride: Int
  /// Lines of each row.
  var lines: Int
  /// The current row's next line, counted from 0.
  var line: Int
  /// Lines of all rows that have not been prefetched.
  var remaining: Int
  /// Lines that one call of `advance` prefetches.
  var linesPerRequest: Int

  /// Nothing to prefetch.
  static var none: RowPrefetch {
    RowPrefetch(row: nil, rowStride: 0, lines: 0, line: 0, remaining: 0, linesPerRequest: 0)
  }

  /// The same lines in as many requests as `requests` says.
  func spread(over requests: Int) -> RowPrefetch {
    var spread = self
    spread.linesPerRequest = (remaining + requests - 1) / max(requests, 1)
    return spread
  }

  /// Prefetches the lines of one request to the second-level cache.
  @inline(always)
  static func advance(_ prefetch: UnsafeMutablePointer<RowPrefetch>) {
    var count = min(prefetch.pointee.linesPerRequest, prefetch.pointee.remaining)
    if count <= 0 { return }
    prefetch.pointee.remaining &-= count
    var line = prefetch.pointee.line
    while count > 0 {
      prefetchToSecondLevel(prefetch.pointee.row.unsafelyUnwrapped + line &* 16)
      line &+= 1
      if line == prefetch.pointee.lines {
        line = 0
        prefetch.pointee.row = prefetch.pointee.row.unsafelyUnwrapped + prefetch.pointee.rowStride
      }
      count &-= 1
    }
    prefetch.pointee.line = line
  }
}

/// Lines of runs of several images: `runs` runs an image, `lines` lines a run, as the image-innermost kernels prefetch
/// them.
struct ImagePrefetch {
  /// The first image's first run; nil where there is nothing to prefetch.
  var base: UnsafePointer<Float>?
  /// Lines of each run.
  var lines: Int
  /// Runs of each image.
  var runs: Int
  var images: Int
  /// Elements from a run to the next.
  var runStride: Int
  /// Elements from an image to the next.
  var imageStride: Int
  /// The next line to prefetch, as its index in its run.
  var line: Int
  /// The run of the next line, as its index in its image.
  var run: Int
  /// The image of the next line.
  var image: Int
  /// Lines that one call of `advance` prefetches.
  var linesPerRequest: Int
}

extension ImagePrefetch {
  /// Steps of a sum (one multiply-add for each accumulator) between two calls of `advance`.
  @inline(always) static var steps: Int { 32 }

  /// Nothing to prefetch.
  static var none: ImagePrefetch {
    ImagePrefetch(
      base: nil, lines: 0, runs: 0, images: 0, runStride: 0, imageStride: 0, line: 0, run: 0, image: 0,
      linesPerRequest: 0)
  }

  /// Prefetches the lines of one request to the second-level cache.
  @inline(always)
  mutating func advance() {
    guard let base else { return }
    var remaining = linesPerRequest
    while remaining > 0, image < images {
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
      remaining &-= 1
    }
  }

  /// Moves on to the lines that call number `call` of `calls` prefetches, in `requests` requests.
  mutating func take(_ call: Int, of calls: Int, requests: Int) {
    let range = Parallel.range(call, of: calls, items: lines * runs * images)
    linesPerRequest = (range.count + requests - 1) / max(requests, 1)
    if lines * runs == 0 { return }
    (image, run, line) = (range.lowerBound / (lines * runs), range.lowerBound / lines % runs, range.lowerBound % lines)
  }
}
