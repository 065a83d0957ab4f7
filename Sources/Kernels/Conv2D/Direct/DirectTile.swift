import KernelsISA

/// The register tile of a direct convolution: its vectors hold neighbouring pixels of a row, or channels.
enum DirectTile: Sendable {
  case pixels(ConvTile<PixelVectorArguments>)
  case channels(ChannelVectorTile)

  var algorithm: String {
    switch self {
    case .pixels: "pixels"
    case .channels: "channels"
    }
  }

  var level: InstructionSet {
    switch self {
    case .pixels(let tile): tile.level
    case .channels(let tile): tile.level
    }
  }

  var name: String {
    switch self {
    case .pixels(let tile): tile.name
    case .channels(let tile): tile.name
    }
  }

  /// Channels of a panel of weights.
  var width: Int {
    switch self {
    case .pixels(let tile): tile.rows
    case .channels(let tile): tile.vectors * tile.level.lanes
    }
  }

  /// Rows of the smaller tile for the last panels; nil where panels have to be packed.
  var tail: Int? {
    switch self {
    case .pixels(let tile): tile.tail
    case .channels: nil
    }
  }

  var byteCount: Int {
    switch self {
    case .pixels(let tile): tile.byteCount
    case .channels(let tile): tile.byteCount
    }
  }

  /// Outputs that have to be neighbours in a view: the lanes of a vector along a row, or the pixels of a run.
  var unit: Int {
    switch self {
    case .pixels(let tile): tile.level.lanes
    case .channels(let tile): tile.run
    }
  }

  /// Vectors of pixels, or runs of pixels, of a tile.
  var units: Int {
    switch self {
    case .pixels(let tile): tile.vectors
    case .channels(let tile): tile.runs
    }
  }

  static let all: [DirectTile] =
    Levels.pixelVectorTiles().map { .pixels($0) } + Levels.channelVectorTiles().map { .channels($0) }
}
