/// The used share of whole units.
func filled(_ count: Int, _ unit: Int) -> Double {
  count == 0 ? 1 : Double(count) / Double((count + unit - 1) / unit * unit)
}

extension DirectTile {
  /// The share of peak to expect of an image of `height` rows of `width` outputs, each the sum of `depth` products:
  ///
  ///     cycles of the multiply-adds / (cycles of all tiles / share of them that is used + cycles of copies)
  ///
  /// A tile's cycles are those of a step times the depth, and those of its end. A step takes two multiply-adds or 1.7
  /// loads a cycle, whichever is more; a load that crosses a cache line, as neighbouring outputs' loads do, counts twice. Or
  /// it takes what a "pixels" tile reads of the source from the second-level cache, 32 bytes a cycle. The end of a "pixels" tile, whose
  /// vectors are stored as they are, takes some cycles, and not quite one for each. That of a "channels" tile, which is turned from
  /// points × channels to planes, takes a third of a cycle for each value, and more where the planes' lines share the
  /// same places of the first-level cache, which is when they lie a multiple of 4 KB apart.
  ///
  /// Tiles skip what is padding for all their rows; tiles of several rows read from more places. The factors in
  /// front are what misses leave.
  ///
  /// - Parameters:
  ///   - rowTaps: the kernel's rows that each row of outputs has inside the image, of `kernelHeight`; empty where all
  ///     have all.
  ///   - isLinear: whether rows follow one another without gaps, so that units and tiles span them.
  ///   - copies: cycles of an image's copies to staging memory and from it.
  ///   - together: the most images that can be computed together (`DirectConvolution.chunk`).
  private func share(
    channels: Int, height: Int, width: Int, isLinear: Bool, depth: Int, kernelWidth: Int,
    rowTaps: [Range<Int>], kernelHeight: Int, copies: Double, batch: Int, together: Int
  ) -> Double {
    let length = isLinear ? height * width : width
    let lines = isLinear ? 1 : height
    let batch = max(batch, 1)
    let perRow = (length + unit - 1) / unit
    let count = lines * perRow
    let images = WorkPartition.chunk(
      perImage: rowTaps.isEmpty ? count : perRow, units: units, limit: min(together, batch))
    let whole = batch / images * ((images * count + units - 1) / units)
    let rest = (batch % images * count + units - 1) / units
    var used = Double(batch * lines * length) / Double(max(whole + rest, 1) * units * unit)
    used /= steps(rowTaps, of: kernelHeight, perRow: images * perRow)
    if !isLinear, units * unit > 2 * width {
      used *= 0.97
    } else if !isLinear, units * unit > width * images {
      used *= 0.98
    }
    // More channels than are summed, in planes that crowd into few places of the caches, which they leave: writing two
    // lines of a plane at a time is slower (1×1 64→256 at 16×16, 32 images: 0.93 times as fast as with three).
    if isLinear, channels > depth, height * width % 256 == 0, units * unit < 3 * level.lanes,
      batch * channels * height * width > 1 << 20
    {
      used *= 0.96
    }
    let depth = Double(depth)
    let outputs = Double(channels * height * width)
    let copied = copies * 2 * Double(level.lanes) / max(outputs * depth, 1)
    let tiles: Double
    switch self {
    case .pixels(let tile):
      let multiplyAdds = Double(tile.rows * tile.vectors) / 2
      let crossing = 1 + Double(level.lanes) / 16
      let loads = Double(tile.rows + 1) + crossing * Double(tile.vectors)
      let bytes = Double(4 * tile.vectors * level.lanes / kernelWidth)
      let step = max(multiplyAdds, loads / 1.7, bytes / 32)
      let end = 12 + 0.75 * Double(tile.rows * tile.vectors)
      let cut = PanelLayout(channels: channels, width: tile.rows, tail: tile.tail)
      let lastLoads = (Double(tile.tail + 1) + crossing * Double(tile.vectors)) / 1.7
      let last = max(lastLoads, Double(tile.tail * tile.vectors) / 2) / step
      let panels = Double(cut.wide) + Double(cut.tails) * min(last, 1)
      let channels = Double(channels) / (panels * Double(tile.rows))
      tiles = 0.97 * used * channels * multiplyAdds * depth / (step * depth + end)
    case .channels(let tile):
      let points = tile.runs * tile.run
      let multiplyAdds = Double(points * tile.vectors) / 2
      let step = max(multiplyAdds, Double(points + tile.vectors + 1) / 1.7)
      let end = 30 + 0.33 * Double(points * self.width)
      let aliases = height * width % 1024 == 0
      tiles =
        (aliases ? 0.9 : 0.96) * used * filled(channels, self.width) * multiplyAdds * depth / (step * depth + end)
    }
    return tiles / (1 + tiles * copied)
  }

  /// Units of an image up to which its tiles' steps are counted one by one.
  private static let mostCountedUnits = 16 << 10

  /// The share of a sum's steps that tiles make, where each skips the rows of the kernel that are padding for all of its
  /// outputs.
  private func steps(_ rowTaps: [Range<Int>], of kernelHeight: Int, perRow: Int) -> Double {
    if rowTaps.isEmpty { return 1 }
    let count = rowTaps.count * perRow
    if count > Self.mostCountedUnits {
      // Long rows have nearly all of their tiles to themselves.
      return Double(max(rowTaps.reduce(0) { $0 + $1.count }, 1)) / Double(rowTaps.count * kernelHeight)
    }
    var made = 0
    for first in stride(from: 0, to: count, by: units) {
      var (low, high) = (kernelHeight, 0)
      for taps in rowTaps[first / perRow...(min(first + units, count) - 1) / perRow] {
        low = min(low, taps.lowerBound)
        high = max(high, taps.upperBound)
      }
      made += max(high - low, 0)
    }
    return Double(max(made, 1)) / Double((count + units - 1) / units * kernelHeight)
  }
}

extension DirectTile {
  /// The cycles of a forward pass.
  func forwardCost(_ shape: Conv2DShape, _ machine: Machine) -> Double {
    let isPadded = shape.paddingHeight > 0 || shape.paddingWidth > 0
    let isCopied = isPadded || (shape.strideWidth > 1 && unit > 1)
    let share = share(
      channels: shape.groupOutputChannels, height: shape.outputHeight, width: shape.outputWidth,
      isLinear: shape.isPointwise || (shape.kernelCount == 1 && !isPadded && spansRows(shape.outputWidth)),
      depth: shape.depth, kernelWidth: shape.kernelWidth,
      rowTaps: shape.forwardY.rowTaps, kernelHeight: shape.kernelHeight,
      copies: isCopied ? staging(rows: shape.groupInputChannels * shape.inputHeight, width: shape.inputWidth) : 0,
      batch: shape.batch,
      together: shape.groups > 1
        ? 1
        : isCopied
          ? together(
            shape.groupInputChannels, (shape.outputHeight - 1) * shape.strideHeight + shape.kernelHeight,
            (shape.outputWidth - 1) * shape.strideWidth + shape.kernelWidth) : 8)
    return shape.cycles(level, machine, share: share)
  }

  /// The cycles of an input gradient.
  func backwardDataCost(_ shape: Conv2DShape, _ machine: Machine) -> Double {
    let isStrided = shape.strideHeight > 1 || shape.strideWidth > 1
    let width = (shape.inputWidth + shape.strideWidth - 1) / shape.strideWidth
    let height = (shape.inputHeight + shape.strideHeight - 1) / shape.strideHeight
    let taps = max(Double(shape.kernelCount) / Double(shape.strideWidth * shape.strideHeight), 1)
    // The share of a phase that has taps in what is done once for all; columns are put side by side at four a cycle.
    let phases = Double(min(shape.strideHeight, shape.kernelHeight) * min(shape.strideWidth, shape.kernelWidth))
    let staged =
      shape.kernelCount == 1
      ? 0 : staging(rows: shape.groupOutputChannels * shape.outputHeight, width: shape.outputWidth)
    let interleaved = shape.strideWidth == 1 ? 0 : Double(shape.groupInputChannels * shape.inputPlane) / 4
    // What is counted of products is that of the outputs; of the others, some are with padding on all sides of them.
    let counted = Double(shape.outputPlane * shape.strideHeight * shape.strideWidth) / Double(max(shape.inputPlane, 1))
    let share =
      min(counted, 1)
      * share(
        channels: shape.groupInputChannels, height: height, width: width, isLinear: shape.isPointwise,
        depth: Int(taps * Double(shape.groupOutputChannels)),
        kernelWidth: max(shape.kernelWidth / shape.strideWidth, 1),
        rowTaps: isStrided ? [] : shape.backwardY(phase: 0).rowTaps, kernelHeight: shape.kernelHeight,
        copies: (staged + interleaved) / phases, batch: shape.batch,
        together: shape.strideWidth > 1 || shape.groups > 1
          ? 1
          : shape.kernelCount == 1
            ? 8
            : together(
              shape.groupOutputChannels, height + shape.kernelHeight - 1, shape.inputWidth + shape.kernelWidth - 1))
    return shape.cycles(level, machine, share: share)
  }

  /// Whether rows of a staged 1 × 1 convolution follow one another without gaps, which they do unless they are padded to a
  /// vector.
  private func spansRows(_ width: Int) -> Bool {
    if case .pixels = self { return width >= unit }
    return true
  }

  /// The most images that are computed together, given the size of one in staging memory.
  private func together(_ channels: Int, _ rows: Int, _ columns: Int) -> Int {
    InputView.bandLimit / max(channels * rows * columns, 1)
  }

  /// Cycles that rows take to be copied: each some, and one for eight elements.
  private func staging(rows: Int, width: Int) -> Double { Double(rows) * (6 + Double(width) / 8) }
}

extension ConvAxis {
  /// The taps of each output that are inside; empty where all are.
  fileprivate var rowTaps: [Range<Int>] { staysInside || taps.count == 1 ? [] : (0..<count).map(insideTaps) }
}
