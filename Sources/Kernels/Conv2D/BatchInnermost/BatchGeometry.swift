/// What a pass makes of a convolution's shape, as the "batch" kernels need it.
struct BatchGeometry: Sendable {
  let batch: Int
  let groups: Int
  /// Channels of a group.
  let sourceChannels: Int
  let sourceHeight: Int
  let sourceWidth: Int
  let targetChannels: Int
  let targetHeight: Int
  let targetWidth: Int
  let depth: Int
  let groupWeights: Int
  let laneStride: Int
  let kernelCount: Int
  let kernelWidth: Int
  /// Elements from a source channel's weights to the next's, in those of a lane, where they do not follow one another.
  let channelStride: Int?
  /// Where the weight of each k lies in that of its lane, for k = (source channel, row, column); nil: at k.
  var weightOffsets: [Int]? {
    channelStride.map { stride in
      (0..<sourceChannels).flatMap { channel in (0..<kernelCount).map { channel * stride + $0 } }
    }
  }
  /// Multiply-adds of one image and group, products with padding included.
  let multiplyAdds: Int
  let pixels: PixelGroups

  init(forward shape: Conv2DShape) {
    batch = shape.batch
    groups = shape.groups
    multiplyAdds = shape.groupOutputChannels * shape.outputPlane * shape.depth
    sourceChannels = shape.groupInputChannels
    sourceHeight = shape.inputHeight
    sourceWidth = shape.inputWidth
    targetChannels = shape.groupOutputChannels
    targetHeight = shape.outputHeight
    targetWidth = shape.outputWidth
    depth = shape.depth
    groupWeights = shape.groupOutputChannels * shape.depth
    laneStride = shape.depth
    kernelCount = shape.kernelCount
    kernelWidth = shape.kernelWidth
    channelStride = nil
    pixels = PixelGroups(ys: [shape.forwardY], xs: [shape.forwardX], channels: shape.groupInputChannels)
  }

  init(backward shape: Conv2DShape) {
    batch = shape.batch
    groups = shape.groups
    multiplyAdds = shape.groupOutputChannels * shape.outputPlane * shape.depth
    sourceChannels = shape.groupOutputChannels
    sourceHeight = shape.outputHeight
    sourceWidth = shape.outputWidth
    targetChannels = shape.groupInputChannels
    targetHeight = shape.inputHeight
    targetWidth = shape.inputWidth
    let count = shape.kernelCount
    let channels = shape.groupOutputChannels
    depth = channels * count
    groupWeights = channels * shape.depth
    laneStride = count
    kernelCount = count
    kernelWidth = shape.kernelWidth
    channelStride = shape.depth
    // The remainders by the stride that coordinates of the input have.
    pixels = PixelGroups(
      ys: (0..<min(shape.strideHeight, shape.inputHeight)).map {
        shape.backwardY(phase: ($0 + shape.paddingHeight) % shape.strideHeight)
      },
      xs: (0..<min(shape.strideWidth, shape.inputWidth)).map {
        shape.backwardX(phase: ($0 + shape.paddingWidth) % shape.strideWidth)
      },
      channels: channels)
  }

  /// Rows of the target that are turned back together: even parts of it that fill whole squares, if there are such, so
  /// that each store lies in one cache line.
  func stripRows(_ tile: BatchTile) -> Int {
    let fitting = max(BatchInnermost.stripLimit / (tile.rows * targetWidth * tile.level.lanes), 1)
    if fitting >= targetHeight { return targetHeight }
    let strips = (targetHeight + fitting - 1) / fitting
    let even = (targetHeight + strips - 1) / strips
    return (even...fitting).first { $0 * targetWidth % tile.level.lanes == 0 } ?? even
  }

  /// Rows of the target whose staged source fits its limit, at least one.
  func bandRows(lanes: Int) -> Int {
    let rows = BatchInnermost.bandLimit / max(sourceChannels * sourceWidth * lanes, 1)
    let extent = pixels.ys.map(\.extent).max() ?? 1
    guard let y = pixels.ys.first, rows > extent else { return 1 }
    return min(((rows - extent) / y.stride + 1) * y.targetStride, targetHeight)
  }
}

extension BatchGeometry {
  /// The share of peak to expect of a tile on full vectors of images: what leaving out padding saves, against the tile's
  /// cycles, those of turning, which moves about four floats a cycle, and those of packing weights. Rows of as many
  /// pixels as lanes leave the caches, measured: 0.93 times as fast. nil where staging or the weights would be too large.
  func share(_ tile: BatchTile) -> Double? {
    let lanes = tile.level.lanes
    guard batch > 0, targetHeight * targetWidth <= 16 << 10, sourceHeight * sourceWidth <= 16 << 10 else { return nil }
    let extent = pixels.ys.map(\.extent).max() ?? 1
    let leastBand = sourceChannels * sourceWidth * lanes * (extent + 1)
    let weights = self.groups * (targetChannels + tile.rows) * depth
    guard leastBand <= 3 * BatchInnermost.bandLimit,
      weights + max(leastBand, BatchInnermost.bandLimit) + BatchInnermost.stripLimit <= BatchInnermost.limit
    else { return nil }
    let rows = min(stripRows(tile), bandRows(lanes: lanes))
    let groups = stride(from: 0, to: targetHeight, by: rows).flatMap {
      pixels.groups(rows: $0..<min($0 + rows, targetHeight), tile: tile)
    }
    let panels = Double((targetChannels + tile.rows - 1) / tile.rows)
    let floats = (sourceChannels * sourceHeight * sourceWidth + targetChannels * targetHeight * targetWidth) * lanes
    // Weights that have to be gathered one by one take three times as long as those that are transposed.
    let packed = Double(targetChannels * depth) * (channelStride == nil ? 0.5 : 1.5)
    let imageGroups = Double((batch + lanes - 1) / lanes)
    let cycles = pixels.cycles(groups, tile) * stretch(tile) * panels + Double(floats) / 4 + packed / imageGroups
    let isWide = min(sourceWidth, targetWidth) >= lanes
    return (isWide ? 0.93 : 1) * Double(multiplyAdds) / 2 / cycles
  }

  /// How much longer steps take where the pixels or weights of a tile's sum leave the first-level cache: half a cycle
  /// for each cache line that comes from the second. Pixels do from 850 lines on, a little more than the cache has, as
  /// neighbouring tiles share most of them; weights from 512 on.
  private func stretch(_ tile: BatchTile) -> Double {
    guard let y = pixels.ys.first, let x = pixels.xs.first else { return 1 }
    let line = Double(tile.level.lanes * 4) / 64
    let taps = max(x.taps.count, 1)
    let pixelLines = Double((tile.wide - 1) * x.stride + x.extent) / Double(taps) * line
    let weightLines = Double(tile.rows * 4) / 64
    var lines = 0.0
    if pixelLines * Double(sourceChannels * y.taps.count * taps) > 850 { lines += min(pixelLines, Double(tile.wide)) }
    if weightLines * Double(depth) > 512 { lines += weightLines }
    return 1 + lines / 2 / tile.cycles(pixels: tile.wide)
  }
}
