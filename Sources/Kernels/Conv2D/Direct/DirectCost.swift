import ISA

/// The tile that a direct convolution uses.
enum DirectTile: Sendable {
  case rows(ConvTile<ConvRowsArguments>)
  case points(ChannelVectorTile)

  var algorithm: String {
    switch self {
    case .rows: "rows"
    case .points: "points"
    }
  }

  var level: InstructionSet {
    switch self {
    case .rows(let tile): tile.level
    case .points(let tile): tile.level
    }
  }

  var name: String {
    switch self {
    case .rows(let tile): tile.name
    case .points(let tile): tile.name
    }
  }

  /// Channels side by side in a panel of weights.
  var width: Int {
    switch self {
    case .rows(let tile): tile.rows
    case .points(let tile): tile.vectors * tile.level.lanes
    }
  }

  /// Rows of the tile of a last panel; nil where panels have to be packed.
  var tail: Int? {
    switch self {
    case .rows(let tile): tile.tail
    case .points: nil
    }
  }

  var byteCount: Int {
    switch self {
    case .rows(let tile): tile.byteCount
    case .points(let tile): tile.byteCount
    }
  }

  /// Outputs that have to be neighbours in a view: the lanes of a vector along a row, or the points of a run.
  var unit: Int {
    switch self {
    case .rows(let tile): tile.level.lanes
    case .points(let tile): tile.run
    }
  }

  /// Vectors or runs of a tile.
  var units: Int {
    switch self {
    case .rows(let tile): tile.vectors
    case .points(let tile): tile.runs
    }
  }

  static let all: [DirectTile] = pixelVectorTiles().map { .rows($0) } + channelVectorTiles().map { .points($0) }
}

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
  /// it takes what a "rows" tile reads of the source from the second-level cache, 32 bytes a cycle. The end of a "rows" tile, whose
  /// vectors are stored as they are, takes some cycles, and not quite one for each. That of a "points" tile, which is turned from
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
  func fitness(
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
    case .rows(let tile):
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
    case .points(let tile):
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
