import ISA

/// Asks for the next few lines of what will be read soon.
@inline(always)
func askAhead(_ ahead: UnsafeMutablePointer<ConvAhead>) {
  var count = min(ahead.pointee.atOnce, ahead.pointee.left)
  if count <= 0 { return }
  ahead.pointee.left &-= count
  var line = ahead.pointee.line
  while count > 0 {
    prefetchToSecondLevel(ahead.pointee.row.unsafelyUnwrapped + line &* 16)
    line &+= 1
    if line == ahead.pointee.lines {
      line = 0
      ahead.pointee.row = ahead.pointee.row.unsafelyUnwrapped + ahead.pointee.rowStride
    }
    count &-= 1
  }
  ahead.pointee.line = line
}

/// Turns lanes × depth to depth × lanes, with zeros up to the width.
@inline(always)
private func turn<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvTurnArguments>) {
  let target = p.pointee.target
  let stride = p.pointee.targetStride
  let depth = p.pointee.depth
  let columns = p.pointee.lanes
  let width = p.pointee.width
  if columns < width {
    var k = 0
    while k < depth {
      var lane = columns
      while lane < width {
        target[k &* stride &+ lane] = 0
        lane &+= 1
      }
      k &+= 1
    }
  }
  L.transpose(p.pointee.source, p.pointee.sourceStride, rows: columns, columns: depth, target, stride)
}

/// Elements that a copy of rows asks for ahead: a plane is short for the processor to find out that it is read in order.
private let padAhead = 512

/// Copies rows of planes with zeros around them.
///
/// Zeros are stored in whole vectors first, and the row's own elements over what of them was too much.
@inline(always)
private func pad<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvPadArguments>) {
  let zero = L.splat(0)
  let width = p.pointee.targetWidth
  let left = min(p.pointee.left, width)
  let count = min(p.pointee.sourceWidth, width &- left)
  var target = p.pointee.target
  var plane = 0
  while plane < p.pointee.planes {
    let source = p.pointee.source + plane &* p.pointee.planeStride
    var row = 0
    while row < p.pointee.rows {
      let y = p.pointee.startY &+ row
      askAhead(p.pointee.ahead)
      let isInside = y >= 0 && y < p.pointee.sourceHeight
      let first = isInside ? left : width
      let last = isInside ? left &+ count : width
      if width >= L.count {
        var i = 0
        while i < first {
          L.store(zero, target + min(i, width &- L.count))
          i &+= L.count
        }
        i = width
        while i > last {
          L.store(zero, target + max(i &- L.count, 0))
          i &-= L.count
        }
      } else {
        var i = 0
        while i < width {
          target[i] = 0
          i &+= 1
        }
      }
      if isInside {
        let from = source + y &* p.pointee.sourceWidth
        if count >= L.count {
          var i = 0
          while i < count {
            let j = min(i, count &- L.count)
            prefetchToWrite(from + (j &+ padAhead))
            L.store(L.load(from + j), target + (left &+ j))
            i &+= L.count
          }
        } else {
          L.copy(from, target + left, first: count)
        }
      }
      target += width
      row &+= 1
    }
    plane &+= 1
  }
}

#if arch(arm64)
  private typealias Turn = UnsafePointer<ConvTurnArguments>
  private typealias Pad = UnsafePointer<ConvPadArguments>
  @c(conv_turn_neon_body) private func turnN(_ p: Turn) { turn(NEONLanes.self, p) }
  @c(conv_pad_neon_body) private func padN(_ p: Pad) { pad(NEONLanes.self, p) }

  let convTurn = LevelFunctions(neon: conv_turn_neon)
  let convPad = LevelFunctions(neon: conv_pad_neon)
#else
  private typealias Turn = UnsafePointer<ConvTurnArguments>
  private typealias Pad = UnsafePointer<ConvPadArguments>
  @c(conv_turn_baseline_body) private func turnB(_ p: Turn) { turn(BaselineLanes.self, p) }
  @c(conv_turn_avx2_body) private func turnA(_ p: Turn) { turn(AVX2Lanes.self, p) }
  @c(conv_turn_avx512_body) private func turnZ(_ p: Turn) { turn(AVX512Lanes.self, p) }
  @c(conv_pad_baseline_body) private func padB(_ p: Pad) { pad(BaselineLanes.self, p) }
  @c(conv_pad_avx2_body) private func padA(_ p: Pad) { pad(AVX2Lanes.self, p) }
  @c(conv_pad_avx512_body) private func padZ(_ p: Pad) { pad(AVX512Lanes.self, p) }

  let convTurn = LevelFunctions(baseline: conv_turn_baseline, avx2: conv_turn_avx2, avx512: conv_turn_avx512)
  let convPad = LevelFunctions(baseline: conv_pad_baseline, avx2: conv_pad_avx2, avx512: conv_pad_avx512)
#endif
