import KernelsISA

/// A position in the lines of a `GEMMPrefetch`, of which micro-kernels prefetch one at each k.
///
/// `LinePrefetch`, which counts lines, is for tiles that prefetch a few lines now and then: here the loop over k is to
/// hold one prefetch and one addition. So a micro-kernel takes as many steps as a repetition has lines, without a branch
/// in them, and then advances to the next repetition.
struct PrefetchCursor {
  private var line: UnsafePointer<Float>
  private var lineStride: Int
  /// Lines of this repetition that are not prefetched yet.
  private var linesLeft: Int
  private var first: UnsafePointer<Float>
  private let lines: Int
  private let repeatStride: Int
  private var repeatsLeft: Int

  @inline(always)
  init(_ range: GEMMPrefetch) {
    first = range.first
    line = first
    lineStride = range.lineStride
    lines = range.lines
    linesLeft = lines
    repeatStride = range.repeatStride
    repeatsLeft = range.repeats
    if repeatsLeft <= 0 || lines <= 0 {
      // The first line again and again, which costs less than a branch.
      linesLeft = Int.max
      lineStride = 0
      repeatsLeft = 0
    }
  }

  @inline(always) var isDone: Bool { repeatsLeft == 0 }

  /// How many of `most` lines can be prefetched before `advance`.
  @inline(always)
  mutating func take(_ most: Int) -> Int {
    let steps = most < linesLeft ? most : linesLeft
    linesLeft &-= steps
    return steps
  }

  @inline(always)
  mutating func prefetchLine() {
    prefetchToSecondLevel(line)
    line += lineStride
  }

  /// Prefetches a line and the one behind it.
  @inline(always)
  mutating func prefetchTwoLines() {
    prefetchToSecondLevel(line)
    prefetchToSecondLevel(line + 16)
    line += lineStride
  }

  /// Goes to the next repetition if this one's lines are prefetched.
  @inline(always)
  mutating func advance() {
    if linesLeft > 0 { return }
    repeatsLeft &-= 1
    if repeatsLeft > 0 {
      first += repeatStride
      line = first
      linesLeft = lines
    } else {
      linesLeft = Int.max
      lineStride = 0
    }
  }
}

/// Cache lines to prefetch into the second-level cache: `repeats` times `lines` lines.
struct GEMMPrefetch {
  var first: UnsafePointer<Float>
  /// From one line to the next.
  var lineStride: Int
  var lines: Int
  /// From the first line of one repetition to that of the next.
  var repeatStride: Int
  /// 0: nothing is prefetched.
  var repeats: Int
}

extension GEMMPrefetch {
  static var nothing: GEMMPrefetch {
    GEMMPrefetch(first: isa_zeros(), lineStride: 0, lines: 0, repeatStride: 0, repeats: 0)
  }

  /// The cache lines of a part of a matrix.
  init(_ matrix: UnsafePointer<Float>, rows: Range<Int>, columns: Range<Int>, rowStride: Int) {
    let lines = (columns.count + 15) / 16
    let first = matrix + (rows.lowerBound * rowStride + columns.lowerBound)
    // Few repetitions of many lines.
    if lines < rows.count {
      self.init(first: first, lineStride: rowStride, lines: rows.count, repeatStride: 16, repeats: lines)
    } else {
      self.init(first: first, lineStride: 16, lines: lines, repeatStride: rowStride, repeats: rows.count)
    }
  }
}
