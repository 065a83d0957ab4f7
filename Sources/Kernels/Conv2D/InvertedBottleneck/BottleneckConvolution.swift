import KernelsISA

/// An inverted bottleneck, band by band of an image's rows.
///
/// For a panel of channels after the other, a band's rows are expanded into blocks with their padding, and filtered from
/// there to blocks of outputs. When all channels of the band are there, they are projected to planes. A block has one
/// vector of channels for each pixel, so that a depthwise convolution of any stride reads whole vectors and 1×1
/// convolutions read no more lines than they use. What a thread holds at once is cut to fit the second-level cache.
struct BottleneckConvolution: Sendable {
  let shape: InvertedBottleneckShape
  private let tile: BottleneckTile
  /// Output rows of a band. The last band overlaps the one before it.
  private let bandRows: Int
  private let bands: Int
  /// Rows and columns of a band in a padded block.
  private let paddedRows: Int
  private let paddedWidth: Int
  /// Panels of the depthwise channels and of the outputs.
  private let hidden: PanelLayout
  private let outputs: PanelLayout
  /// The offset of each input channel's plane.
  private let planes: OffsetTable
  /// The offset in a padded block of each pixel of a band's rows inside the image.
  private let expanded: OffsetTable
  /// The offset in a padded block of each output's first tap, and of each tap from there.
  private let sources: OffsetTable
  private let taps: OffsetTable
  private let limits:
    (
      expansion: (floor: Float, ceiling: Float), filter: (floor: Float, ceiling: Float),
      projection: (floor: Float, ceiling: Float)
    )
  let parts: Int

  /// nil where an image has fewer pixels than a tile, or weights and the lowest band do not fit the workspace.
  init?(_ shape: InvertedBottleneckShape, _ tile: BottleneckTile, _ machine: Machine, threads: Int) {
    let depthwise = shape.depthwise
    let lanes = tile.level.lanes
    let hidden = PanelLayout(channels: depthwise.inputChannels, width: tile.vectors * lanes, tail: lanes)
    let span = (depthwise.kernelHeight - 1) * depthwise.dilationHeight + 1
    let columns =
      (depthwise.outputWidth - 1) * depthwise.strideWidth + (depthwise.kernelWidth - 1) * depthwise.dilationWidth + 1
    let paddedWidth = max(columns, depthwise.inputWidth + depthwise.paddingWidth)
    let paddedRowBytes = tile.vectors * paddedWidth * lanes * 4
    let rowBytes = hidden.padded * depthwise.outputWidth * 4
    let weightBytes =
      hidden.padded * (shape.inputChannels + depthwise.kernelCount) * 4 + shape.projection.weightCount * 4
    // What does not depend on the machine: whether the lowest band is large enough for a tile, and small enough.
    let least = (max(tile.pixels, tile.filtered) + depthwise.outputWidth - 1) / depthwise.outputWidth
    func rowsInside(_ bandRows: Int) -> [Range<Int>] {
      let bands = (depthwise.outputHeight + bandRows - 1) / bandRows
      return (0..<bands).map {
        Self.rowsInside(
          $0, bandRows: bandRows, paddedRows: (bandRows - 1) * depthwise.strideHeight + span, depthwise)
      }
    }
    guard least <= depthwise.outputHeight,
      rowsInside(least).allSatisfy({ $0.count * depthwise.inputWidth >= tile.pixels }),
      weightBytes + least * rowBytes + ((least - 1) * depthwise.strideHeight + span) * paddedRowBytes
        <= depthwise.workspaceLimit
    else { return nil }
    let room = machine.secondLevelBytes * Self.eighthsOfSecondLevel / 8 - span * paddedRowBytes
    let most = max(least, min(room / (rowBytes + depthwise.strideHeight * paddedRowBytes), depthwise.outputHeight))
    let fewestBands = (depthwise.outputHeight + most - 1) / most
    let parts = Work(
      multiplyAdds: shape.multiplyAdds, bytes: (shape.inputCount + shape.outputCount) * 4
    ).parts(threads: threads)
    self.parts = parts
    // Where threads share an image that has several bands, as many of equal height for each.
    let sharedBands =
      fewestBands == 1 || depthwise.batch % parts == 0
      ? nil
      : (fewestBands...2 * fewestBands).first {
        $0 % parts == 0 && depthwise.outputHeight % $0 == 0 && depthwise.outputHeight / $0 >= least
      }
    let bandCount = sharedBands ?? fewestBands
    bandRows = max(least, (depthwise.outputHeight + bandCount - 1) / bandCount)
    bands = (depthwise.outputHeight + bandRows - 1) / bandRows
    paddedRows = (bandRows - 1) * depthwise.strideHeight + span
    self.paddedWidth = paddedWidth
    self.shape = shape
    self.tile = tile
    self.hidden = hidden
    outputs = PanelLayout(channels: shape.outputChannels, width: tile.vectors * lanes, tail: lanes)
    limits = (shape.expansionActivation.limits, shape.depthwiseActivation.limits, shape.activation.limits)
    let width = depthwise.inputWidth
    let insideRows = rowsInside(bandRows).map(\.count).max() ?? 0
    planes = OffsetTable((0..<shape.inputChannels).map { $0 * depthwise.inputPlane })
    expanded = OffsetTable(
      (0..<insideRows * width).map { ($0 / width * paddedWidth + $0 % width + depthwise.paddingWidth) * lanes })
    sources = OffsetTable(
      (0..<bandRows * depthwise.outputWidth).map {
        ($0 / depthwise.outputWidth * depthwise.strideHeight * paddedWidth
          + $0 % depthwise.outputWidth * depthwise.strideWidth) * lanes
      })
    taps = OffsetTable(
      (0..<depthwise.kernelCount).map {
        ($0 / depthwise.kernelWidth * depthwise.dilationHeight * paddedWidth
          + $0 % depthwise.kernelWidth * depthwise.dilationWidth) * lanes
      })
    planCheck(
      "a padded block", offset: sources.lowest, count: sources.highest + taps.highest + lanes,
      allocated: paddedCount)
  }

  /// Eighths of the second-level cache that a band takes.
  private static let eighthsOfSecondLevel = 5

  /// The rows of a band that are inside the image; none where all are padding.
  private static func rowsInside(
    _ band: Int, bandRows: Int, paddedRows: Int, _ depthwise: Conv2DShape
  ) -> Range<Int> {
    let first =
      min(band * bandRows, depthwise.outputHeight - bandRows) * depthwise.strideHeight - depthwise.paddingHeight
    let lower = min(max(first, 0), depthwise.inputHeight)
    return lower..<max(min(first + paddedRows, depthwise.inputHeight), lower)
  }

  /// Elements of a padded block, and of a block of a band's outputs.
  private var paddedCount: Int { paddedRows * paddedWidth * tile.level.lanes }
  private var blockCount: Int { bandRows * shape.depthwise.outputWidth * tile.level.lanes }

  // MARK: - Memory

  private var paddedByteCount: Int { cacheLines(tile.vectors * paddedCount * 4) }
  private var blocksByteCount: Int { cacheLines(hidden.padded / tile.level.lanes * blockCount * 4) }
  private var tileByteCount: Int { max(tile.pixels, tile.level.lanes) * tile.vectors * tile.level.lanes * 4 }
  private var threadByteCount: Int { paddedByteCount + blocksByteCount + cacheLines(tileByteCount) }
  private var packedByteCount: Int { cacheLines(offsets.end * 4) }
  var workspaceByteCount: Int { packedByteCount + parts * threadByteCount }

  /// What one thread computes in.
  private struct Memory {
    /// A panel's padded blocks.
    let padded: UnsafeMutablePointer<Float>
    /// The outputs of a band's blocks.
    let blocks: UnsafeMutablePointer<Float>
    let tile: UnsafeMutablePointer<Float>
  }

  private func memory(_ workspace: UnsafeMutableRawPointer, part: Int) -> Memory {
    let base = workspace + packedByteCount + part * threadByteCount
    return Memory(
      padded: base.assumingMemoryBound(to: Float.self),
      blocks: (base + paddedByteCount).assumingMemoryBound(to: Float.self),
      tile: (base + paddedByteCount + blocksByteCount).assumingMemoryBound(to: Float.self))
  }

  // MARK: - Weights

  /// Elements in front of each part of the packed weights, and of all of them.
  private struct WeightOffsets {
    let expansionBias: Int
    let filter: Int
    let filterBias: Int
    let projection: Int
    let projectionBias: Int
    let end: Int
  }

  private var offsets: WeightOffsets {
    // All parts are whole vectors, which are whole lines where the vectors are.
    let expansionBias = hidden.padded * shape.inputChannels
    let filter = expansionBias + hidden.padded
    let filterBias = filter + hidden.padded * shape.depthwise.kernelCount
    let projection = filterBias + hidden.padded
    let projectionBias = projection + outputs.padded * hidden.channels
    return WeightOffsets(
      expansionBias: expansionBias, filter: filter, filterBias: filterBias, projection: projection,
      projectionBias: projectionBias, end: projectionBias + outputs.padded)
  }

  /// Panels of the 1×1 convolutions, vectors of the depthwise one, and the biases.
  var packing: WeightPacking {
    let depthwise = shape.depthwise
    let layout = [
      // A number that no other row's layout begins with.
      -1000, tile.level.lanes, tile.vectors, shape.inputChannels, hidden.channels, depthwise.kernelCount,
      shape.outputChannels,
    ]
    return WeightPacking(byteCount: packedByteCount, layout: layout) { weights, biases, memory in
      pack(
        InvertedBottleneckWeights(
          expansion: weights[0], expansionBias: biases[0], depthwise: weights[1], depthwiseBias: biases[1],
          projection: weights[2], projectionBias: biases[2]), memory.assumingMemoryBound(to: Float.self))
    }
  }

  private func pack(_ weights: InvertedBottleneckWeights, _ packed: UnsafeMutablePointer<Float>) {
    let offsets = offsets
    pack(weights.expansion, hidden, depth: shape.inputChannels, packed)
    let vectors = PanelLayout(channels: hidden.channels, width: tile.level.lanes, tail: tile.level.lanes)
    pack(weights.depthwise, vectors, depth: shape.depthwise.kernelCount, packed + offsets.filter)
    pack(weights.projection, outputs, depth: hidden.channels, packed + offsets.projection)
    pack(weights.expansionBias, hidden, packed + offsets.expansionBias)
    pack(weights.depthwiseBias, hidden, packed + offsets.filterBias)
    pack(weights.projectionBias, outputs, packed + offsets.projectionBias)
  }

  private func pack(
    _ bias: UnsafePointer<Float>?, _ layout: PanelLayout, _ packed: UnsafeMutablePointer<Float>
  ) {
    packBias(bias, groups: 1, channels: layout.channels, paddedChannels: layout.padded, packed)
  }

  /// Packs panels of `depth` weights of each channel.
  private func pack(
    _ weights: UnsafePointer<Float>, _ layout: PanelLayout, depth: Int, _ panels: UnsafeMutablePointer<Float>
  ) {
    let wide = min(layout.wide * layout.width, layout.channels)
    pack(weights, lanes: wide, width: layout.width, depth: depth, panels)
    pack(
      weights + wide * depth, lanes: layout.channels - wide, width: layout.tail, depth: depth, panels + wide * depth)
  }

  private func pack(
    _ weights: UnsafePointer<Float>, lanes: Int, width: Int, depth: Int, _ panels: UnsafeMutablePointer<Float>
  ) {
    if lanes == 0 { return }
    var arguments = PackPanelsArguments(
      source: weights, panels: panels, lanes: lanes, width: width, depth: depth, laneStride: depth,
      depthOffsets: nil)
    Levels.convPack[tile.level](&arguments)
  }

  // MARK: - Runs

  func run(_ operands: InvertedBottleneckForward.Operands, _ workspace: UnsafeMutableRawPointer) {
    let batch = shape.depthwise.batch
    if batch == 0 { return }
    let packed = operands.packedWeights ?? UnsafeRawPointer(workspace)
    if operands.packedWeights == nil {
      pack(operands.weights, workspace.assumingMemoryBound(to: Float.self))
    }
    let run = Run(
      operands: operands, weights: packed.assumingMemoryBound(to: Float.self), offsets: offsets, convolution: self)
    // Each thread takes as many whole images; all of them share each image that is left.
    let apart = batch / parts * parts
    func runApart(_ units: Int, firstImage: Int) {
      Parallel.run(parts: parts) { part in
        let memory = memory(workspace, part: part)
        for unit in Parallel.range(part, of: parts, items: units) {
          let (image, band) = (firstImage + unit / bands, unit % bands)
          run.expandAndFilter(image, band, panels: 0..<hidden.count, memory, to: memory.blocks)
          run.project(image, band, panels: 0..<outputs.count, pixels: 0..<bandPixels, memory, from: memory.blocks)
        }
      }
    }
    if apart > 0 { runApart(apart * bands, firstImage: 0) }
    if apart == batch { return }
    if bands % parts == 0, bands * bandRows == shape.depthwise.outputHeight {
      runApart((batch - apart) * bands, firstImage: apart)
      return
    }
    for image in apart..<batch {
      for band in 0..<bands { runTogether(run, image, band, workspace) }
    }
  }

  /// Computes a band with all threads: each takes some panels of the depthwise channels, then some of the outputs'. Panels
  /// that do not divide evenly are divided by pixels, too.
  private func runTogether(_ run: Run, _ image: Int, _ band: Int, _ workspace: UnsafeMutableRawPointer) {
    let blocks = memory(workspace, part: 0).blocks
    Parallel.run(parts: parts) { part in
      run.expandAndFilter(
        image, band, panels: Parallel.range(part, of: parts, items: hidden.count), memory(workspace, part: part),
        to: blocks)
    }
    let tiles = bandPixels / tile.pixels
    let pieces = outputs.count % parts == 0 ? 1 : min(parts, tiles)
    Parallel.run(parts: parts) { part in
      let memory = memory(workspace, part: part)
      let items = Parallel.range(part, of: parts, items: outputs.count * pieces)
      if pieces == 1 {
        run.project(image, band, panels: items, pixels: 0..<bandPixels, memory, from: blocks)
        return
      }
      for item in items {
        let range = Parallel.range(item % pieces, of: pieces, items: tiles)
        run.project(
          image, band, panels: item / pieces..<item / pieces + 1,
          pixels: range.lowerBound
            * tile.pixels..<(range.upperBound == tiles ? bandPixels : range.upperBound * tile.pixels), memory,
          from: blocks)
      }
    }
  }

  /// Prefetches weights, in as many requests as some tiles make in sums of so many steps.
  private func prefetch(_ weights: UnsafePointer<Float>, count: Int, tiles: Int, steps: Int) -> PlanePrefetch {
    let lines = count / 16
    let requests = max(tiles * (steps / max(PlanePrefetch.steps, tile.level.lanes)), 1)
    return PlanePrefetch(
      base: UnsafeRawPointer(weights).assumingMemoryBound(to: CChar.self), lines: lines, planes: 1,
      linesPerPlane: max(lines, 1), planeGap: 0, linesPerRequest: (lines + requests - 1) / requests)
  }

  /// Outputs of a band in a plane.
  private var bandPixels: Int { bandRows * shape.depthwise.outputWidth }

  /// The operands and packed weights of a run.
  private struct Run {
    let operands: InvertedBottleneckForward.Operands
    let weights: UnsafePointer<Float>
    let offsets: WeightOffsets
    let convolution: BottleneckConvolution

    /// Computes a band's outputs of some panels of depthwise channels.
    func expandAndFilter(
      _ image: Int, _ band: Int, panels: Range<Int>, _ memory: Memory, to blocks: UnsafeMutablePointer<Float>
    ) {
      let (c, depthwise) = (convolution, convolution.shape.depthwise)
      let lanes = c.tile.level.lanes
      let rows = BottleneckConvolution.rowsInside(
        band, bandRows: c.bandRows, paddedRows: c.paddedRows, depthwise)
      // Padding stays as it is from panel to panel.
      if depthwise.paddingHeight + depthwise.paddingWidth > 0 {
        memory.padded.update(repeating: 0, count: c.tile.vectors * c.paddedCount)
      }
      let above =
        rows.lowerBound + depthwise.paddingHeight
        - min(band * c.bandRows, depthwise.outputHeight - c.bandRows) * depthwise.strideHeight
      let source =
        operands.input + image * c.shape.inputChannels * depthwise.inputPlane + rows.lowerBound * depthwise.inputWidth
      let target = memory.padded + above * c.paddedWidth * lanes
      planCheck(
        "rows of a padded block", offset: above, count: rows.count, allocated: c.paddedRows)
      let depth = c.shape.inputChannels
      for panel in panels {
        let vectors = panel < c.hidden.wide ? c.tile.vectors : 1
        let channel = c.hidden.first(panel)
        var expansion = ExpansionArguments(
          source: source, taps: c.planes.base, depth: depth, pixels: rows.count * depthwise.inputWidth,
          panel: weights + channel * depth, bias: weights + offsets.expansionBias + channel, vectors: vectors,
          target: target, targets: c.expanded.base, blockStride: c.paddedCount, floor: c.limits.expansion.floor,
          ceiling: c.limits.expansion.ceiling,
          prefetch: c.prefetch(
            weights + c.hidden.first(panel + 1) * depth,
            count: (c.hidden.first(min(panel + 2, c.hidden.count)) - c.hidden.first(panel + 1)) * depth,
            tiles: rows.count * depthwise.inputWidth / c.tile.pixels, steps: depth))
        c.tile.expand(&expansion)
        var filter = BlockFilterArguments(
          source: memory.padded, sourceStride: c.paddedCount, sources: c.sources.base, taps: c.taps.base,
          tapCount: depthwise.kernelCount, isThreeWide: depthwise.kernelWidth == 3 && depthwise.dilationWidth == 1,
          weights: weights + offsets.filter + channel * depthwise.kernelCount,
          bias: weights + offsets.filterBias + channel, target: blocks + channel / lanes * c.blockCount,
          targetStride: c.blockCount, blocks: vectors, pixels: c.bandPixels, floor: c.limits.filter.floor,
          ceiling: c.limits.filter.ceiling)
        c.tile.filter(&filter)
      }
    }

    /// Computes some panels of outputs of a band's pixels.
    func project(
      _ image: Int, _ band: Int, panels: Range<Int>, pixels: Range<Int>, _ memory: Memory,
      from blocks: UnsafePointer<Float>
    ) {
      let (c, depthwise) = (convolution, convolution.shape.depthwise)
      let lanes = c.tile.level.lanes
      let channel = c.outputs.first(panels.lowerBound)
      let row = min(band * c.bandRows, depthwise.outputHeight - c.bandRows)
      let plane = image * c.shape.outputChannels + channel
      var arguments = ProjectionArguments(
        source: blocks + pixels.lowerBound * lanes, blockStride: c.blockCount, depth: c.hidden.channels,
        pixels: pixels.count, panels: weights + offsets.projection + channel * c.hidden.channels,
        bias: weights + offsets.projectionBias + channel,
        target: operands.output + plane * depthwise.outputPlane + row * depthwise.outputWidth + pixels.lowerBound,
        channelStride: depthwise.outputPlane,
        channels: min(c.outputs.first(panels.upperBound), c.shape.outputChannels) - channel,
        endsWithSingle: panels.upperBound == c.outputs.count && c.outputs.tails > 0,
        floor: c.limits.projection.floor, ceiling: c.limits.projection.ceiling, scratch: memory.tile,
        prefetch: c.prefetch(
          weights + offsets.projection + c.outputs.first(panels.lowerBound + 1) * c.hidden.channels,
          count: (c.outputs.first(panels.upperBound) - c.outputs.first(panels.lowerBound + 1)) * c.hidden.channels,
          tiles: (panels.count - 1) * (pixels.count / c.tile.pixels), steps: c.hidden.channels))
      c.tile.project(&arguments)
    }
  }
}

/// A row `blocks` of the table.
func bottleneckKernel(_ tile: BottleneckTile) -> Kernel<InvertedBottleneckForward> {
  Kernel(
    algorithm: "blocks", level: tile.level, tile: tile.name,
    cost: { shape, machine in BottleneckConvolution(shape, tile, machine, threads: 1) == nil ? nil : 0 },
    prepareForMachine: { shape, machine, threads in
      guard let convolution = BottleneckConvolution(shape, tile, machine, threads: threads) else {
        fatalError("a row of \(InvertedBottleneckForward.name) was prepared for a problem that it does not accept")
      }
      return PreparedKernel(
        workspaceByteCount: convolution.workspaceByteCount, weightPacking: convolution.packing
      ) { operands, workspace in
        convolution.run(operands, workspace)
      }
    })
}
