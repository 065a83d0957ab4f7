// The weight gradient with images innermost where pooling follows the convolution.

extension BatchGradient {
  /// The gradient of pooled outputs, and where in each window it belongs.
  func run(_ operands: Conv2DMaxPool2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    let biasSums = (workspace + reduction.workspaceByteCount).assumingMemoryBound(to: Float.self)
    run(
      Conv2DBackwardWeights.Operands(
        input: operands.input, outputGradient: operands.outputGradient, weightGradient: operands.weightGradient,
        biasGradient: shape.batch == 0 ? operands.biasGradient : nil),
      workspace, PooledGradient(indices: operands.maxIndices, biasSums: biasSums))
    guard shape.batch > 0, let biasGradient = operands.biasGradient else { return }
    for channel in 0..<shape.outputChannels {
      var sum: Float = 0
      for segment in 0..<reduction.segments.count { sum += biasSums[segment * shape.outputChannels + channel] }
      biasGradient[channel] = sum
    }
  }

  /// The lanes' sums of the bias gradient, which lie behind the other memory of a thread, before the packed pooled gradient.
  func laneSums(_ sums: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    sums + (layout.sumCount + layout.sourceCount + layout.gradientCount + lanes * lanes)
  }

  /// Sums the lanes of the bias gradient of a segment's images.
  func reduceBias(
    _ channelTiles: Range<Int>, _ images: Range<Int>, _ laneSums: UnsafeMutablePointer<Float>, _ pooled: PooledGradient
  ) {
    let segment = (0..<reduction.segments.count).first { reduction.segments.images($0) == images } ?? 0
    let channels = channelTiles.lowerBound * tile.rows..<min(channelTiles.upperBound * tile.rows, shape.outputChannels)
    for channel in channels {
      var sum: Float = 0
      for lane in 0..<lanes { sum += laneSums[channel * lanes + lane] }
      pooled.biasSums[segment * shape.outputChannels + channel] = sum
    }
  }

  /// Packs the pooled gradient of a band of some channels and gives it its places in the packed gradient.
  func unpool(
    _ pooled: PooledGradient, _ images: Range<Int>, channel: Int, channels: Int, rows: Range<Int>,
    gradient: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>, laneSums: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let pooling else { return }
    let (width, plane) = (shape.outputWidth / 2, shape.outputPlane / 4)
    let (window, count) = (rows.lowerBound / 2 * width, rows.count / 2 * width)
    let values = laneSums + layout.channelTiles * tile.rows * lanes
    var packing = BatchTransposeArguments(
      images: UnsafeMutablePointer(
        mutating: gradient + ((images.lowerBound * shape.outputChannels + channel) * plane + window)),
      packed: values, runs: channels, length: count, imageRunStride: plane, packedRunStride: count * lanes,
      packedStride: lanes, imageStride: shape.outputChannels * plane, count: images.count, scratch: scratch)
    packImages(&packing)
    let indices = PooledIndices(channels: shape.outputChannels, plane: plane)
    var arguments = BatchUnpoolArguments(
      gradient: values, gradientChannelStride: count * lanes,
      indices: pooled.indices + indices.offset(image: images.lowerBound, channel: channel, window: window),
      indexChannelStride: plane * BatchPooling.imagesOfIndices, target: packed, channelStride: lanes,
      rowStride: shape.outputWidth * tile.rows * lanes, columnStride: tile.rows * lanes, channels: channels,
      height: rows.count / 2, width: width, sums: laneSums + channel * lanes)
    pooling.unpool(&arguments)
  }
}

/// A row `images` of the pooled weight gradient's table. Bands of rows must not cut windows.
func pooledBackwardWeightsKernel(
  _ tile: ConvTile<BatchGradientArguments>
) -> Kernel<Conv2DMaxPool2DBackwardWeights> {
  Kernel(
    algorithm: "images", level: tile.level, tile: tile.name,
    terms: { shape, _ in
      let rows = BatchGradient.Layout(shape, tile).bandRows
      guard shape.groups == 1, rows == shape.outputHeight || rows % 2 == 0 else { return nil }
      return BatchGradient.terms(shape, tile, .nominal)
    },
    prepare: { shape, threads in
      let gradient = BatchGradient(
        shape: shape, tile: tile, threads: shape.parts(threads: threads), pools: true)
      return PreparedKernel(workspaceByteCount: gradient.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
