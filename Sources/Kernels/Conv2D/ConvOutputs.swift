/// Where the outputs of a band of rows lie: for each unit of neighbouring outputs (a vector along a row, or a run of
/// points), its origin in the view, its place in the target and its part of the sum.
///
/// Units go row by row, and within a row image by image: rows of several small images lack the same taps, so that their
/// tiles skip the same steps.
struct ConvOutputs: Sendable {
  let images: Int
  let count: Int
  /// Units of a row, or of all rows where they follow one another in the view.
  let perRow: Int
  /// Outputs of a unit that are stored, if a row has fewer than the unit.
  let stored: Int
  let sources: OffsetTable
  let targets: OffsetTable
  /// Of all rows of the image, not of the band's only; nil where the view skips none.
  let ranges: OffsetTable?

  /// - Parameters:
  ///   - y, x: the view's axes, or phases of them.
  ///   - unit: outputs that one unit has.
  ///   - rows: of the band.
  ///   - imageStrides: from an image's source and target to those of the next.
  ///   - targetRowStride: from a row's place to that of the next.
  init(
    view: ConvView, y: ConvAxis, x: ConvAxis, unit: Int, rows: Int, images: Int,
    imageStrides: (source: Int, target: Int), targetRowStride: Int
  ) {
    self.images = images
    let isLinear = view.isLinear(columns: x.count) && targetRowStride == x.count
    let length = isLinear ? rows * x.count : x.count
    // The last unit of a row ends with the row: it overlaps the one before.
    let columns = stride(from: 0, to: length, by: unit).map { max(min($0, length - unit), 0) }
    stored = min(unit, max(length, 1))
    perRow = images * columns.count
    var sources: [Int] = []
    var targets: [Int] = []
    for row in 0..<(isLinear ? 1 : rows) {
      for image in 0..<images {
        for column in columns {
          sources.append(image * imageStrides.source + view.origin(row, column))
          targets.append(image * imageStrides.target + row * targetRowStride + column)
        }
      }
    }
    count = sources.count
    self.sources = OffsetTable(sources)
    self.targets = OffsetTable(targets)
    let perRow = perRow
    ranges =
      view.skipsRows
      ? OffsetTable(
        (0..<y.count).flatMap { row in
          let steps = view.steps(ofRow: row, y: y, x: x)
          return (0..<perRow).flatMap { _ in [steps.lowerBound, steps.upperBound] }
        }) : nil
  }
}
