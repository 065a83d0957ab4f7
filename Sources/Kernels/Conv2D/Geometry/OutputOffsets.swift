/// The outputs of a band of rows as a list of units, a unit being a vector along a row or a run of neighbouring pixels.
/// For each unit: the offset of its origin in the view, its offset in the target, and its range of the sum's steps.
///
/// Units go row by row, and within a row image by image: the same row of several small images has the same taps in
/// padding, so a tile skips those steps for all.
struct OutputOffsets: Sendable {
  let images: Int
  let count: Int
  /// Units of a row; of all rows where the rows follow one another in the view.
  let perRow: Int
  /// Outputs of a unit that are stored: fewer than the unit has where a row is shorter than a unit.
  let stored: Int
  let sources: OffsetTable
  let targets: OffsetTable
  /// For each unit its range of the sum's steps, where the view skips rows; else nil. Bands with equal ranges share one
  /// list, as nearly all bands in the interior of an image do.
  let ranges: BandRanges?

  struct BandRanges: Sendable {
    let table: OffsetTable
    /// The index in `table` of each band's list.
    let starts: [Int]
    func base(band: Int) -> UnsafePointer<Int32> { UnsafePointer(table.base + starts[band]) }
  }

  /// - Parameters:
  ///   - y, x: the view's axes, or those of one phase.
  ///   - unit: outputs of a unit.
  ///   - rows: output rows of the band.
  ///   - imageStrides: elements from an image's source and target to the next image's.
  ///   - targetRowStride: elements from a row of the target to the next.
  init(
    view: InputView, y: ConvAxis, x: ConvAxis, unit: Int, rows: Int, images: Int,
    imageStrides: (source: Int, target: Int), targetRowStride: Int
  ) {
    self.images = images
    let isLinear = view.isLinear(columns: x.count) && targetRowStride == x.count
    let length = isLinear ? rows * x.count : x.count
    // The last unit of a row ends with the row and overlaps the unit before.
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
    ranges = view.skipsRows ? Self.ranges(view: view, y: y, x: x, perRow: perRow) : nil
  }

  /// - Parameters:
  ///   - y, x: the view's axes, or those of one phase. Where a phase has fewer rows than the view, its last bands are
  ///     shorter or empty.
  ///   - perRow: units of a row.
  private static func ranges(view: InputView, y: ConvAxis, x: ConvAxis, perRow: Int) -> BandRanges {
    var table: [Int] = []
    var known: [[Range<Int>]: Int] = [:]
    let starts = (0..<view.bands).map { band in
      let first = band * view.bandRows
      let steps = (first..<max(min(first + view.bandRows, y.count), first)).map { view.steps(ofRow: $0, y: y, x: x) }
      if let start = known[steps] { return start }
      let start = table.count
      known[steps] = start
      for steps in steps {
        for _ in 0..<perRow { table += [steps.lowerBound, steps.upperBound] }
      }
      return start
    }
    return BandRanges(table: OffsetTable(table), starts: starts)
  }
}
