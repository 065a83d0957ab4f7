/// The products of a column of a tile's output gradients; the last gradient is zero where the tile is short.
@inline(always)
private func column<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ y: UnsafePointer<Float>, _ pitch: Int, isShort: Bool
) -> Six<L> {
  let zero = L.splat(0)
  let last = isShort ? zero : L.load(y + (F.outputs &- 1) &* pitch)
  if F.outputs == 2 { return F.gradients(L.self, (L.load(y), last, zero, zero)) }
  return F.gradients(L.self, (L.load(y), L.load(y + pitch), L.load(y + 2 &* pitch), last))
}

/// Transforms the output gradients of each tile, as `winogradInput` does with the inputs.
@inline(always)
func winogradGradientInput<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradInputArguments>
) {
  let n = L.count
  let (rows, columns) = (p.pointee.tileRows, p.pointee.tileColumns)
  let pixels = F.outputs &* columns &- (columns &- p.pointee.wideColumns)
  fillStrip(
    L.self, p.pointee.strip, rows: F.outputs &* rows &- (rows &- p.pointee.tallRows), pixels: pixels,
    of: p.pointee.planes)
  let pitch = pixels &* n
  let pointStride = p.pointee.pointStride
  var position = p.pointee.positions
  var row = UnsafePointer(p.pointee.strip)
  var tileRow = 0
  while tileRow < rows {
    let isShort = tileRow >= p.pointee.tallRows
    var source = row
    var tile = 0
    while tile < columns {
      let isNarrow = tile >= p.pointee.wideColumns
      // Columns first; those of the four rows of six stay in registers.
      let zero = (L.splat(0), L.splat(0), L.splat(0), L.splat(0), L.splat(0), L.splat(0))
      let first = column(filter, lanes, source, pitch, isShort: isShort)
      var (second, third, fourth) = (zero, zero, zero)
      if F.outputs > 2 {
        second = column(filter, lanes, source + n, pitch, isShort: isShort)
        third = column(filter, lanes, source + 2 &* n, pitch, isShort: isShort)
        if !isNarrow { fourth = column(filter, lanes, source + 3 &* n, pitch, isShort: isShort) }
      } else if !isNarrow {
        second = column(filter, lanes, source + n, pitch, isShort: isShort)
      }
      p.pointee.prefetchNext(lanes, outputs: F.outputs, tileRow: tileRow, tile: tile)
      let target = p.pointee.target + position.pointee &* p.pointee.tileStride
      let six = 6 &* pointStride
      L.store6(F.gradients(L.self, (first.0, second.0, third.0, fourth.0)), target, pointStride)
      L.store6(F.gradients(L.self, (first.1, second.1, third.1, fourth.1)), target + six, pointStride)
      L.store6(F.gradients(L.self, (first.2, second.2, third.2, fourth.2)), target + 2 &* six, pointStride)
      L.store6(F.gradients(L.self, (first.3, second.3, third.3, fourth.3)), target + 3 &* six, pointStride)
      L.store6(F.gradients(L.self, (first.4, second.4, third.4, fourth.4)), target + 4 &* six, pointStride)
      L.store6(F.gradients(L.self, (first.5, second.5, third.5, fourth.5)), target + 5 &* six, pointStride)
      source += (isNarrow ? F.outputs &- 1 : F.outputs) &* n
      position += 1
      tile &+= 1
    }
    row += (isShort ? F.outputs &- 1 : F.outputs) &* pitch
    tileRow &+= 1
  }
}

/// The arguments of `winogradGradientProducts`: for each of 36 weights, the sum of its products over a block of tiles, for
/// some output channels and a panel of input channels.
struct WinogradGradientProductsArguments {
  /// Transformed output gradients, tile by tile; elements from a tile to the next, and from a product to the next.
  var gradients: UnsafePointer<Float>
  var gradientStride: Int
  var gradientPointStride: Int
  /// Transformed inputs alike.
  var inputs: UnsafePointer<Float>
  var inputStride: Int
  var inputPointStride: Int
  /// Tiles: those that need a product are the terms of its sum.
  var tiles: WinogradTileRanges
  /// Output channels; behind the last there are elements for whole register tiles.
  var channels: Int
  /// Sums, a row of input channels for each output channel; elements from a weight to the next. There is memory for
  /// whole register tiles.
  var sums: UnsafeMutablePointer<Float>
  var sumPointStride: Int
}

@inline(always)
func winogradGradientProducts<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ p: UnsafePointer<WinogradGradientProductsArguments>
) {
  var point = 0
  while point < WinogradSize.weightPoints {
    let products = p.pointee.tiles.products(point)
    // Mostly there is one product.
    let firstTiles = p.pointee.tiles.tiles(products.first)
    // The next product's rows of inputs are prefetched in parts, one with each register tile.
    let part = tile.columns &* rows / max(p.pointee.channels, rows)
    var nextColumn = 0
    var sums = p.pointee.sums + point &* p.pointee.sumPointStride
    var channel = 0
    while channel < p.pointee.channels {
      var sum = tile.init()
      var product = products.first
      while product < products.end {
        let tiles = product == products.first ? firstTiles : p.pointee.tiles.tiles(product)
        sum.multiply(
          columns: p.pointee.gradients
            + (product &* p.pointee.gradientPointStride &+ tiles.first &* p.pointee.gradientStride &+ channel),
          p.pointee.gradientStride,
          rows: p.pointee.inputs
            + (product &* p.pointee.inputPointStride &+ tiles.first &* p.pointee.inputStride),
          p.pointee.inputStride, depth: tiles.count,
          next: (p.pointee.gradientPointStride, p.pointee.inputPointStride &+ nextColumn))
        product &+= 1
      }
      sum.store(to: sums, stride: tile.columns)
      sums += rows &* tile.columns
      channel &+= rows
      nextColumn &+= part
    }
    point &+= 1
  }
}

extension RegisterTile {
  /// Adds the product of columns of A, of `rows` elements each, with rows of B, each so many elements from the next. With
  /// each term the lines so many elements behind those of A and B are prefetched to the second-level cache.
  @inline(always)
  mutating func multiply(
    columns a: UnsafePointer<Float>, _ aStride: Int, rows b: UnsafePointer<Float>, _ bStride: Int, depth: Int,
    next: (a: Int, b: Int)
  ) {
    var a = a
    var b = b
    var k = depth
    while k > 0 {
      var row = zeros(InlineArray<vectors, L.Vector>.self)
      for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
      for i in 0..<rows {
        let scalar = L.splat(a[i])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
      }
      prefetchToSecondLevel(a + next.a)
      prefetchToSecondLevel(b + next.b)
      a += aStride
      b += bStride
      k &-= 1
    }
  }
}

/// The arguments of `winogradGradientOutput`: transforms the sums of a block of tiles, and adds them up over the blocks.
struct WinogradGradientOutputArguments {
  var sums: UnsafePointer<Float>
  /// Elements from an output channel to the next, and from a product to the next.
  var sumStride: Int
  var sumPointStride: Int
  /// Output channels, and vectors of input channels.
  var channels: Int
  var vectors: Int
  /// A vector of each tap for each output channel and vector of input channels; elements from an output channel to the next.
  var totals: UnsafeMutablePointer<Float>
  var totalStride: Int
  /// Whether these are the first tiles, so that there is nothing to add to.
  var isFirst: Bool
  /// Memory for 30 vectors.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func winogradGradientOutput<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradGradientOutputArguments>
) {
  let n = L.count
  let scratch = p.pointee.scratch
  let pointStride = p.pointee.sumPointStride
  var channel = 0
  while channel < p.pointee.channels {
    var sums = p.pointee.sums + channel &* p.pointee.sumStride
    var totals = p.pointee.totals + channel &* p.pointee.totalStride
    var vector = p.pointee.vectors
    while vector > 0 {
      var j = 0
      while j < 6 {
        let g = F.weightGradients(L.self, L.six(sums + j &* pointStride, 6 &* pointStride))
        L.store(g.0, scratch + j &* n)
        L.store(g.1, scratch + (6 &+ j) &* n)
        L.store(g.2, scratch + (12 &+ j) &* n)
        if F.taps > 3 {
          L.store(g.3, scratch + (18 &+ j) &* n)
          L.store(g.4, scratch + (24 &+ j) &* n)
        }
        j &+= 1
      }
      var i = 0
      while i < F.taps {
        var g = F.weightGradients(L.self, L.six(scratch + 6 &* i &* n, n))
        let total = totals + F.taps &* i &* n
        if !p.pointee.isFirst {
          g.0 = L.load(total) + g.0
          g.1 = L.load(total + n) + g.1
          g.2 = L.load(total + 2 &* n) + g.2
          if F.taps > 3 {
            g.3 = L.load(total + 3 &* n) + g.3
            g.4 = L.load(total + 4 &* n) + g.4
          }
        }
        L.store(g.0, total)
        L.store(g.1, total + n)
        L.store(g.2, total + 2 &* n)
        if F.taps > 3 {
          L.store(g.3, total + 3 &* n)
          L.store(g.4, total + 4 &* n)
        }
        i &+= 1
      }
      sums += n
      totals += F.taps &* F.taps &* n
      vector &-= 1
    }
    channel &+= 1
  }
}

/// The arguments of `winogradGradientStore`: stores the weight gradients of some output channels.
struct WinogradGradientStoreArguments {
  /// As `WinogradGradientOutputArguments` has them.
  var totals: UnsafePointer<Float>
  var totalStride: Int
  var outputChannels: Int
  var inputChannels: Int
  /// `[outputChannels, inputChannels, taps, taps]`
  var target: UnsafeMutablePointer<Float>
  /// Set to true where a gradient is not finite.
  var isNonFinite: UnsafeMutablePointer<Bool>
}

@inline(always)
func winogradGradientStore<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradGradientStoreArguments>
) {
  let n = L.count
  let taps = F.taps &* F.taps
  var check = L.splat(0)
  var target = p.pointee.target
  var row = p.pointee.totals
  var output = 0
  while output < p.pointee.outputChannels {
    var totals = row
    var channel = 0
    while channel < p.pointee.inputChannels {
      let count = min(p.pointee.inputChannels &- channel, n)
      for tap in 0..<taps { check = L.multiplyAdd(L.load(totals + tap &* n), L.splat(0), check) }
      L.transpose(totals, n, rows: taps, columns: count, target, taps)
      totals += taps &* n
      target += taps &* count
      channel &+= n
    }
    row += p.pointee.totalStride
    output &+= 1
  }
  if !(L.sum(check) == 0) { p.pointee.isNonFinite.pointee = true }
}
