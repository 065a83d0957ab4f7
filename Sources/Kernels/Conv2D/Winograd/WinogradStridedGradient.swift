/// Transforms the output gradients of each tile at stride 2 for the weight gradient.
@inline(always)
func winogradStridedGradientInput<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<WinogradInputArguments>) {
  let n = L.count
  let (rows, columns) = (p.pointee.tileRows, p.pointee.tileColumns)
  let pixels = 4 &* columns &- (columns &- p.pointee.wideColumns)
  fillStrip(
    L.self, p.pointee.strip, rows: 4 &* rows &- (rows &- p.pointee.tallRows), pixels: pixels, of: p.pointee.planes)
  let pitch = pixels &* n
  let stride = p.pointee.pointStride
  var position = p.pointee.positions
  var row = UnsafePointer(p.pointee.strip)
  var tileRow = 0
  while tileRow < rows {
    let isShort = tileRow >= p.pointee.tallRows
    var source = row
    var tile = 0
    while tile < columns {
      let isNarrow = tile >= p.pointee.wideColumns
      p.pointee.prefetchNext(lanes, tileRow: tileRow, tile: tile, part: 0)
      let target = p.pointee.target + position.pointee &* p.pointee.tileStride
      // Products of a last row or column that is zero are not summed.
      var k = 0
      while k < (isShort ? 3 : 4) {
        let y = gradients(lanes, source + k &* pitch, n, isShort: isNarrow)
        L.store5(Winograd42.gradients(lanes, y), target + (45 &+ k) &* stride, 4 &* stride)
        L.store4(y, target + (65 &+ 4 &* k) &* stride, stride)
        k &+= 1
      }
      let zero = L.splat(0)
      let first = column(lanes, source, pitch, isShort: isShort, target, stride, 0)
      let second = column(lanes, source + n, pitch, isShort: isShort, target, stride, 1)
      let third = column(lanes, source + 2 &* n, pitch, isShort: isShort, target, stride, 2)
      var fourth = (zero, zero, zero, zero, zero)
      if !isNarrow { fourth = column(lanes, source + 3 &* n, pitch, isShort: isShort, target, stride, 3) }
      L.store5(Winograd42.gradients(lanes, (first.0, second.0, third.0, fourth.0)), target, stride)
      L.store5(Winograd42.gradients(lanes, (first.1, second.1, third.1, fourth.1)), target + 5 &* stride, stride)
      L.store5(Winograd42.gradients(lanes, (first.2, second.2, third.2, fourth.2)), target + 10 &* stride, stride)
      L.store5(Winograd42.gradients(lanes, (first.3, second.3, third.3, fourth.3)), target + 15 &* stride, stride)
      L.store5(Winograd42.gradients(lanes, (first.4, second.4, third.4, fourth.4)), target + 20 &* stride, stride)
      source += (isNarrow ? 3 : 4) &* n
      position += 1
      tile &+= 1
    }
    row += (isShort ? 3 : 4) &* pitch
    tileRow &+= 1
  }
}

/// Four output gradients, of which the last is zero where the tile is short.
@inline(always)
private func gradients<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ stride: Int, isShort: Bool
) -> Four<L> {
  (
    L.load(source), L.load(source + stride), L.load(source + 2 &* stride),
    isShort ? L.splat(0) : L.load(source + 3 &* stride)
  )
}

/// Transforms a column, and stores it as a column of the kernel of 2×1 taps.
@inline(always)
private func column<L: Lanes>(
  _ lanes: L.Type, _ source: UnsafePointer<Float>, _ pitch: Int, isShort: Bool, _ target: UnsafeMutablePointer<Float>,
  _ stride: Int, _ index: Int
) -> Five<L> {
  let products = Winograd42.gradients(lanes, gradients(lanes, source, pitch, isShort: isShort))
  L.store5(products, target + (25 &+ index) &* stride, 4 &* stride)
  return products
}

/// Transforms the sums of a block of tiles at stride 2, and adds them up over the blocks.
@inline(always)
func winogradStridedGradientOutput<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<WinogradGradientOutputArguments>
) {
  let n = L.count
  let stride = p.pointee.sumPointStride
  var channel = 0
  while channel < p.pointee.channels {
    var sums = p.pointee.sums + channel &* p.pointee.sumStride
    var totals = p.pointee.totals + channel &* p.pointee.totalStride
    var vector = p.pointee.vectors
    while vector > 0 {
      let c0 = Winograd42.weightGradients(lanes, L.five(sums, 5 &* stride))
      let c1 = Winograd42.weightGradients(lanes, L.five(sums + stride, 5 &* stride))
      let c2 = Winograd42.weightGradients(lanes, L.five(sums + 2 &* stride, 5 &* stride))
      let c3 = Winograd42.weightGradients(lanes, L.five(sums + 3 &* stride, 5 &* stride))
      let c4 = Winograd42.weightGradients(lanes, L.five(sums + 4 &* stride, 5 &* stride))
      let top = Winograd42.weightGradients(lanes, (c0.0, c1.0, c2.0, c3.0, c4.0))
      let bottom = Winograd42.weightGradients(lanes, (c0.1, c1.1, c2.1, c3.1, c4.1))
      let vertical = Winograd42.weightGradients(lanes, L.five(sums + 25 &* stride, stride))
      let horizontal = Winograd42.weightGradients(lanes, L.five(sums + 30 &* stride, stride))
      let taps = (
        top.0, vertical.0, top.1, horizontal.0, L.load(sums + 35 &* stride), horizontal.1, bottom.0, vertical.1,
        bottom.1
      )
      func add(_ tap: L.Vector, _ index: Int) {
        let total = totals + index &* n
        L.store(p.pointee.isFirst ? tap : L.load(total) + tap, total)
      }
      add(taps.0, 0)
      add(taps.1, 1)
      add(taps.2, 2)
      add(taps.3, 3)
      add(taps.4, 4)
      add(taps.5, 5)
      add(taps.6, 6)
      add(taps.7, 7)
      add(taps.8, 8)
      sums += n
      totals += 9 &* n
      vector &-= 1
    }
    channel &+= 1
  }
}
