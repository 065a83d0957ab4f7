import KernelsISA

/// How a tile finds the source of one image and group: in place, or as a staged copy of a band of rows.
struct InputView: Sendable {
  let y: ConvAxis
  let x: ConvAxis
  let channels: Int
  let isCopied: Bool
  /// Output rows that one band covers; the last band may have fewer.
  let bandRows: Int
  /// A staged row is as many runs of `phaseWidth` elements; see `PaddedInputArguments`.
  let phases: Int
  let phaseWidth: Int
  /// The source's rows and columns from one staged row, or element of a run, to the next.
  let rowStep: Int
  let columnStep: Int
  /// Whether rows of outputs lack taps, so that the sums of a tile are ordered by the kernel's rows: a tile then skips
  /// the rows that are padding for all of its outputs.
  let skipsRows: Bool
  let rowStride: Int
  let planeStride: Int

  /// Elements of a staged band beyond which bands get shorter: 512 KB stay in the second-level cache.
  static let bandLimit = 128 << 10

  /// - Parameters:
  ///   - lanes: lanes of a vector that holds neighbouring outputs of a row, so that their sources must be neighbours,
  ///     too; nil where vectors hold channels.
  ///   - skipsRows: whether sums are ordered by the kernel's rows (`ConvAxis.ordersByRows`), so that rows of padding can
  ///     be left out of them.
  ///   - minimumBands: how many bands to cut an image into at least, so that there is work for all threads.
  init(y: ConvAxis, x: ConvAxis, channels: Int, lanes: Int?, skipsRows: Bool, minimumBands: Int) {
    self.y = y
    self.x = x
    self.channels = channels
    self.skipsRows = skipsRows
    let isContiguous = lanes.map { x.stride == 1 && x.count >= $0 } ?? true
    isCopied = !(y.staysInside && x.staysInside && isContiguous)
    // What lies between the rows that outputs and taps stand on is left out: with a kernel of one row, all but the rows of
    // outputs; with a dilation, the rows between taps, if outputs have the same step or a band has one row alone.
    let tapStep = y.taps.reduce(0) { greatestCommonDivisor($0, $1.shift) }
    let anyRowStep = isCopied ? max(greatestCommonDivisor(tapStep, y.stride), 1) : 1
    columnStep = isCopied && lanes != nil ? x.stride : 1
    let wanted = max((y.count + minimumBands - 1) / minimumBands, 1)
    if isCopied {
      phases = min(columnStep, x.extent)
      let width = x.reach(max(x.count, lanes ?? 1))
      phaseWidth = (width + columnStep - 1) / columnStep
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
  /// Elements of a staged band.
  var copyCount: Int { isCopied ? channels * planeStride : 0 }

  func rows(ofBand band: Int) -> Int { min(bandRows, y.count - band * bandRows) }

  /// The offset of an output's origin from the view's base; the row counts from the band's first.
  func origin(_ row: Int, _ column: Int) -> Int {
    planCheck(row == 0 || y.stride % rowStep == 0, "output row \(row) is not in a view of every \(rowStep)th row")
    return row * (y.stride / rowStep) * rowStride + column * (x.stride / columnStep)
  }

  /// Whether the first of each row of `columns` outputs follows the last of the row before as if it were in that row. A
  /// phase may have fewer columns than the view's axis: its rows are then apart.
  func isLinear(columns: Int) -> Bool { !skipsRows && bandRows > 1 && origin(1, 0) == origin(0, columns) }

  /// The offset of a tap from an output's origin.
  func tap(_ channel: Int, _ shiftY: Int, _ shiftX: Int) -> Int {
    channel * planeStride + shiftY / rowStep * rowStride + shiftX % columnStep * phaseWidth + shiftX / columnStep
  }

  /// A tap in the order of the sums.
  struct Tap {
    /// The source's channel.
    var channel: Int
    /// The kernel's row and column.
    var kernelRow: Int
    var kernelColumn: Int
    /// The tap's offset from an output's origin.
    var offset: Int
  }

  /// All taps in the order of the sums, which is that of channel, row and column of the kernel; rows before channels
  /// where `skipsRows`. The axes are the view's, or phases of them.
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

  /// Offsets of all taps in the order of the sums.
  func taps() -> [Int] { order(y: y, x: x).map(\.offset) }

  /// The part of the sum that an output row has, where `skipsRows`.
  func steps(ofRow row: Int, y: ConvAxis, x: ConvAxis) -> Range<Int> {
    let inside = y.insideTaps(row)
    let length = channels * x.taps.count
    return inside.lowerBound * length..<inside.upperBound * length
  }

  /// The view's base for a band of a group's planes; copies them to `copy` where the view is staged.
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
