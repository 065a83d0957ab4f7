import KernelsISA

/// The arguments of `copyPadded`, which copies rows of planes with their padding. A row of the copy is `phases` runs of
/// `phaseWidth` elements: element j of run p is the source's column startX + j · columnStep + p, so that the columns that
/// neighbouring outputs of a strided convolution read become neighbours. Elements outside the source are 0.
struct PaddedInputArguments {
  var source: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  var planes: Int
  /// Elements from a plane of the source to the next.
  var sourcePlaneStride: Int
  var sourceHeight: Int
  var sourceWidth: Int
  /// The source row of the copy's first row; may be outside the source.
  var startY: Int
  /// The source column of the copy's first element; may be outside the source.
  var startX: Int
  /// Source rows from one row of the copy to the next.
  var rowStep: Int
  /// Source columns from one element of a run to the next.
  var columnStep: Int
  /// Rows of each plane of the copy.
  var height: Int
  /// Runs of a row of the copy.
  var phases: Int
  /// Elements of a run.
  var phaseWidth: Int
}

/// Copies rows of planes with their padding; the columns of each phase of a strided convolution become neighbours.
@inline(always)
func copyPadded<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<PaddedInputArguments>) {
  let arguments = p.pointee
  if arguments.phases == 1, arguments.columnStep == 1 {
    copyRows(lanes, arguments)
  } else if arguments.phases == 1, arguments.columnStep == 2, arguments.startX >= 0, arguments.phaseWidth >= 4,
    arguments.startX &+ 2 &* arguments.phaseWidth <= arguments.sourceWidth
  {
    copyEvenColumns(lanes, arguments)
  } else if arguments.phases == 2, arguments.columnStep == 2, arguments.startX <= 0, arguments.sourceWidth >= 8 {
    copyTwoPhases(lanes, arguments)
  } else {
    copyPhases(lanes, arguments)
  }
}

/// Prefetches the same row of the next plane: the processor's own prefetching starts anew at each plane.
@inline(always)
private func prefetchNextPlane(_ row: UnsafePointer<Float>, _ arguments: PaddedInputArguments, plane: Int) {
  if plane &+ 1 == arguments.planes { return }
  var x = 0
  while x < arguments.sourceWidth {
    prefetchToSecondLevel(row + (arguments.sourcePlaneStride &+ x))
    x &+= 16
  }
}

/// Stores `count` zeros in whole vectors, whose excess later stores overwrite; `after` is the number of elements that
/// the target has from here on.
@inline(always)
private func clearWholeVectors<L: Lanes>(
  _ lanes: L.Type, _ target: UnsafeMutablePointer<Float>, _ count: Int, after: Int
) {
  var i = 0
  while i < count, i &+ L.count <= after {
    L.store(L.splat(0), target + i)
    i &+= L.count
  }
  if i < count { fill(lanes, target + i, count &- i) }
}

/// Copies rows whose columns stay neighbours.
@inline(always)
private func copyRows<L: Lanes>(_ lanes: L.Type, _ arguments: PaddedInputArguments) {
  let width = arguments.phaseWidth
  let left = min(max(0 &- arguments.startX, 0), width)
  let first = max(arguments.startX, 0)
  let count = max(min(arguments.sourceWidth &- first, width &- left), 0)
  // The zeros from the end of a row to the first element of the next.
  let gap = width &- count
  var after = arguments.planes &* arguments.height &* width
  if after == 0 { return }
  fill(lanes, arguments.target, left)
  var target = arguments.target + left
  after &-= left &+ count
  for plane in 0..<arguments.planes {
    var row = arguments.source + (plane &* arguments.sourcePlaneStride &+ arguments.startY &* arguments.sourceWidth)
    var y = arguments.startY
    for _ in 0..<arguments.height {
      if y < 0 || y >= arguments.sourceHeight {
        fill(lanes, target, count)
      } else {
        prefetchNextPlane(row, arguments, plane: plane)
        copy(lanes, row + first, target, count)
      }
      clearWholeVectors(lanes, target + count, min(gap, after), after: after)
      after &-= width
      target += width
      row += arguments.rowStep &* arguments.sourceWidth
      y &+= arguments.rowStep
    }
  }
}

/// Copies every second column of rows without horizontal padding.
@inline(always)
private func copyEvenColumns<L: HalfLanes>(_ lanes: L.Type, _ arguments: PaddedInputArguments) {
  let width = arguments.phaseWidth
  var target = arguments.target
  for plane in 0..<arguments.planes {
    var row = arguments.source + (plane &* arguments.sourcePlaneStride &+ arguments.startY &* arguments.sourceWidth)
    var y = arguments.startY
    for _ in 0..<arguments.height {
      if y < 0 || y >= arguments.sourceHeight {
        fill(lanes, target, width)
      } else {
        prefetchNextPlane(row, arguments, plane: plane)
        deinterleave(lanes, row + arguments.startX, 2 &* width, target, nil)
      }
      target += width
      row += arguments.rowStep &* arguments.sourceWidth
      y &+= arguments.rowStep
    }
  }
}

/// Copies rows whose even and odd columns are separated, both in one pass.
@inline(always)
private func copyTwoPhases<L: HalfLanes>(_ lanes: L.Type, _ arguments: PaddedInputArguments) {
  let width = arguments.phaseWidth
  let sourceWidth = arguments.sourceWidth
  // Each phase begins with zeros, left of the source. The first phase has the columns of one parity, the second the
  // others.
  let padding = 0 &- arguments.startX
  let firstIsOdd = padding & 1
  let lefts = (min((padding &+ 1) / 2, width), min(padding / 2, width))
  let counts = (
    min((sourceWidth &+ 1 &- firstIsOdd) / 2, width &- lefts.0), min((sourceWidth &+ firstIsOdd) / 2, width &- lefts.1)
  )
  // `deinterleave` stores whole vectors of both parities, so the copy must need every column.
  let isWhole = counts.0 &+ counts.1 == sourceWidth && sourceWidth & 1 == 0
  let gap = width &- lefts.0 &- counts.0 &+ lefts.1
  let lastGap = width &- lefts.1 &- counts.1
  var after = arguments.planes &* arguments.height &* 2 &* width
  var target = arguments.target
  var gapBefore = lefts.0
  for plane in 0..<arguments.planes {
    var row = arguments.source + (plane &* arguments.sourcePlaneStride &+ arguments.startY &* sourceWidth)
    var y = arguments.startY
    for _ in 0..<arguments.height {
      let first = target + lefts.0
      let second = target + (width &+ lefts.1)
      clearWholeVectors(lanes, first - gapBefore, gapBefore, after: after &+ gapBefore &- lefts.0)
      clearWholeVectors(lanes, first + counts.0, gap, after: after &- lefts.0 &- counts.0)
      if y < 0 || y >= arguments.sourceHeight {
        fill(lanes, first, counts.0)
        fill(lanes, second, counts.1)
      } else {
        prefetchNextPlane(row, arguments, plane: plane)
        if isWhole {
          if firstIsOdd == 0 {
            deinterleave(lanes, row, sourceWidth, first, second)
          } else {
            deinterleave(lanes, row, sourceWidth, second, first)
          }
        } else {
          copyEvenElements(lanes, row + firstIsOdd, first, counts.0)
          copyEvenElements(lanes, row + (1 &- firstIsOdd), second, counts.1)
        }
      }
      gapBefore = lastGap &+ lefts.0
      after &-= 2 &* width
      target += 2 &* width
      row += arguments.rowStep &* sourceWidth
      y &+= arguments.rowStep
    }
  }
  fill(lanes, target - lastGap, lastGap)
}

/// Separates the even and the odd elements of an even number of at least 8; the last vector ends with the data and
/// overlaps the one before. Without `odds`, only the even elements are stored.
@inline(always)
private func deinterleave<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ count: Int, _ evens: UnsafeMutablePointer<Float>,
  _ odds: UnsafeMutablePointer<Float>?
) {
  if count >= 2 &* L.count {
    deinterleaveVectors(lanes, source, count, evens, odds)
  } else if count >= 2 &* L.Half.count {
    deinterleaveVectors(L.Half.self, source, count, evens, odds)
  } else {
    deinterleaveVectors(L.Half.Half.self, source, count, evens, odds)
  }
}

@inline(always)
private func deinterleaveVectors<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ count: Int, _ evens: UnsafeMutablePointer<Float>,
  _ odds: UnsafeMutablePointer<Float>?
) {
  var i = 0
  while i < count {
    i = min(i, count &- 2 &* L.count)
    let both = L.deinterleave(L.load(source + i), L.load(source + (i &+ L.count)))
    L.store(both.even, evens + i / 2)
    if let odds { L.store(both.odd, odds + i / 2) }
    i &+= 2 &* L.count
  }
}

/// Copies rows of any number of phases.
@inline(always)
private func copyPhases<L: HalfLanes>(_ lanes: L.Type, _ arguments: PaddedInputArguments) {
  var target = arguments.target
  for plane in 0..<arguments.planes {
    var y = arguments.startY
    for _ in 0..<arguments.height {
      if y < 0 || y >= arguments.sourceHeight {
        fill(lanes, target, arguments.phases &* arguments.phaseWidth)
        target += arguments.phases &* arguments.phaseWidth
      } else {
        let row = arguments.source + (plane &* arguments.sourcePlaneStride &+ y &* arguments.sourceWidth)
        prefetchNextPlane(row, arguments, plane: plane)
        for phase in 0..<arguments.phases {
          copyPhase(lanes, row, target, start: arguments.startX &+ phase, arguments)
          target += arguments.phaseWidth
        }
      }
      y &+= arguments.rowStep
    }
  }
}

/// Copies one phase of a row: every `columnStep`-th column of the source from `start` on.
@inline(always)
private func copyPhase<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, start: Int,
  _ arguments: PaddedInputArguments
) {
  let step = arguments.columnStep
  let width = arguments.phaseWidth
  // Elements first ..< last of the phase are inside the source.
  let first = start >= 0 ? 0 : min((step &- 1 &- start) / step, width)
  let inside = arguments.sourceWidth &- start
  let last = max(min(inside <= 0 ? 0 : (inside &+ step &- 1) / step, width), first)
  fill(lanes, target, first)
  let from = source + (start &+ first &* step)
  if step == 1 {
    copy(lanes, from, target + first, last &- first)
  } else if step == 2 {
    copyEvenElements(lanes, from, target + first, last &- first)
  } else {
    var i = first
    while i < last {
      target[i] = from[(i &- first) &* step]
      i &+= 1
    }
  }
  fill(lanes, target + last, width &- last)
}

/// Stores `count` zeros.
@inline(always)
func fill<L: Lanes>(_ lanes: L.Type, _ target: UnsafeMutablePointer<Float>, _ count: Int) {
  var i = 0
  while i &+ L.count <= count {
    L.store(L.splat(0), target + i)
    i &+= L.count
  }
  while i < count {
    target[i] = 0
    i &+= 1
  }
}

/// Copies `count` elements. The last vector ends with the data and overlaps the one before.
@inline(always)
func copy<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  if count < L.count {
    L.copy(source, target, first: count)
    return
  }
  var i = 0
  while i &+ L.count < count {
    L.store(L.load(source + i), target + i)
    i &+= L.count
  }
  L.store(L.load(source + (count &- L.count)), target + (count &- L.count))
}

/// Copies every second element, without a load beyond the last of them.
@inline(always)
private func copyEvenElements<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = copyEvenVectors(lanes, source, target, 0, count)
  i = copyEvenVectors(L.Half.self, source, target, i, count)
  i = copyEvenVectors(L.Half.Half.self, source, target, i, count)
  // The last four elements are the odd elements of two vectors that begin one element earlier and end with the data.
  if i < count, count > 4 {
    let end = source + (2 &* count &- 1)
    let both = SIMD4.deinterleave(
      UnsafeRawPointer(end - 8).loadUnaligned(as: SIMD4<Float>.self),
      UnsafeRawPointer(end - 4).loadUnaligned(as: SIMD4<Float>.self))
    UnsafeMutableRawPointer(target + (count &- 4)).storeBytes(of: both.odd, as: SIMD4<Float>.self)
    i = count
  }
  while i < count {
    target[i] = source[2 &* i]
    i &+= 1
  }
}

/// Copies every second element from number `first` on in whole vectors, as long as those behind a vector's last are there;
/// returns how many elements have been copied.
@inline(always)
private func copyEvenVectors<L: HalfLanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ first: Int, _ count: Int
) -> Int {
  var i = first
  while i &+ L.count < count {
    let from = source + 2 &* i
    L.store(L.deinterleave(L.load(from), L.load(from + L.count)).even, target + i)
    i &+= L.count
  }
  return i
}
