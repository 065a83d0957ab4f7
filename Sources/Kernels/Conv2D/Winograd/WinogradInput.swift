/// A vector of channels of an image, and where in it the first tile begins.
struct WinogradPlanes {
  /// The first channel's plane.
  var source: UnsafePointer<Float>
  /// Elements from a plane to the next.
  var stride: Int
  /// Channels, at most a vector's.
  var channels: Int
  var height: Int
  var width: Int
  /// The first tile's first row and column; negative where that is padding.
  var firstRow: Int
  var firstColumn: Int
}

/// The arguments of `winogradInput` and `winogradGradientInput`: transform a vector of channels of some rows of tiles of one
/// image.
struct WinogradInputArguments {
  var planes: WinogradPlanes
  /// Rows and columns of tiles; the first of them have all outputs, the others one row or column less.
  var tileRows: Int
  var tallRows: Int
  var tileColumns: Int
  var wideColumns: Int
  /// Memory for what the tiles cover, pixel by pixel, a vector of channels each: rows of as many pixels as
  /// the tiles have outputs, and of inputs the rows and columns more that a tile shares with the next.
  var strip: UnsafeMutablePointer<Float>
  /// The planes that are read next, as many and as far apart, at the first tile's first output.
  var next: UnsafePointer<Float>
  /// The position of each tile among those of its block, row by row.
  var positions: UnsafePointer<Int>
  /// The first product's channels of the tile at position 0.
  var target: UnsafeMutablePointer<Float>
  /// Elements from a tile to the next, and from a product of a tile to the next.
  var tileStride: Int
  var pointStride: Int
  /// From an element of the planes that a tile's kernel takes to the next: 2 in the forward pass at stride 2, whose tiles
  /// have four times as many inputs.
  var step: Int

  /// Prefetches, of each of the next planes, some of the elements of which tiles are made: a tile as many as it has outputs,
  /// or one of `step`² parts of those.
  ///
  /// To the second-level cache: planes that are a multiple of 4 KB apart share sets of the first, which hold fewer lines
  /// than a vector has lanes.
  ///
  /// - Parameter outputs: of a tile along an axis.
  @inline(always)
  func prefetchNext<L: Lanes>(_ lanes: L.Type, outputs: Int = 4, tileRow: Int, tile: Int, part: Int = 0) {
    let size = outputs &* step
    let piece = tile &* step &* step &+ part
    // Rows of tiles as wide as the image lie one behind the other; of others, each piece is a line of one row.
    let isWhole = tileColumns &* size >= planes.width
    let ofPiece =
      isWhole ? piece &* outputs &* outputs : piece % size &* planes.width &+ piece / size &* 16
    let address = next + (tileRow &* size &* planes.width &+ ofPiece)
    for plane in 0..<L.count { prefetchToSecondLevel(address + plane &* planes.stride) }
  }
}

/// Copies some rows of a vector of channels to a strip: pixel by pixel, the channels of each in one vector, with zeros
/// for what lies outside of the image.
@inline(always)
func fillStrip<L: Lanes>(
  _ lanes: L.Type, _ strip: UnsafeMutablePointer<Float>, rows: Int, pixels: Int, of p: WinogradPlanes
) {
  let n = L.count
  // Pixels outside at the left, and the first source column behind them.
  let first = max(0 &- p.firstColumn, 0)
  let firstColumn = max(p.firstColumn, 0)
  let columns = max(min(p.width &- firstColumn, pixels &- first), 0)
  let zero = L.splat(0)
  var y = 0
  while y < rows {
    let row = strip + y &* pixels &* n
    let source = p.firstRow &+ y
    let isInside = source >= 0 && source < p.height
    // Where there are fewer channels than lanes, the others stay zero.
    let clearsAll = !isInside || p.channels < n
    var x = 0
    while x < pixels {
      if clearsAll || x < first || x >= first &+ columns {
        L.store(zero, row + x &* n)
        x &+= 1
      } else {
        x = first &+ columns
      }
    }
    if isInside {
      L.transpose(
        p.source + (source &* p.width &+ firstColumn), p.stride, rows: p.channels, columns: columns, row + first &* n,
        n)
    }
    y &+= 1
  }
}

/// Transforms three rows of six columns, which stay in registers, into 18 products.
@inline(always)
private func transformRows<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ c: (Three<L>, Three<L>, Three<L>, Three<L>, Three<L>, Three<L>),
  _ target: UnsafeMutablePointer<Float>, _ stride: Int, _ lanes: L.Type
) {
  L.store6(F.data(L.self, (c.0.0, c.1.0, c.2.0, c.3.0, c.4.0, c.5.0)), target, stride)
  L.store6(F.data(L.self, (c.0.1, c.1.1, c.2.1, c.3.1, c.4.1, c.5.1)), target + 6 &* stride, stride)
  L.store6(F.data(L.self, (c.0.2, c.1.2, c.2.2, c.3.2, c.4.2, c.5.2)), target + 12 &* stride, stride)
}

/// Transforms the inputs of each tile: some of their rows and columns are those of the next, too.
@inline(always)
func winogradInput<F: WinogradFilter, L: Lanes>(
  _ filter: F.Type, _ lanes: L.Type, _ p: UnsafePointer<WinogradInputArguments>
) {
  let n = L.count
  // Inputs of the last tile that are those of a further output do not enter the products that are needed.
  let overlap = F.taps &- 1
  let (rows, columns) = (p.pointee.tileRows, p.pointee.tileColumns)
  let pixels = F.outputs &* columns &+ overlap &- max(columns &- p.pointee.wideColumns &- 1, 0)
  fillStrip(
    L.self, p.pointee.strip,
    rows: F.outputs &* rows &+ overlap &- max(rows &- p.pointee.tallRows &- 1, 0), pixels: pixels,
    of: p.pointee.planes)
  let pitch = pixels &* n
  let pointStride = p.pointee.pointStride
  var position = p.pointee.positions
  var row = UnsafePointer(p.pointee.strip)
  var tileRow = 0
  while tileRow < rows {
    var source = row
    var tile = 0
    while tile < columns {
      p.pointee.prefetchNext(lanes, outputs: F.outputs, tileRow: tileRow, tile: tile)
      let target = p.pointee.target + position.pointee &* p.pointee.tileStride
      transformRows(
        filter,
        (
          F.firstData(L.self, source, pitch), F.firstData(L.self, source + n, pitch),
          F.firstData(L.self, source + 2 &* n, pitch), F.firstData(L.self, source + 3 &* n, pitch),
          F.firstData(L.self, source + 4 &* n, pitch), F.firstData(L.self, source + 5 &* n, pitch)
        ), target, pointStride, L.self)
      transformRows(
        filter,
        (
          F.lastData(L.self, source, pitch), F.lastData(L.self, source + n, pitch),
          F.lastData(L.self, source + 2 &* n, pitch), F.lastData(L.self, source + 3 &* n, pitch),
          F.lastData(L.self, source + 4 &* n, pitch), F.lastData(L.self, source + 5 &* n, pitch)
        ), target + 18 &* pointStride, pointStride, L.self)
      source += (tile < p.pointee.wideColumns ? F.outputs : F.outputs &- 1) &* n
      position += 1
      tile &+= 1
    }
    row += (tileRow < p.pointee.tallRows ? F.outputs : F.outputs &- 1) &* pitch
    tileRow &+= 1
  }
}
