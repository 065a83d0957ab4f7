/// The forward pass or the input gradient of a convolution, as source, target and weights of the `images` kernels.
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
  /// Steps of a sum: source channels × kernel elements.
  let depth: Int
  let groupWeights: Int
  /// Elements from a target channel's weights to the next's.
  let laneStride: Int
  let kernelCount: Int
  let kernelWidth: Int
  /// Elements from a source channel's weights to the next's, where a target channel's weights are not contiguous; else
  /// nil.
  let channelStride: Int?
  /// The offset of the weight of each k from a target channel's first weight, for k = (source channel, row, column);
  /// nil: the offset is k.
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
    // One axis for each remainder of the input's coordinates by the stride.
    pixels = PixelGroups(
      ys: (0..<min(shape.strideHeight, shape.inputHeight)).map {
        shape.backwardY(phase: ($0 + shape.paddingHeight) % shape.strideHeight)
      },
      xs: (0..<min(shape.strideWidth, shape.inputWidth)).map {
        shape.backwardX(phase: ($0 + shape.paddingWidth) % shape.strideWidth)
      },
      channels: channels)
  }

  /// Rows of the target that are unpacked together: as equal as possible, and a multiple of whole squares of a vector's
  /// lanes if there is such a number, so that each store is within one cache line.
  func stripRows(_ tile: BatchTile) -> Int {
    let fitting = max(BatchInnermost.stripLimit / (tile.rows * targetWidth * tile.level.lanes), 1)
    if fitting >= targetHeight { return targetHeight }
    let strips = (targetHeight + fitting - 1) / fitting
    let even = (targetHeight + strips - 1) / strips
    return (even...fitting).first { $0 * targetWidth % tile.level.lanes == 0 } ?? even
  }

  /// Rows of the target whose packed source is within its limit; at least one.
  func bandRows(lanes: Int) -> Int {
    let rows = BatchInnermost.bandLimit / max(sourceChannels * sourceWidth * lanes, 1)
    let extent = pixels.ys.map(\.extent).max() ?? 1
    guard let y = pixels.ys.first, rows > extent else { return 1 }
    return min(((rows - extent) / y.stride + 1) * y.targetStride, targetHeight)
  }
}
