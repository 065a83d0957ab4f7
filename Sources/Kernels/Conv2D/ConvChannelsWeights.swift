import ISA

/// The weight gradient with output channels in the vector: the gradient of a chunk of images is turned to pixel by
/// pixel, and every tap's sum over the pixels is a row of a tile.
private struct ChannelsWeights: Sendable {
  let shape: Conv2DShape
  let tile: ConvTile<ConvChannelsArguments>
  let view: ConvView
  /// Images that one call sums over: several where images are small, so that tiles are seldom loaded and stored.
  let chunk: Int
  let common: ConvWeightGradient
  let taps: OffsetTable
  /// Origins in the view of the pixels of a chunk, and of each band where it is one image.
  let origins: OffsetTable
  let stage: LevelFunction<ConvStageArguments>
  let pack: LevelFunction<ConvPackArguments>

  init(shape: Conv2DShape, tile: ConvTile<ConvChannelsArguments>, threads: Int) {
    self.shape = shape
    self.tile = tile
    let view = ConvView(
      y: shape.forwardY, x: shape.forwardX, channels: shape.groupInputChannels, lanes: nil,
      minimumBands: max((shape.outputPlane + 1023) / 1024, 1))
    self.view = view
    let imageStride = view.isStaged ? view.stagedCount : shape.inputChannels * shape.inputPlane
    let fitting = max(min(512 / shape.outputPlane, Int(Int32.max) / 2 / max(imageStride, 1)), 1)
    let chunk = view.bands > 1 ? 1 : min(fitting, 8)
    self.chunk = chunk
    taps = OffsetTable(view.taps())
    origins = OffsetTable(
      (0..<chunk).flatMap { image in
        (0..<min(view.bandRows, view.y.count)).flatMap { row in
          (0..<view.x.count).map { image * imageStride + view.origin(row, $0) }
        }
      })
    stage = convStage[tile.level]
    pack = convPack[tile.level]
    let width = tile.vectors * tile.level.lanes
    let segments = ConvSegments(batch: shape.batch, partCount: shape.weightCount)
    // Few segments and groups: the threads share out the panels, too.
    let panels = (shape.groupOutputChannels + width - 1) / width
    let items = shape.groups * (segments.count * shape.groups < 8 ? panels : 1)
    let pixels = chunk * view.bandRows * view.x.count
    common = ConvWeightGradient(
      shape: shape, level: tile.level, segments: segments, parts: threads, itemsPerSegment: items,
      threadByteCount: tile.byteCount + cacheLines(panels * width * 4) + cacheLines(chunk * view.stagedCount * 4)
        + cacheLines(panels * width * pixels * 4))
  }

  private var width: Int { tile.vectors * tile.level.lanes }
  private var panels: Int { (shape.groupOutputChannels + width - 1) / width }

  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      ConvWeightGradient.clear(shape, operands)
      return
    }
    common.run(operands, workspace) { images, item, target, own in
      let splits = common.itemsPerSegment / shape.groups
      let panels = Parallel.range(item % splits, of: splits, items: self.panels)
      var image = images.lowerBound
      while image < images.upperBound {
        let last = min(image + chunk, images.upperBound)
        for band in 0..<view.bands {
          add(
            image..<last, band: band, group: item / splits, panels: panels, operands, target, own,
            isFirst: image == images.lowerBound && band == 0)
        }
        image = last
      }
    }
  }

  private func add(
    _ images: Range<Int>, band: Int, group: Int, panels: Range<Int>, _ operands: Conv2DBackwardWeights.Operands,
    _ target: UnsafeMutablePointer<Float>, _ own: UnsafeMutableRawPointer, isFirst: Bool
  ) {
    let scratch = own.assumingMemoryBound(to: Float.self)
    let bias = (own + tile.byteCount).assumingMemoryBound(to: Float.self)
    let staging = bias + cacheLines(self.panels * width * 4) / 4
    let turned = staging + cacheLines(chunk * view.stagedCount * 4) / 4
    let channels = panels.lowerBound * width..<min(panels.upperBound * width, shape.groupOutputChannels)
    bias.update(repeating: 0, count: self.panels * width)
    var base = UnsafePointer(staging)
    for image in images {
      let plane = operands.input + (image * shape.inputChannels + group * shape.groupInputChannels) * shape.inputPlane
      let view = view.base(
        of: plane, band: band, staging: staging + (image - images.lowerBound) * self.view.stagedCount, stage: stage)
      if image == images.lowerBound { base = view }
    }
    let rows = view.rows(ofBand: band)
    let pixels = rows * view.x.count
    turn(operands.outputGradient, images, band: band, group: group, panels: panels, pixels: pixels, turned)
    var arguments = ConvChannelsArguments(
      source: base, sequence: origins.base, depth: images.count * pixels, offsets: taps.base, ranges: nil,
      points: shape.depth,
      panels: turned, channels: channels.count, bias: bias,
      target: target + (group * shape.groupOutputChannels + channels.lowerBound) * shape.depth,
      channelStride: shape.depth, floor: -.infinity, accumulate: isFirst ? 0 : 1, scratch: scratch)
    tile.run(&arguments)
  }

  /// Lays the gradients of a chunk's pixels out panel by panel, pixel by pixel, channel beside channel.
  private func turn(
    _ gradient: UnsafePointer<Float>, _ images: Range<Int>, band: Int, group: Int, panels: Range<Int>, pixels: Int,
    _ turned: UnsafeMutablePointer<Float>
  ) {
    for panel in panels {
      let first = panel * width
      for image in images {
        let channel = image * shape.outputChannels + group * shape.groupOutputChannels + first
        let pixel = (panel - panels.lowerBound) * images.count + image - images.lowerBound
        var arguments = ConvPackArguments(
          source: gradient + (channel * shape.outputPlane + band * view.bandRows * view.x.count),
          panels: turned + pixel * pixels * width, lanes: min(width, shape.groupOutputChannels - first), width: width,
          depth: pixels, laneStride: shape.outputPlane, depthOffsets: nil)
        pack(&arguments)
      }
    }
  }
}

/// A row of the weight gradient's table, with channels in the vector.
func channelsWeightsKernel(_ tile: ConvTile<ConvChannelsArguments>) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "channels", level: tile.level, tile: tile.name,
    fitness: { shape in
      let loads = Double(tile.rows * tile.vectors) / Double(tile.rows + tile.vectors)
      // Turning the gradient costs about as much as ten taps.
      return filled(shape.groupOutputChannels, tile.vectors * tile.level.lanes) * filled(shape.depth, tile.rows)
        * min(loads, 1) * 0.95 * Double(shape.depth) / Double(shape.depth + 10)
    },
    prepare: { shape, threads in
      let gradient = ChannelsWeights(
        shape: shape, tile: tile, threads: shape.multiplyAdds < convThreadThreshold ? 1 : threads)
      return PreparedKernel(workspaceByteCount: gradient.common.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
