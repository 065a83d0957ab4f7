import KernelsISA

/// The arguments of `winogradProducts`: sums of all products of a block of tiles with a panel of target channels.
struct WinogradProductsArguments {
  /// Transformed inputs, tile by tile; elements from a tile to the next, and from a product to the next.
  var inputs: UnsafePointer<Float>
  var inputStride: Int
  var inputPointStride: Int
  /// Transformed weights of the panel, a row for each source channel; elements from those of a product to the next.
  var weights: UnsafePointer<Float>
  var weightPointStride: Int
  /// Source channels: the terms of a sum, or those of a part of it.
  var depth: Int
  /// Whether the sums go on from what is stored.
  var continues: Bool
  var tiles: WinogradTileRanges
  /// Sums, tile by tile; elements from a product to the next. There is memory for whole register tiles.
  var sums: UnsafeMutablePointer<Float>
  var sumPointStride: Int
}

extension RegisterTile {
  /// Adds the product of rows of A, at the offsets, with a packed panel B. With each term an address is prefetched to the
  /// second-level cache, which lies `step` elements behind the one before.
  @inline(always)
  mutating func multiply(
    rows a: UnsafePointer<Float>, offsets: InlineArray<rows, Int>, _ b: UnsafePointer<Float>, depth: Int,
    next: UnsafePointer<Float>, step: Int
  ) {
    var a = a
    var b = b
    var next = next
    var k = depth
    while k > 0 {
      var row = zeros(InlineArray<vectors, L.Vector>.self)
      for v in 0..<vectors { row[v] = L.load(b + v &* L.count) }
      for i in 0..<rows {
        let scalar = L.splat(a[offsets[i]])
        for v in 0..<vectors { sums[i][v] = L.multiplyAdd(scalar, row[v], sums[i][v]) }
      }
      prefetchToSecondLevel(next)
      a += 1
      next += step
      b += vectors &* L.count
      k &-= 1
    }
  }
}

/// Multiplies, for each of the products of a tile, the matrix of the tiles that need it × source channels with that of
/// source × target channels. The chain of every sum runs over all source channels in their order, so that its bits depend
/// on nothing else.
///
/// The weights of all products seldom stay in the second-level cache. While a product is computed, those of the next one
/// are brought there, a line with each term: the last cache of a server is slower than two multiply-adds a cycle.
///
/// - Parameter half: the register tile of half the rows, for the last tiles where it holds them.
@inline(always)
func winogradProducts<let rows: Int, let halfRows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ half: RegisterTile<halfRows, vectors, L>.Type,
  _ p: UnsafePointer<WinogradProductsArguments>
) {
  let tiles = p.pointee.tiles
  var point = 0
  var weight = 0
  while weight < WinogradSize.weightPoints {
    let inputs = p.pointee.inputs + point &* p.pointee.inputPointStride
    let weights = p.pointee.weights + weight &* p.pointee.weightPointStride
    let needed = tiles.tiles(point)
    // Behind the last product's weights, the next panel's of the first follow those of this one.
    var next =
      weight &+ 1 < WinogradSize.weightPoints
      ? weights + p.pointee.weightPointStride : p.pointee.weights + p.pointee.depth &* tile.columns
    let registerTiles = (needed.count &+ rows &- 1) / rows
    let step = registerTiles > 0 ? (tile.columns &+ registerTiles &- 1) / registerTiles : 0
    var first = needed.first
    let last = first &+ needed.count &- 1
    var sums = p.pointee.sums + (point &* p.pointee.sumPointStride &+ first &* tile.columns)
    while first &+ halfRows <= last {
      product(tile, inputs, weights, sums, tiles: first, last, next: next, step: step, p)
      next += p.pointee.depth &* step
      sums += rows &* tile.columns
      first &+= rows
    }
    if first <= last { product(half, inputs, weights, sums, tiles: first, last, next: next, step: step, p) }
    point &+= 1
    if point == tiles.products(weight).end { weight &+= 1 }
  }
}

/// The product of as many tiles as a register tile has rows. Rows behind the last tile compute it again; where they are
/// stored, there are tiles that do not need this product.
@inline(always)
private func product<let rows: Int, let vectors: Int, L: Lanes>(
  _ tile: RegisterTile<rows, vectors, L>.Type, _ inputs: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, tiles first: Int, _ last: Int, next: UnsafePointer<Float>, step: Int,
  _ p: UnsafePointer<WinogradProductsArguments>
) {
  var offsets = InlineArray<rows, Int>(repeating: 0)
  for r in 0..<rows { offsets[r] = min(first &+ r, last) &* p.pointee.inputStride }
  let initial = p.pointee.continues ? UnsafePointer(sums) : isa_zeros()
  var sum = tile.init(initial, stride: p.pointee.continues ? tile.columns : 0)
  sum.multiply(rows: inputs, offsets: offsets, weights, depth: p.pointee.depth, next: next, step: step)
  sum.store(to: sums, stride: tile.columns)
}
