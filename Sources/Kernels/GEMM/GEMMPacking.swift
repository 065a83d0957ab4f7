import KernelsISA

/// Packs rows of op(A), times alpha, or columns of op(B) into panels: for each k the values of `panelWidth` rows or columns side by side. The last panel may have fewer.
struct GEMMPackArguments {
  var source: UnsafePointer<Float>
  var panels: UnsafeMutablePointer<Float>
  /// Rows of op(A) or columns of op(B).
  var width: Int
  var depth: Int
  /// From one row or column to the next; this or depthStride is 1.
  var widthStride: Int
  /// From one k to the next.
  var depthStride: Int
  var panelWidth: Int
  /// The depth of the panels, of which `depth` is packed, from firstDepth on.
  var panelDepth: Int
  var firstDepth: Int
  /// From one k to the next in a last panel of fewer rows or columns; 0: their number.
  var lastPanelStride: Int
  /// From the first k to the end of the matrix, to prefetch what is packed next.
  var remainingDepth: Int
  var alpha: Float
  /// Prefetched before anything is packed.
  var prefetch: GEMMPrefetch
}

/// Packs rows of op(A) or columns of op(B) into panels, which a micro-kernel reads in order whatever their layout was.
@inline(always)
func packGEMMPanels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMPackArguments>) {
  var cursor = PrefetchCursor(p.pointee.prefetch)
  while !cursor.isDone {
    var lines = cursor.take(Int.max)
    while lines > 0 {
      cursor.prefetchLine()
      lines &-= 1
    }
    cursor.advance()
  }
  if p.pointee.widthStride == 1 {
    copyPanels(lanes, p)
  } else {
    var first = 0
    while first < p.pointee.width {
      let width = panelWidth(p, first)
      transposePanel(
        lanes, p.pointee.source + first &* p.pointee.widthStride, p.pointee.widthStride, width: width,
        depth: p.pointee.depth, remainingDepth: p.pointee.remainingDepth, panel(p, first, width),
        panelStride(p, width))
      first &+= width
    }
  }
  if p.pointee.alpha != 1 {
    var first = 0
    while first < p.pointee.width {
      let width = panelWidth(p, first)
      let panel = panel(p, first, width)
      var i = 0
      while i < p.pointee.depth &* panelStride(p, width) {
        panel[i] *= p.pointee.alpha
        i &+= 1
      }
      first &+= width
    }
  }
}

/// Packs a panel of rows or columns that lie apart by transposing it in pieces of 32 k, and prefetches the piece after the
/// next. They are many and short, which the processor's own prefetchers do not follow.
@inline(always)
private func transposePanel<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ stride: Int, width: Int, depth: Int, remainingDepth: Int,
  _ panel: UnsafeMutablePointer<Float>, _ panelStride: Int
) {
  let piece = 32
  var k = 0
  while k < depth {
    // The last piece takes what is left of fewer than two.
    let columns = depth &- k < 2 &* piece ? depth &- k : piece
    var ahead = k &+ columns &+ piece
    // Behind the end of the rows: the first pieces of the next panel.
    if ahead >= remainingDepth { ahead = width &* stride &+ (ahead &- remainingDepth) }
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

/// The width of the panel that begins with a row or column.
@inline(always)
private func panelWidth(_ p: UnsafePointer<GEMMPackArguments>, _ first: Int) -> Int {
  let left = p.pointee.width &- first
  return left < p.pointee.panelWidth ? left : p.pointee.panelWidth
}

/// Where the panel that begins with a row or column is packed.
@inline(always)
private func panel(_ p: UnsafePointer<GEMMPackArguments>, _ first: Int, _ width: Int) -> UnsafeMutablePointer<Float> {
  p.pointee.panels + (first &* p.pointee.panelDepth &+ p.pointee.firstDepth &* panelStride(p, width))
}

/// Elements from one k to the next in a panel.
@inline(always)
private func panelStride(_ p: UnsafePointer<GEMMPackArguments>, _ width: Int) -> Int {
  width < p.pointee.panelWidth && p.pointee.lastPanelStride != 0 ? p.pointee.lastPanelStride : width
}

/// Packs rows or columns that lie side by side, four panels at a time: for each k a panel gets one or two cache lines, far
/// from the next k's, which is too little for the processor's own prefetchers.
@inline(always)
private func copyPanels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GEMMPackArguments>) {
  let depth = p.pointee.depth
  var first = 0
  while first < p.pointee.width {
    var end = first &+ 4 &* p.pointee.panelWidth
    if end > p.pointee.width { end = p.pointee.width }
    var k = 0
    while k < depth {
      let source = p.pointee.source + k &* p.pointee.depthStride
      // Eight k ahead.
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

/// Copies a few values by vectors that may overlap: two for the widths of panels.
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
