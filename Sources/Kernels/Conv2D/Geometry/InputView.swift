import KernelsISA

/// Where a tile finds the source of one image and group: in place, or in a padded copy of a band of rows.
///
/// A padded copy has the padding written out. Where a vector holds neighbouring outputs and the stride is more than 1,
/// it also puts the columns of each phase side by side, so that neighbouring outputs read neighbouring elements.
struct InputView: Sendable {
  let y: ConvAxis
  let x: ConvAxis
  var channels: Int
  /// Whether tiles read a padded copy and not the source itself.
  let isCopied: Bool
  /// Output rows of a band; the last band may have fewer.
  let bandRows: Int
  /// Phases of a row of the copy, and the elements of each; see `PaddedInputArguments`.
  let phases: Int
  let phaseWidth: Int
  /// Source rows from one row of the copy to the next, and source columns from one element of a phase to the next.
  let rowStep: Int
  let columnStep: Int
  /// Whether the sums run over the kernel's rows first (`ConvAxis.ordersByRows`): a tile then skips the kernel rows
  /// that are padding for all of its outputs.
  let skipsRows: Bool
  /// Elements from a row of the view to the next, and from a channel's plane to the next.
  let rowStride: Int
  let planeStride: Int

  /// The size of a band's padded copy, in elements, beyond which bands get fewer rows: 512 KB, which stay in the
  /// second-level cache.
  static let bandLimit = 128 << 10

  /// - Parameters:
  ///   - lanes: lanes of a vector that holds neighbouring outputs of a row, whose source elements must be neighbours,
  ///     too; nil where vectors hold channels.
  ///   - skipsRows: whether sums run over the kernel's rows first (`ConvAxis.ordersByRows`).
  ///   - minimumBands: the least number of bands of an image, so that all threads have work.
  ///   - rowAlignment: elements of which a phase of a copied row has a multiple.
  init(
    y: ConvAxis, x: ConvAxis, channels: Int, lanes: Int?, skipsRows: Bool, minimumBands: Int, rowAlignment: Int = 1
  ) {
    self.y = y
    self.x = x
    self.channels = channels
    self.skipsRows = skipsRows
    let isContiguous = lanes.map { x.stride == 1 && x.count >= $0 } ?? true
    isCopied = !(y.staysInside && x.staysInside && isContiguous)
    // The copy omits the source rows that no output reads: with one kernel row, the rows that the stride skips; with a
    // dilation, the rows between taps, provided that outputs have the same step or that a band is a single row.
    let tapStep = y.taps.reduce(0) { greatestCommonDivisor($0, $1.shift) }
    let anyRowStep = isCopied ? max(greatestCommonDivisor(tapStep, y.stride), 1) : 1
    columnStep = isCopied && lanes != nil ? x.stride : 1
    let wanted = max((y.count + minimumBands - 1) / minimumBands, 1)
    if isCopied {
      phases = min(columnStep, x.extent)
      let width = x.reach(max(x.count, lanes ?? 1))
      let unit = columnStep * rowAlignment
      phaseWidth = (width + unit - 1) / unit * rowAlignment
      rowStride = phases * phaseWidth
      let rows = Self.bandLimit / max(channels * rowStride, 1)
      let most = max(((rows - 1) * anyRowStep + 1 - y.extent) / y.stride + 1, 1)
      let bands = max((y.count + most - 1) / most, minimumBands, 1)
      bandRows = max((y.count + bands - 1) / bands, 1)
      rowStep = bandRows == 1 ? max(tapStep, 1) : anyRowStep
      planeStride = ((y.reach(bandRows) - 1) / rowStep + 1) * rowStride
    } else {
      rowStep = 1
      phases = 1
      phaseWidth = 0
      rowStride = x.sourceCount
      bandRows = wanted
      planeStride = y.sourceCount * x.sourceCount
    }
  }

  var bands: Int { (y.count + bandRows - 1) / bandRows }
  /// Elements of a band's padded copy; 0 where tiles read in place.
  var copyCount: Int { isCopied ? channels * planeStride : 0 }

  func rows(ofBand band: Int) -> Int { min(bandRows, y.count - band * bandRows) }

  /// The offset of an output's origin from the view's base. `row` counts from the first row of the band.
  func origin(_ row: Int, _ column: Int) -> Int {
    planCheck(row == 0 || y.stride % rowStep == 0, "output row \(row) is not in a view of every \(rowStep)th row")
    return row * (y.stride / rowStep) * rowStride + column * (x.stride / columnStep)
  }

  /// Whether the rows of `columns` outputs follow one another in the view without gaps, as one long row. Where a phase
  /// has fewer columns than the view's axis, they do not.
  func isLinear(columns: Int) -> Bool { !skipsRows && bandRows > 1 && origin(1, 0) == origin(0, columns) }

  /// The offset of a tap from an output's origin.
  func tap(_ channel: Int, _ shiftY: Int, _ shiftX: Int) -> Int {
    channel * planeStride + shiftY / rowStep * rowStride + shiftX % columnStep * phaseWidth + shiftX / columnStep
  }

  /// A tap, in a list that is in the order of summation.
  struct Tap {
    /// The source channel.
    var channel: Int
    /// The kernel's row and column.
    var kernelRow: Int
    var kernelColumn: Int
    /// The offset from an output's origin.
    var offset: Int
  }

  /// All taps in the order of summation: by channel, kernel row, kernel column; or by kernel row, channel, kernel
  /// column where `skipsRows`. The axes are the view's own or those of one phase.
  func order(y: ConvAxis, x: ConvAxis) -> [Tap] {
    var order: [Tap] = []
    order.reserveCapacity(channels * y.taps.count * x.taps.count)
    func append(_ channel: Int, _ row: (kernel: Int, shift: Int)) {
      for column in x.taps {
        order.append(
          Tap(
            channel: channel, kernelRow: row.kernel, kernelColumn: column.kernel,
            offset: tap(channel, row.shift, column.shift)))
      }
    }
    if skipsRows {
      for row in y.taps { for channel in 0..<channels { append(channel, row) } }
    } else {
      for channel in 0..<channels { for row in y.taps { append(channel, row) } }
    }
    return order
  }

  /// The offsets of all taps in the order of summation.
  func taps() -> [Int] { order(y: y, x: x).map(\.offset) }

  /// The range of a sum's steps that is not padding for an output row, where `skipsRows`.
  func steps(ofRow row: Int, y: ConvAxis, x: ConvAxis) -> Range<Int> {
    let inside = y.insideTaps(row)
    let length = channels * x.taps.count
    return inside.lowerBound * length..<inside.upperBound * length
  }

  /// The address of the view's base for one band of a group's planes. Where the view is a padded copy, fills it first.
  func base(
    of source: UnsafePointer<Float>, band: Int, copy: UnsafeMutablePointer<Float>,
    copyPadded: LevelFunction<PaddedInputArguments>
  ) -> UnsafePointer<Float> {
    let startY = y.start + band * bandRows * y.stride
    guard isCopied else { return source + (startY * x.sourceCount + x.start) }
    var arguments = PaddedInputArguments(
      source: source, target: copy, planes: channels, sourcePlaneStride: y.sourceCount * x.sourceCount,
      sourceHeight: y.sourceCount, sourceWidth: x.sourceCount, startY: startY, startX: x.start,
      rowStep: rowStep, columnStep: columnStep, height: planeStride / rowStride, phases: phases,
      phaseWidth: phaseWidth)
    copyPadded(&arguments)
    return UnsafePointer(copy)
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
