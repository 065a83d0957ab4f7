/// Where the outputs of a band of rows lie: for each unit of neighbouring outputs (a vector along a row, or a run of
/// points), its origin in the view, its place in the target and its part of the sum.
///
/// Units go row by row, and within a row image by image: rows of several small images lack the same taps, so that their
/// tiles skip the same steps.
struct OutputOffsets: Sendable {
  let images: Int
  let count: Int
  /// Units of a row, or of all rows where they follow one another in the view.
  let perRow: Int
  /// Outputs of a unit that are stored, if a row has fewer than the unit.
  let stored: Int
  let sources: OffsetTable
  let targets: OffsetTable
  /// The parts of the sums of every unit of a band's rows, where the view skips rows: the bands that have the same share
  /// one list, as nearly all do that lie inside the image. Else nil.
  let ranges: BandRanges?

  struct BandRanges: Sendable {
    let table: OffsetTable
    /// Where each band's list begins.
    let starts: [Int]
    func base(band: Int) -> UnsafePointer<Int32> { UnsafePointer(table.base + starts[band]) }
  }

  /// - Parameters:
  ///   - y, x: the view's axes, or phases of them.
  ///   - unit: outputs that one unit has.
  ///   - rows: of the band.
  ///   - imageStrides: from an image's source and target to those of the next.
  ///   - targetRowStride: from a row's place to that of the next.
  init(
    view: InputView, y: ConvAxis, x: ConvAxis, unit: Int, rows: Int, images: Int,
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
    ranges = view.skipsRows ? Self.ranges(view: view, y: y, x: x, perRow: perRow) : nil
  }

  /// - Parameters:
  ///   - y, x: the view's axes, or phases of them. A phase may have fewer rows than the view: its last bands are then
  ///     shorter, or empty.
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
