import ISA

/// The tile that a direct convolution uses.
enum ConvDirectTile: Sendable {
  case rows(ConvTile<ConvRowsArguments>)
  case points(ConvPointsTile)

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

  /// The most channels of a last panel that has a smaller tile; nil where panels have to be packed.
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

  static let all: [ConvDirectTile] = convRowsTiles().map { .rows($0) } + convPointsTiles().map { .points($0) }
}

/// The used share of whole units.
func filled(_ count: Int, _ unit: Int) -> Double {
  count == 0 ? 1 : Double(count) / Double((count + unit - 1) / unit * unit)
}

extension ConvDirectTile {
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
  /// Tiles within one row skip rows of padding; tiles of more than two rows read from more places. The factors in front
  /// are what misses leave.
  ///
  /// - Parameters:
  ///   - skipped: the share of an image's products that are with rows of padding.
  ///   - isLinear: whether rows follow one another without gaps, so that units and tiles span them.
  ///   - copies: cycles of an image's copies to staging memory and from it.
  func fitness(
    channels: Int, height: Int, width: Int, isLinear: Bool, depth: Int, kernelWidth: Int, skipped: Double,
    copies: Double
  ) -> Double {
    let length = isLinear ? height * width : width
    let lines = isLinear ? 1 : height
    let count = lines * ((length + unit - 1) / unit)
    var used = Double(lines * length) / Double(count * unit) * filled(count, units)
    if units * unit <= width { used /= 1 - skipped }
    if !isLinear, units * unit > 2 * width { used *= 0.97 }
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
      // A last panel of few channels has a smaller tile.
      let left = channels % tile.rows
      let lastLoads = (Double(tile.tail + 1) + crossing * Double(tile.vectors)) / 1.7
      let last = left > tile.tail ? 1 : max(lastLoads, Double(tile.tail * tile.vectors) / 2) / step
      let panels = Double(channels / tile.rows) + (left == 0 ? 0 : min(last, 1))
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
}
