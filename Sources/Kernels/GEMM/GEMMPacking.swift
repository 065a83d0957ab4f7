import KernelsISA

/// Copies lanes, which are rows of op(A) or columns of op(B), times alpha, into panels: for each k the values of
/// `panelLanes` lanes side by side. The last panel may have fewer.
struct GEMMPackArguments {
  var source: UnsafePointer<Float>
  var panels: UnsafeMutablePointer<Float>
  var lanes: Int
  var depth: Int
  /// Elements from one lane to the next; this or the next is 1.
  var laneStride: Int
  /// Elements from one k to the next.
  var depthStride: Int
  var panelLanes: Int
  /// The depth of the panels, of which `depth` is packed, from firstDepth on.
  var panelDepth: Int
  var firstDepth: Int
  /// Elements from one k to the next in a panel of fewer lanes; 0: as many as it has lanes.
  var lastStride: Int
  /// Elements from a lane's first to its end: what is read next, and fetched in the meantime.
  var rest: Int
  var alpha: Float
  /// What is asked for before.
  var fetch: GEMMFetch
}

/// Packs lanes, so that a tile reads them in order whatever their layout was.
@inline(always)
func packGEMMPanels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMPackArguments>) {
  var fetching = Fetching(p.pointee.fetch)
  while !fetching.isDone {
    var lines = fetching.take(Int.max)
    while lines > 0 {
      fetching.fetch()
      lines &-= 1
    }
    fetching.turn()
  }
  if p.pointee.laneStride == 1 {
    packRows(lanes, p)
  } else {
    var lane = 0
    while lane < p.pointee.lanes {
      let width = panelWidth(p, lane)
      packTransposed(
        lanes, p.pointee.source + lane &* p.pointee.laneStride, p.pointee.laneStride, width: width,
        depth: p.pointee.depth, rest: p.pointee.rest, panel(p, lane, width), panelStride(p, width))
      lane &+= width
    }
  }
  if p.pointee.alpha != 1 {
    var lane = 0
    while lane < p.pointee.lanes {
      let width = panelWidth(p, lane)
      let panel = panel(p, lane, width)
      var i = 0
      while i < p.pointee.depth &* width {
        panel[i] *= p.pointee.alpha
        i &+= 1
      }
      lane &+= width
    }
  }
}

/// Packs a panel of lanes that lie apart, while what is packed next is fetched: the lanes are many and short, which is not
/// what the processor fetches ahead by itself.
@inline(always)
private func packTransposed<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ stride: Int, width: Int, depth: Int, rest: Int,
  _ panel: UnsafeMutablePointer<Float>, _ panelStride: Int
) {
  let piece = 32
  var k = 0
  while k < depth {
    // Pieces that are too short to be transposed well are part of the last.
    let columns = depth &- k < 2 &* piece ? depth &- k : piece
    // The piece after the next, or of the next panel the first.
    var ahead = k &+ columns &+ piece
    if ahead >= rest { ahead = width &* stride &+ (ahead &- rest) }
    var next = source + ahead
    var lane = 0
    while lane < width {
      prefetchToWrite(next)
      prefetchToWrite(next + 16)
      next += stride
      lane &+= 1
    }
    L.transpose(source + k, stride, rows: width, columns: columns, panel + k &* panelStride, panelStride)
    k &+= columns
  }
}

/// The number of lanes of the panel that begins with a lane.
@inline(always)
private func panelWidth(_ p: UnsafePointer<GEMMPackArguments>, _ lane: Int) -> Int {
  let left = p.pointee.lanes &- lane
  return left < p.pointee.panelLanes ? left : p.pointee.panelLanes
}

/// Where the panel that begins with a lane is packed.
@inline(always)
private func panel(_ p: UnsafePointer<GEMMPackArguments>, _ lane: Int, _ width: Int) -> UnsafeMutablePointer<Float> {
  p.pointee.panels + (lane &* p.pointee.panelDepth &+ p.pointee.firstDepth &* panelStride(p, width))
}

/// Elements from one k to the next in a panel.
@inline(always)
private func panelStride(_ p: UnsafePointer<GEMMPackArguments>, _ width: Int) -> Int {
  width < p.pointee.panelLanes && p.pointee.lastStride != 0 ? p.pointee.lastStride : width
}

/// Packs lanes that lie side by side, some panels at once: a row of one panel is a cache line or two, far from the next
/// k's, which is too little for the processor to fetch ahead.
@inline(always)
private func packRows<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMPackArguments>) {
  let depth = p.pointee.depth
  var first = 0
  while first < p.pointee.lanes {
    var end = first &+ 4 &* p.pointee.panelLanes
    if end > p.pointee.lanes { end = p.pointee.lanes }
    var k = 0
    while k < depth {
      let source = p.pointee.source + k &* p.pointee.depthStride
      var ahead = first
      while ahead < end {
        prefetchToWrite(source + (ahead &+ 8 &* p.pointee.depthStride))
        ahead &+= 16
      }
      var lane = first
      while lane < end {
        let width = panelWidth(p, lane)
        copyRow(lanes, source + lane, panel(p, lane, width) + k &* panelStride(p, width), width)
        lane &+= width
      }
      k &+= 1
    }
    first = end
  }
}

/// Copies a few values, at least half by pieces that overlap: for the widths of panels these are two.
@inline(always)
private func copyRow<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  if count >= L.count {
    var i = 0
    while i < count {
      L.store(L.load(source + i), target + i)
      i &+= L.count
      if i > count &- L.count, i < count { i = count &- L.count }
    }
  } else if count >= 8 {
    let last = UnsafeRawPointer(source + (count &- 8)).loadUnaligned(as: SIMD8<Float>.self)
    let first = UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(target).storeBytes(of: first, as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(target + (count &- 8)).storeBytes(of: last, as: SIMD8<Float>.self)
  } else if count >= 4 {
    let last = UnsafeRawPointer(source + (count &- 4)).loadUnaligned(as: SIMD4<Float>.self)
    let first = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(target).storeBytes(of: first, as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(target + (count &- 4)).storeBytes(of: last, as: SIMD4<Float>.self)
  } else {
    if count > 0 { target[0] = source[0] }
    if count > 1 { target[1] = source[1] }
    if count > 2 { target[2] = source[2] }
  }
}
