import KernelsISA

/// The weight gradient with output channels in the vector: the gradient of a block of pixels is transposed, so that a
/// pixel's channels are neighbours, and the rows of a tile are taps, each with a sum over the pixels.
///
/// A transposed block stays in the first-level cache with the inputs that meet it, and all taps of an item read it
/// before the next block is transposed. The item's sums stay in the second-level cache (`ChannelVectorBlocking`).
private struct ChannelVectorGradient: Sendable {
  let shape: Conv2DShape
  let tiles: ChannelVectorGradientTiles
  let blocking: ChannelVectorBlocking
  let taps: OffsetTable
  let rows: [ChannelVectorBlocking.Rows]
  let padRows: LevelFunction<PadRowsArguments>
  let transpose: LevelFunction<TransposePaddedArguments>
  let bias: PreparedKernel<BiasBackward.Operands>

  init(shape: Conv2DShape, tiles: ChannelVectorGradientTiles, threads: Int) {
    self.shape = shape
    self.tiles = tiles
    blocking = ChannelVectorBlocking(
      shape: shape, lanes: tiles.level.lanes, panelVectors: tiles.vectors, tileRows: tiles.rows(shape),
      threads: threads)
    taps = OffsetTable(blocking.taps())
    rows = blocking.rowTables()
    padRows = Levels.convPad[tiles.level]
    transpose = Levels.convTranspose[tiles.level]
    let kernels = BiasBackward.kernels
    let kernel = kernels.first { $0.level == tiles.level } ?? kernels[kernels.count - 1]
    bias = kernel.prepare(
      .init(batch: shape.batch, channels: shape.outputChannels, plane: shape.outputPlane), threads)
  }

  /// Bytes of the two prefetchers that a thread's level functions advance.
  private let prefetchByteCount = cacheLines(2 * MemoryLayout<RowPrefetch>.stride)
  private var copyByteCount: Int { cacheLines(blocking.chunk * blocking.copyCount * 4) }
  private var transposedByteCount: Int {
    cacheLines(min(ChannelVectorBlocking.blockPixels, blocking.unitPixels) * blocking.panelWidth * 4)
  }
  private var threadByteCount: Int {
    (blocking.segments == 1 ? blocking.sumByteCount : 0) + prefetchByteCount + copyByteCount + transposedByteCount
  }
  private var partialByteCount: Int { blocking.segments == 1 ? 0 : blocking.items * blocking.sumByteCount }
  var workspaceByteCount: Int {
    max(blocking.segments * partialByteCount + blocking.threads * threadByteCount, bias.workspaceByteCount)
  }

  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      SegmentedReduction.clear(shape, operands)
      return
    }
    let threadWorkspaces = workspace + blocking.segments * partialByteCount
    let threads = blocking.threads
    Parallel.run(parts: threads) { part in
      let range = Parallel.range(part, of: threads, items: blocking.segments * blocking.items)
      for index in range {
        let segment = index / blocking.items
        let item = blocking.item(index % blocking.items)
        let threadWorkspace = threadWorkspaces + part * threadByteCount
        let sums =
          blocking.segments == 1
          ? threadWorkspace : workspace + segment * partialByteCount + index % blocking.items * blocking.sumByteCount
        let memory = blocking.segments == 1 ? threadWorkspace + blocking.sumByteCount : threadWorkspace
        let target = sums.assumingMemoryBound(to: Float.self)
        add(index, isFirst: index == range.lowerBound, end: range.upperBound, item, operands, target, memory)
        if blocking.segments == 1 { transposeToTarget(item, target, operands) }
      }
    }
    if blocking.segments > 1 {
      let sum = Levels.convSum[tiles.level]
      Parallel.run(parts: threads) { part in
        for index in Parallel.range(part, of: threads, items: blocking.items) {
          let sums = (workspace + index * blocking.sumByteCount).assumingMemoryBound(to: Float.self)
          var arguments = SumPartsArguments(
            parts: sums, target: sums, count: blocking.sumByteCount / 4, partCount: blocking.segments,
            partStride: partialByteCount / 4)
          sum(&arguments)
          transposeToTarget(blocking.item(index), sums, operands)
        }
      }
    }
    if let biasGradient = operands.biasGradient {
      bias.body(.init(outputGradient: operands.outputGradient, biasGradient: biasGradient), workspace)
    }
  }

  /// Transposes an item's sums, taps × channels, to the weight gradient.
  private func transposeToTarget(
    _ item: ChannelVectorBlocking.Item, _ sums: UnsafeMutablePointer<Float>, _ operands: Conv2DBackwardWeights.Operands
  ) {
    for panel in item.panels {
      let channels = blocking.channels(ofPanel: panel)
      let first = item.group * shape.groupOutputChannels + channels.lowerBound
      let taps = item.channels.count * shape.kernelCount
      var arguments = TransposePaddedArguments(
        source: sums + blocking.sumOffset(item, panel: panel),
        sourceStride: blocking.vectors(ofPanel: panel).count * blocking.lanes,
        target: operands.weightGradient + (first * shape.depth + item.channels.lowerBound * shape.kernelCount),
        targetStride: shape.depth, lanes: taps, width: taps, depth: channels.count)
      transpose(&arguments)
    }
  }

  /// Sums an item over the rows of its segment, and prefetches the beginning of the thread's next item.
  private func add(
    _ index: Int, isFirst: Bool, end: Int, _ item: ChannelVectorBlocking.Item,
    _ operands: Conv2DBackwardWeights.Operands,
    _ sums: UnsafeMutablePointer<Float>, _ memory: UnsafeMutableRawPointer
  ) {
    let prefetches = memory.assumingMemoryBound(to: RowPrefetch.self)
    let copy = (memory + prefetchByteCount).assumingMemoryBound(to: Float.self)
    let transposed = (memory + prefetchByteCount + copyByteCount).assumingMemoryBound(to: Float.self)
    let channel = item.group * shape.groupInputChannels + item.channels.lowerBound
    let rowsOfTile = tiles.rows(shape)
    let tileCount = (item.channels.count * shape.kernelCount + rowsOfTile - 1) / rowsOfTile
    let rows = blocking.rows(index / blocking.items)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let isFirstUnit = row == rows.lowerBound
      let unit = blocking.unit(at: row, end: rows.upperBound)
      row += unit.images * unit.rows
      let firstBlock = blocking.block(0, of: unit)
      let none = RowPrefetch.none
      prefetches[0] = none
      if isFirst, isFirstUnit {
        prefetches[0] = blocking.prefetch(
          gradient: operands.outputGradient, unit, item, panel: item.panels.lowerBound, firstBlock
        ).spread(over: item.channels.count * unit.rows)
      }
      let source = blocking.base(
        of: operands.input + (unit.image * shape.inputChannels + channel) * shape.inputPlane, unit,
        channels: item.channels.count, copy: copy, prefetch: prefetches, padRows: padRows)
      // The unit that the thread reads next.
      var nextItem: ChannelVectorBlocking.Item? = item
      var nextUnit = unit
      if row < rows.upperBound {
        nextUnit = blocking.unit(at: row, end: rows.upperBound)
      } else if index + 1 < end {
        let rows = blocking.rows((index + 1) / blocking.items)
        nextItem = blocking.item((index + 1) % blocking.items)
        nextUnit = blocking.unit(at: rows.lowerBound, end: rows.upperBound)
      } else {
        nextItem = nil
      }
      let blocks = blocking.blocks(of: unit)
      for panel in item.panels {
        for b in 0..<blocks {
          let block = blocking.block(b, of: unit)
          let requests = tileCount * block.rows.count * unit.images
          prefetches[0] = none
          prefetches[1] = none
          if b + 1 < blocks || panel + 1 < item.panels.upperBound {
            let isLast = b + 1 == blocks
            prefetches[0] = blocking.prefetch(
              gradient: operands.outputGradient, unit, item, panel: isLast ? panel + 1 : panel,
              blocking.block(isLast ? 0 : b + 1, of: unit)
            ).spread(over: requests)
          } else if let nextItem {
            prefetches[0] = blocking.prefetch(
              gradient: operands.outputGradient, nextUnit, nextItem, panel: nextItem.panels.lowerBound,
              blocking.block(0, of: nextUnit)
            ).spread(over: requests)
          }
          if isFirst, isFirstUnit, panel == item.panels.lowerBound, b == 0, !blocking.isCopied {
            // No unit before it has prefetched the thread's first unit.
            prefetches[1] = blocking.prefetch(input: operands.input, unit, item, part: 0, of: 1).spread(
              over: requests / 2)
          } else if let nextItem {
            prefetches[1] = blocking.prefetch(
              input: operands.input, nextUnit, nextItem,
              part: (panel - item.panels.lowerBound) * blocks + b, of: item.panels.count * blocks
            ).spread(over: requests)
          }
          transposeBlock(unit, block.pixels, group: item.group, panel: panel, operands.outputGradient, transposed)
          multiply(
            source, transposed, unit, block, panel: panel, channels: item.channels.count,
            sums + blocking.sumOffset(item, panel: panel), isFirst: isFirstUnit && b == 0, prefetches)
        }
      }
    }
  }

  /// Adds a transposed block to the sums of all taps.
  private func multiply(
    _ source: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>, _ unit: ChannelVectorBlocking.Unit,
    _ block: ChannelVectorBlocking.Block, panel: Int, channels: Int, _ sums: UnsafeMutablePointer<Float>, isFirst: Bool,
    _ prefetches: UnsafeMutablePointer<RowPrefetch>
  ) {
    let vectors = blocking.vectors(ofPanel: panel).count
    let width = vectors * blocking.lanes
    let panel = transposed - block.pixels.lowerBound * width
    for element in 0..<(blocking.skipsPadding ? shape.kernelCount : 1) {
      let ky = element / shape.kernelWidth
      let kx = element % shape.kernelWidth
      let table = rows[rows.count > 1 ? ky : 0]
      let entries = blocking.entries(ky: ky, unit, block)
      let columns = blocking.columns(kx: kx, block)
      var arguments = ChannelVectorGradientArguments(
        source: source + (blocking.tap(ky, kx) + columns.lowerBound * shape.strideWidth),
        sources: table.sources.base + entries.lowerBound, pixels: table.pixels.base + entries.lowerBound,
        runs: entries.count, runLength: columns.count, sourceStep: shape.strideWidth, offsets: taps.base,
        taps: blocking.skipsPadding ? channels : channels * shape.kernelCount,
        panel: panel + columns.lowerBound * width,
        sums: sums + element * width, sumStride: blocking.skipsPadding ? shape.kernelCount * width : width,
        isFirst: isFirst, prefetches: prefetches)
      tiles.run(vectors)(&arguments)
    }
  }

  /// Transposes the gradients of a block to one row of the panel's channels a pixel.
  private func transposeBlock(
    _ unit: ChannelVectorBlocking.Unit, _ pixels: Range<Int>, group: Int, panel: Int, _ gradient: UnsafePointer<Float>,
    _ transposed: UnsafeMutablePointer<Float>
  ) {
    let imagePixels = unit.rows * shape.outputWidth
    let channels = blocking.channels(ofPanel: panel)
    let width = blocking.vectors(ofPanel: panel).count * blocking.lanes
    let channel = group * shape.groupOutputChannels + channels.lowerBound
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
      let image = pixel / imagePixels
      let end = min(pixels.upperBound, (image + 1) * imagePixels)
      let plane = (unit.image + image) * shape.outputChannels + channel
      let first = unit.row * shape.outputWidth + pixel - image * imagePixels
      var arguments = TransposePaddedArguments(
        source: gradient + (plane * shape.outputPlane + first), sourceStride: shape.outputPlane,
        target: transposed + (pixel - pixels.lowerBound) * width, targetStride: width,
        lanes: channels.count, width: width, depth: end - pixel)
      transpose(&arguments)
      pixel = end
    }
  }
}

/// A row `channels` of the weight gradient's table.
func channelVectorGradientKernel(_ tiles: ChannelVectorGradientTiles) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "channels", level: tiles.level,
    terms: { shape, _ in tiles.terms(shape, .nominal) },
    prepare: { shape, threads in
      let gradient = ChannelVectorGradient(shape: shape, tiles: tiles, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
