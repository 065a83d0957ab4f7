/// The order in memory of the tiles of a block: by which of the six products along each axis they need.
///
/// A tile's last output alone takes the product of the point at infinity, so a tile of one row less does without the sixth
/// row of products, and one of a column less without the sixth column: 25 products in place of 36 where it has both. Where
/// the tiles along an axis would have more outputs than an image, as many of the last as there are outputs too many have
/// one less: 14 rows are 4 + 4 + 3 + 3, and 7×7 outputs take 121 products in place of 144. Tiles that need a product lie
/// next to each other:
///
///     [tall and narrow] [tall and wide] [short and wide] [short and narrow]
///
/// where tall and wide tiles have all rows or columns, short and narrow ones one less.
struct WinogradTileOrder {
  /// Rows of tiles of the block, of which so many are short, and tiles of a row.
  let rows: Int
  let shortRows: Int
  let columns: Int
  /// The last columns of tiles, where they are narrow.
  private let narrowColumns: Int
  private let isStrided: Bool
  private let firstRow: Int
  /// Rows of tiles of an image, and the last of them, which are short.
  private let rowsOfImage: Int
  private let shortRowsOfImage: Int

  /// - Parameters:
  ///   - firstRow: the block's first row of tiles, counted through all images.
  ///   - rows: the rows of tiles of the block.
  ///   - columns: the columns of tiles of the block, in an image.
  ///   - height: outputs of an image; the width alike.
  init(_ size: WinogradSize, firstRow: Int, rows: Int, columns: Range<Int>, height: Int, width: Int) {
    isStrided = size.stride > 1
    self.firstRow = firstRow
    self.rows = rows
    self.columns = columns.count
    let rowsOfImage = size.tiles(height)
    self.rowsOfImage = rowsOfImage
    let shortRowsOfImage = size.narrowTiles(height)
    self.shortRowsOfImage = shortRowsOfImage
    narrowColumns = max(columns.upperBound - max(columns.lowerBound, size.wideTiles(width)), 0)
    func count(before row: Int) -> Int {
      row / rowsOfImage * shortRowsOfImage + max(row % rowsOfImage - (rowsOfImage - shortRowsOfImage), 0)
    }
    shortRows = count(before: firstRow + rows) - count(before: firstRow)
  }

  /// The position of each tile, row by row.
  func write(to positions: UnsafeMutablePointer<Int>) {
    let wide = columns - narrowColumns
    let tall = rows - shortRows
    var (nextTall, nextShort) = (0, 0)
    for row in 0..<rows {
      let tile = positions + row * columns
      let isShort = (firstRow + row) % rowsOfImage >= rowsOfImage - shortRowsOfImage
      let first = isShort ? tall * columns + nextShort * wide : tall * narrowColumns + nextTall * wide
      for column in 0..<wide { tile[column] = first + column }
      let narrow = isShort ? tall * columns + shortRows * wide + nextShort * narrowColumns : nextTall * narrowColumns
      for column in 0..<narrowColumns { tile[wide + column] = narrow + column }
      if isShort { nextShort += 1 } else { nextTall += 1 }
    }
  }

  /// The tiles that need each product.
  var ranges: WinogradTileRanges {
    let wide = columns - narrowColumns
    let tall = rows - shortRows
    return WinogradTileRanges(
      count: rows * columns, tallCount: tall * columns, firstWide: tall * narrowColumns, wideCount: rows * wide,
      isStrided: isStrided)
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
  /// Whether the products are the 81 of `Winograd42`, not 36.
  var isStrided: Bool

  /// The products that are made with a matrix of transformed weights.
  @inline(always)
  func products(_ weight: Int) -> (first: Int, end: Int) {
    if !isStrided || weight < 25 { return (weight, weight &+ 1) }
    if weight == 35 { return (65, 81) }
    return (4 &* weight &- 75, 4 &* weight &- 71)
  }

  /// The first of the tiles that need a product, and their number.
  @inline(always)
  func tiles(_ point: Int) -> (first: Int, count: Int) {
    let (isLastRow, isLastColumn) = isLast(point)
    let first = isLastColumn ? firstWide : 0
    let end = isLastRow ? tallCount : isLastColumn ? firstWide &+ wideCount : count
    return (first, end &- first)
  }

  /// Whether a product is needed for a tile's last row of outputs alone, and for its last column.
  @inline(always)
  private func isLast(_ point: Int) -> (row: Bool, column: Bool) {
    if !isStrided { return (point >= 30, point % 6 == 5) }
    if point < 25 { return (point >= 20, point % 5 == 4) }
    if point < 45 { return (point >= 41, point % 4 == 0) }
    if point < 65 { return (point % 4 == 0, point >= 61) }
    return (point >= 77, point % 4 == 0)
  }
}
