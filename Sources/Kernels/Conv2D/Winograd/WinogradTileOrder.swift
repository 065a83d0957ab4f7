/// The order in memory of the tiles of a block: by which of the six products along each axis they need.
///
/// A tile's last output alone takes the product of the point at infinity, so a tile of which one row less is wanted, at
/// the lower edge of an image whose height is 4·n + 3 (with tiles of 2×2 outputs, 2·n + 1), does without the sixth row of
/// products, and one of a column less without the sixth column: 25 products at such a corner in place of 36, and 121 in
/// place of 144 for an image of 7×7. Tiles that need a product lie next to each other:
///
///     [tall and narrow] [tall and wide] [short and wide] [short and narrow]
///
/// where tall and wide tiles have all rows or columns, short and narrow ones one less.
struct WinogradTileOrder {
  /// Rows of tiles of the block, of which so many are short, and tiles of a row.
  let rows: Int
  let shortRows: Int
  let columns: Int
  /// The last column of tiles, where it is narrow: 1 or 0.
  private let narrowColumns: Int
  private let firstRow: Int
  private let rowsOfImage: Int
  private let isLastRowShort: Bool

  /// - Parameters:
  ///   - firstRow: the block's first row of tiles, counted through all images.
  ///   - rows: the rows of tiles of the block.
  ///   - columns: the columns of tiles of the block, in an image.
  ///   - height: outputs of an image; the width alike.
  init(_ size: WinogradSize, firstRow: Int, rows: Int, columns: Range<Int>, height: Int, width: Int) {
    self.firstRow = firstRow
    self.rows = rows
    self.columns = columns.count
    let rowsOfImage = size.tiles(height)
    self.rowsOfImage = rowsOfImage
    isLastRowShort = (height + 1) % size.outputs == 0
    narrowColumns = (width + 1) % size.outputs == 0 && columns.upperBound == size.tiles(width) ? 1 : 0
    shortRows = isLastRowShort ? (firstRow + rows) / rowsOfImage - firstRow / rowsOfImage : 0
  }

  /// The position of each tile, row by row.
  func write(to positions: UnsafeMutablePointer<Int>) {
    let wide = columns - narrowColumns
    let tall = rows - shortRows
    var (nextTall, nextShort) = (0, 0)
    for row in 0..<rows {
      let tile = positions + row * columns
      let isShort = isLastRowShort && (firstRow + row) % rowsOfImage == rowsOfImage - 1
      let first = isShort ? tall * columns + nextShort * wide : tall * narrowColumns + nextTall * wide
      for column in 0..<wide { tile[column] = first + column }
      if narrowColumns == 1 { tile[wide] = isShort ? tall * columns + shortRows * wide + nextShort : nextTall }
      if isShort { nextShort += 1 } else { nextTall += 1 }
    }
  }

  /// The tiles that need each product.
  var ranges: WinogradTileRanges {
    let wide = columns - narrowColumns
    let tall = rows - shortRows
    return WinogradTileRanges(
      count: rows * columns, tallCount: tall * columns, firstWide: tall * narrowColumns, wideCount: rows * wide)
  }
}

/// Ranges of the tiles of a block.
struct WinogradTileRanges {
  /// All tiles.
  var count: Int
  /// Tiles of all rows: the first ones.
  var tallCount: Int
  /// Tiles of all columns.
  var firstWide: Int
  var wideCount: Int

  /// The first of the tiles that need a product of 36, and their number.
  @inline(always)
  func tiles(_ point: Int) -> (first: Int, count: Int) {
    let isLastRow = point >= 30
    let isLastColumn = point % 6 == 5
    let first = isLastColumn ? firstWide : 0
    let end = isLastRow ? tallCount : isLastColumn ? firstWide &+ wideCount : count
    return (first, end &- first)
  }
}
