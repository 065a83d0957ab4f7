import KernelsISA

/// The arguments of `packPanels`, which packs lanes into panels of `width` lanes side by side, one row for each k. Lanes
/// behind the last are 0.
struct PackPanelsArguments {
  var source: UnsafePointer<Float>
  var panels: UnsafeMutablePointer<Float>
  /// Lanes of all panels, such as output channels.
  var lanes: Int
  /// Lanes of a panel.
  var width: Int
  /// Values of each lane, the rows of a panel.
  var depth: Int
  /// Elements from a lane's values to the next lane's.
  var laneStride: Int
  /// The offset of each k's value in those of a lane; nil: k itself.
  var depthOffsets: UnsafePointer<Int32>?
}

/// Packs panels of lanes; in squares of 4 × 4 where a lane's values follow one another.
@inline(always)
func packPanels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PackPanelsArguments>) {
  let arguments = p.pointee
  let width = arguments.width
  let stride = arguments.laneStride
  var first = 0
  while first < arguments.lanes {
    let source = arguments.source + first &* stride
    let panel = arguments.panels + first &* arguments.depth
    let count = min(arguments.lanes &- first, width)
    let squareLanes = arguments.depthOffsets == nil ? count & ~3 : 0
    let squareDepth = arguments.depthOffsets == nil ? arguments.depth & ~3 : 0
    var lane = 0
    while lane < squareLanes {
      var k = 0
      while k < squareDepth {
        let columns = transposed4x4(source + (lane &* stride &+ k), stride)
        let target = UnsafeMutableRawPointer(panel + (k &* width &+ lane))
        target.storeBytes(of: columns.0, as: SIMD4<Float>.self)
        target.storeBytes(of: columns.1, toByteOffset: width &* 4, as: SIMD4<Float>.self)
        target.storeBytes(of: columns.2, toByteOffset: width &* 8, as: SIMD4<Float>.self)
        target.storeBytes(of: columns.3, toByteOffset: width &* 12, as: SIMD4<Float>.self)
        k &+= 4
      }
      lane &+= 4
    }
    var k = 0
    while k < arguments.depth {
      var offset = k
      if let offsets = arguments.depthOffsets { offset = Int(offsets[k]) }
      lane = k < squareDepth ? squareLanes : 0
      while lane < count {
        panel[k &* width &+ lane] = source[lane &* stride &+ offset]
        lane &+= 1
      }
      while lane < width {
        panel[k &* width &+ lane] = 0
        lane &+= 1
      }
      k &+= 1
    }
    first &+= width
  }
}

/// The arguments of `packWeightPanels`, which packs weights into panels of `width` channels side by side, one row of the
/// panel for each step of a sum. The weights of a lane (a channel) are segments of `length` neighbours. Lanes behind the
/// last are 0.
struct PackWeightPanelsArguments {
  var source: UnsafePointer<Float>
  var panels: UnsafeMutablePointer<Float>
  /// Lanes of all panels.
  var lanes: Int
  /// Lanes of a panel.
  var width: Int
  /// Elements from a panel to the next.
  var panelStride: Int
  /// Elements from a lane's weights to the next lane's.
  var laneStride: Int
  var segments: Int
  /// Elements from a segment to the next.
  var segmentStride: Int
  /// Elements of a segment.
  var length: Int
  /// The panel row of element i of each segment, at [segment · length + i]; -1 where no sum needs the element.
  var rows: UnsafePointer<Int32>
}

/// Packs weights into panels segment by segment, so that the weights are read in the order of memory.
@inline(always)
func packWeightPanels<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PackWeightPanelsArguments>) {
  let arguments = p.pointee
  let width = arguments.width
  for segment in 0..<arguments.segments {
    let rows = arguments.rows + segment &* arguments.length
    var source = arguments.source + segment &* arguments.segmentStride
    // With some lanes only, the segments are not contiguous, and the processor's own prefetching does not follow them.
    if segment &+ 2 < arguments.segments {
      var offset = 0
      while offset < arguments.lanes &* arguments.laneStride {
        prefetchToSecondLevel(source + (2 &* arguments.segmentStride &+ offset))
        offset &+= 16
      }
    }
    var panel = arguments.panels
    var first = 0
    while first < arguments.lanes {
      let count = min(arguments.lanes &- first, width)
      if arguments.laneStride == 1, arguments.length == 1 {
        copyPanelRow(lanes, source, panel, rows[0], width, count)
      } else {
        transposeLanes(lanes, source, panel, rows, count, arguments)
      }
      if count < width { clearLanes(panel, rows, count, arguments) }
      first &+= width
      source += width &* arguments.laneStride
      panel += arguments.panelStride
    }
  }
}

/// Copies a row of a panel whose lanes are neighbours in the source.
@inline(always)
private func copyPanelRow<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ panel: UnsafeMutablePointer<Float>, _ row: Int32, _ width: Int,
  _ count: Int
) {
  if row >= 0 { copy(lanes, source, panel + Int(row) &* width, count) }
}

/// Transposes a segment of all lanes, in blocks of a vector × 4 and of 4 × 4.
@inline(always)
private func transposeLanes<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ panel: UnsafeMutablePointer<Float>,
  _ rows: UnsafePointer<Int32>, _ count: Int, _ arguments: PackWeightPanelsArguments
) {
  let stride = arguments.laneStride
  let width = arguments.width
  let length = arguments.length
  var lane = 0
  if length >= 4 {
    while lane &+ L.count <= count {
      var i = 0
      while i < length {
        i = min(i, length &- 4)
        let columns = L.columns4(source + (lane &* stride &+ i), stride)
        if rows[i] >= 0 { L.store(columns.0, panel + (Int(rows[i]) &* width &+ lane)) }
        if rows[i &+ 1] >= 0 { L.store(columns.1, panel + (Int(rows[i &+ 1]) &* width &+ lane)) }
        if rows[i &+ 2] >= 0 { L.store(columns.2, panel + (Int(rows[i &+ 2]) &* width &+ lane)) }
        if rows[i &+ 3] >= 0 { L.store(columns.3, panel + (Int(rows[i &+ 3]) &* width &+ lane)) }
        i &+= 4
      }
      lane &+= L.count
    }
    while lane &+ 4 <= count {
      var i = 0
      while i < length {
        i = min(i, length &- 4)
        let columns = transposed4x4(source + (lane &* stride &+ i), stride)
        storeLanes(columns.0, panel, rows[i], width, lane)
        storeLanes(columns.1, panel, rows[i &+ 1], width, lane)
        storeLanes(columns.2, panel, rows[i &+ 2], width, lane)
        storeLanes(columns.3, panel, rows[i &+ 3], width, lane)
        i &+= 4
      }
      lane &+= 4
    }
  }
  while lane < count {
    var i = 0
    while i < length {
      if rows[i] >= 0 { panel[Int(rows[i]) &* width &+ lane] = source[lane &* stride &+ i] }
      i &+= 1
    }
    lane &+= 1
  }
}

/// Stores four lanes of a panel's row, if a sum needs the row.
@inline(always)
private func storeLanes(
  _ value: SIMD4<Float>, _ panel: UnsafeMutablePointer<Float>, _ row: Int32, _ width: Int, _ lane: Int
) {
  if row >= 0 {
    UnsafeMutableRawPointer(panel + (Int(row) &* width &+ lane)).storeBytes(of: value, as: SIMD4<Float>.self)
  }
}

/// Stores zeros in the lanes of a panel behind the last channel.
@inline(always)
private func clearLanes(
  _ panel: UnsafeMutablePointer<Float>, _ rows: UnsafePointer<Int32>, _ count: Int,
  _ arguments: PackWeightPanelsArguments
) {
  var i = 0
  while i < arguments.length {
    if rows[i] >= 0 {
      var lane = count
      while lane < arguments.width {
        panel[Int(rows[i]) &* arguments.width &+ lane] = 0
        lane &+= 1
      }
    }
    i &+= 1
  }
}

/// The arguments of `sumParts`: target[i] = Σ parts[p][i].
struct SumPartsArguments {
  /// The first part, such as a segment's partial gradient.
  var parts: UnsafePointer<Float>
  var target: UnsafeMutablePointer<Float>
  /// Elements of each part.
  var count: Int
  var partCount: Int
  /// Elements from a part to the next.
  var partStride: Int
}

/// Sums the parts element by element, in the order of the parts.
@inline(always)
func sumParts<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SumPartsArguments>) {
  var i = 0
  while i < p.pointee.count {
    let count = min(p.pointee.count &- i, L.count)
    var sum = L.load(p.pointee.parts + i, first: count)
    var part = 1
    while part < p.pointee.partCount {
      sum += L.load(p.pointee.parts + (part &* p.pointee.partStride &+ i), first: count)
      part &+= 1
    }
    L.store(sum, p.pointee.target + i, first: count)
    i &+= L.count
  }
}

/// The arguments of `interleavePhases`, which interleaves the columns of `step` phases:
/// target[y · targetRowStride + x] = phases[x mod step][y][x / step].
struct InterleavePhasesArguments {
  var source: UnsafePointer<Float>
  /// The offset of each of the `step` phases from `source`; -1: its columns are zeros.
  var offsets: UnsafePointer<Int32>
  var target: UnsafeMutablePointer<Float>
  /// Phases: the stride of the convolution along a row.
  var step: Int
  /// Planes of the target.
  var planes: Int
  /// Rows of each plane.
  var height: Int
  /// Columns of the target.
  var width: Int
  var targetPlaneStride: Int
  var targetRowStride: Int
}

/// Interleaves the columns of the phases of a strided convolution's input gradient.
@inline(always)
func interleavePhases<L: HalfLanes>(_ lanes: L.Type, _ p: UnsafePointer<InterleavePhasesArguments>) {
  let arguments = p.pointee
  let step = arguments.step
  for plane in 0..<arguments.planes {
    for row in 0..<arguments.height {
      let target = arguments.target + (plane &* arguments.targetPlaneStride &+ row &* arguments.targetRowStride)
      let line = plane &* arguments.height &+ row
      var done = 0
      if step == 1, arguments.offsets[0] < 0 {
        fill(lanes, target, arguments.width)
        done = arguments.width
      } else if step == 2 {
        done = interleave2(lanes, arguments, line, target)
      }
      for phase in 0..<step {
        // Columns of this phase before `done`, a multiple of the step or the whole width, have been stored.
        let width = (arguments.width &- phase &+ step &- 1) / step
        let offset = arguments.offsets[phase]
        let source = arguments.source + (Int(offset) &+ line &* width)
        var x = done / step
        while x < width {
          target[x &* step &+ phase] = offset < 0 ? 0 : source[x]
          x &+= 1
        }
      }
    }
  }
}

/// Interleaves as many columns of two phases as fill vectors; returns their number, which is even.
@inline(always)
private func interleave2<L: HalfLanes>(
  _ lanes: L.Type, _ arguments: InterleavePhasesArguments, _ line: Int, _ target: UnsafeMutablePointer<Float>
) -> Int {
  let odd = arguments.width / 2
  let hasEven = arguments.offsets[0] >= 0
  let hasOdd = arguments.offsets[1] >= 0
  let evens = arguments.source + (Int(arguments.offsets[0]) &+ line &* (arguments.width &- odd))
  let odds = arguments.source + (Int(arguments.offsets[1]) &+ line &* odd)
  var x = interleaveVectors(lanes, hasEven ? evens : nil, hasOdd ? odds : nil, target, 0, odd)
  x = interleaveVectors(L.Half.self, hasEven ? evens : nil, hasOdd ? odds : nil, target, x, odd)
  x = interleaveVectors(L.Half.Half.self, hasEven ? evens : nil, hasOdd ? odds : nil, target, x, odd)
  return 2 &* x
}

/// Interleaves whole vectors of even and odd columns from number `first` on; nil stands for zeros. Returns how many
/// columns of each are done.
@inline(always)
private func interleaveVectors<L: HalfLanes>(
  _ lanes: L.Type, _ evens: UnsafePointer<Float>?, _ odds: UnsafePointer<Float>?, _ target: UnsafeMutablePointer<Float>,
  _ first: Int, _ count: Int
) -> Int {
  var x = first
  while x &+ L.count <= count {
    let both = L.interleave(evens.map { L.load($0 + x) } ?? L.splat(0), odds.map { L.load($0 + x) } ?? L.splat(0))
    L.store(both.low, target + 2 &* x)
    L.store(both.high, target + (2 &* x &+ L.count))
    x &+= L.count
  }
  return x
}
