import KernelsISA

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

  static let all: [DirectTile] = Levels.pixelVectorTiles().map { .rows($0) } + Levels.channelVectorTiles().map { .points($0) }
}
