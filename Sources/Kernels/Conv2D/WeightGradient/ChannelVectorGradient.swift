import ISA

/// The weight gradient with output channels in the vector: the gradient of a block of pixels is turned to pixel by
/// pixel, and every tap's sum over the pixels is a row of a tile.
///
/// A block of the turned gradient is what the first-level cache holds beside the inputs that meet it, and all taps of an
/// item pass over it before the next is turned; the item's sums wait in the second-level cache.
private struct ChannelVectorGradient: Sendable {
  let shape: Conv2DShape
  let tiles: ChannelVectorGradientTiles
  let plan: ChannelVectorBlocking
  let taps: OffsetTable
  let rows: [ChannelVectorBlocking.Rows]
  let pad: LevelFunction<ConvPadArguments>
  let turn: LevelFunction<ConvTurnArguments>
  let bias: PreparedKernel<BiasBackward.Operands>

  init(shape: Conv2DShape, tiles: ChannelVectorGradientTiles, threads: Int) {
    self.shape = shape
    self.tiles = tiles
    plan = ChannelVectorBlocking(
      shape: shape, lanes: tiles.level.lanes, panelVectors: tiles.vectors, tileRows: tiles.rows(shape),
      threads: threads)
    taps = OffsetTable(plan.taps())
    rows = plan.rowTables()
    pad = convPad[tiles.level]
    turn = convTurn[tiles.level]
    let kernels = BiasBackward.kernels
    let kernel = kernels.first { $0.level == tiles.level } ?? kernels[kernels.count - 1]
    bias = kernel.prepare(
      .init(batch: shape.batch, channels: shape.outputChannels, plane: shape.outputPlane), threads)
  }

  private let aheadByteCount = cacheLines(2 * MemoryLayout<ConvAhead>.stride)
  private var stagedByteCount: Int { cacheLines(plan.chunk * plan.stagedCount * 4) }
  private var turnedByteCount: Int {
    cacheLines(min(ChannelVectorBlocking.blockPixels, plan.unitPixels) * plan.panelWidth * 4)
  }
  private var threadByteCount: Int {
    (plan.segments == 1 ? plan.sumByteCount : 0) + aheadByteCount + stagedByteCount + turnedByteCount
  }
  private var partialByteCount: Int { plan.segments == 1 ? 0 : plan.items * plan.sumByteCount }
  var workspaceByteCount: Int {
    max(plan.segments * partialByteCount + plan.threads * threadByteCount, bias.workspaceByteCount)
  }

  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      SegmentedReduction.clear(shape, operands)
      return
    }
    let own = workspace + plan.segments * partialByteCount
    let threads = plan.threads
    Parallel.run(parts: threads) { part in
      let range = Parallel.range(part, of: threads, items: plan.segments * plan.items)
      for index in range {
        let segment = index / plan.items
        let item = plan.item(index % plan.items)
        let own = own + part * threadByteCount
        let sums =
          plan.segments == 1 ? own : workspace + segment * partialByteCount + index % plan.items * plan.sumByteCount
        let memory = plan.segments == 1 ? own + plan.sumByteCount : own
        let target = sums.assumingMemoryBound(to: Float.self)
        add(index, isFirst: index == range.lowerBound, end: range.upperBound, item, operands, target, memory)
        if plan.segments == 1 { place(item, target, operands) }
      }
    }
    if plan.segments > 1 {
      let sum = convSum[tiles.level]
      Parallel.run(parts: threads) { part in
        for index in Parallel.range(part, of: threads, items: plan.items) {
          let sums = (workspace + index * plan.sumByteCount).assumingMemoryBound(to: Float.self)
          var arguments = ConvSumArguments(
            parts: sums, target: sums, count: plan.sumByteCount / 4, partCount: plan.segments,
            partStride: partialByteCount / 4)
          sum(&arguments)
          place(plan.item(index), sums, operands)
        }
      }
    }
    if let biasGradient = operands.biasGradient {
      bias.body(.init(outputGradient: operands.outputGradient, biasGradient: biasGradient), workspace)
    }
  }

  /// Turns an item's sums from taps × channels to their places.
  private func place(
    _ item: ChannelVectorBlocking.Item, _ sums: UnsafeMutablePointer<Float>, _ operands: Conv2DBackwardWeights.Operands
  ) {
    for panel in item.panels {
      let channels = plan.channels(ofPanel: panel)
      let first = item.group * shape.groupOutputChannels + channels.lowerBound
      let taps = item.channels.count * shape.kernelCount
      var arguments = ConvTurnArguments(
        source: sums + plan.sumOffset(item, panel: panel),
        sourceStride: plan.vectors(ofPanel: panel).count * plan.lanes,
        target: operands.weightGradient + (first * shape.depth + item.channels.lowerBound * shape.kernelCount),
        targetStride: shape.depth, lanes: taps, width: taps, depth: channels.count)
      turn(&arguments)
    }
  }

  /// Sums an item over the rows of its segment, and asks ahead for what the thread's next item begins with.
  private func add(
    _ index: Int, isFirst: Bool, end: Int, _ item: ChannelVectorBlocking.Item,
    _ operands: Conv2DBackwardWeights.Operands,
    _ sums: UnsafeMutablePointer<Float>, _ memory: UnsafeMutableRawPointer
  ) {
    let ahead = memory.assumingMemoryBound(to: ConvAhead.self)
    let staging = (memory + aheadByteCount).assumingMemoryBound(to: Float.self)
    let turned = (memory + aheadByteCount + stagedByteCount).assumingMemoryBound(to: Float.self)
    let channel = item.group * shape.groupInputChannels + item.channels.lowerBound
    let rowsOfTile = tiles.rows(shape)
    let tileCount = (item.channels.count * shape.kernelCount + rowsOfTile - 1) / rowsOfTile
    let rows = plan.rows(index / plan.items)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let isFirstUnit = row == rows.lowerBound
      let unit = plan.unit(at: row, end: rows.upperBound)
      row += unit.images * unit.rows
      let firstBlock = plan.block(0, of: unit)
      var none = ConvAhead()
      none.left = 0
      ahead[0] = none
      if isFirst, isFirstUnit {
        ahead[0] = plan.ahead(
          gradient: operands.outputGradient, unit, item, panel: item.panels.lowerBound, firstBlock
        ).spread(over: item.channels.count * unit.rows)
      }
      let source = plan.base(
        of: operands.input + (unit.image * shape.inputChannels + channel) * shape.inputPlane, unit,
        channels: item.channels.count, staging: staging, ahead: ahead, pad: pad)
      // What the thread will read next.
      var nextItem: ChannelVectorBlocking.Item? = item
      var nextUnit = unit
      if row < rows.upperBound {
        nextUnit = plan.unit(at: row, end: rows.upperBound)
      } else if index + 1 < end {
        let rows = plan.rows((index + 1) / plan.items)
        nextItem = plan.item((index + 1) % plan.items)
        nextUnit = plan.unit(at: rows.lowerBound, end: rows.upperBound)
      } else {
        nextItem = nil
      }
      let blocks = plan.blocks(of: unit)
      for panel in item.panels {
        for b in 0..<blocks {
          let block = plan.block(b, of: unit)
          let times = tileCount * block.rows.count * unit.images
          ahead[0] = none
          ahead[1] = none
          if b + 1 < blocks || panel + 1 < item.panels.upperBound {
            let isLast = b + 1 == blocks
            ahead[0] = plan.ahead(
              gradient: operands.outputGradient, unit, item, panel: isLast ? panel + 1 : panel,
              plan.block(isLast ? 0 : b + 1, of: unit)
            ).spread(over: times)
          } else if let nextItem {
            ahead[0] = plan.ahead(
              gradient: operands.outputGradient, nextUnit, nextItem, panel: nextItem.panels.lowerBound,
              plan.block(0, of: nextUnit)
            ).spread(over: times)
          }
          if isFirst, isFirstUnit, panel == item.panels.lowerBound, b == 0, !plan.isStaged {
            // Nothing has asked for the thread's first unit.
            ahead[1] = plan.ahead(input: operands.input, unit, item, part: 0, of: 1).spread(over: times / 2)
          } else if let nextItem {
            ahead[1] = plan.ahead(
              input: operands.input, nextUnit, nextItem,
              part: (panel - item.panels.lowerBound) * blocks + b, of: item.panels.count * blocks
            ).spread(over: times)
          }
          turnBlock(unit, block.pixels, group: item.group, panel: panel, operands.outputGradient, turned)
          multiply(
            source, turned, unit, block, panel: panel, channels: item.channels.count,
            sums + plan.sumOffset(item, panel: panel), isFirst: isFirstUnit && b == 0, ahead)
        }
      }
    }
  }

  /// Adds a turned block to the sums of all taps.
  private func multiply(
    _ source: UnsafePointer<Float>, _ turned: UnsafePointer<Float>, _ unit: ChannelVectorBlocking.Unit,
    _ block: ChannelVectorBlocking.Block, panel: Int, channels: Int, _ sums: UnsafeMutablePointer<Float>, isFirst: Bool,
    _ ahead: UnsafeMutablePointer<ConvAhead>
  ) {
    let vectors = plan.vectors(ofPanel: panel).count
    let width = vectors * plan.lanes
    let panel = turned - block.pixels.lowerBound * width
    for element in 0..<(plan.skipsPadding ? shape.kernelCount : 1) {
      let ky = element / shape.kernelWidth
      let kx = element % shape.kernelWidth
      let table = rows[rows.count > 1 ? ky : 0]
      let entries = plan.entries(ky: ky, unit, block)
      let columns = plan.columns(kx: kx, block)
      var arguments = ConvTapsArguments(
        source: source + (plan.tap(ky, kx) + columns.lowerBound * shape.strideWidth),
        sources: table.sources.base + entries.lowerBound, pixels: table.pixels.base + entries.lowerBound,
        runs: entries.count, runLength: columns.count, sourceStep: shape.strideWidth, offsets: taps.base,
        taps: plan.skipsPadding ? channels : channels * shape.kernelCount, panel: panel + columns.lowerBound * width,
        sums: sums + element * width, sumStride: plan.skipsPadding ? shape.kernelCount * width : width,
        isFirst: isFirst ? 1 : 0, ahead: ahead)
      tiles.run(vectors)(&arguments)
    }
  }

  /// Lays out the gradients of a unit's pixels pixel by pixel, the channels of a panel side by side.
  private func turnBlock(
    _ unit: ChannelVectorBlocking.Unit, _ pixels: Range<Int>, group: Int, panel: Int, _ gradient: UnsafePointer<Float>,
    _ turned: UnsafeMutablePointer<Float>
  ) {
    let imagePixels = unit.rows * shape.outputWidth
    let channels = plan.channels(ofPanel: panel)
    let width = plan.vectors(ofPanel: panel).count * plan.lanes
    let channel = group * shape.groupOutputChannels + channels.lowerBound
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
      let image = pixel / imagePixels
      let end = min(pixels.upperBound, (image + 1) * imagePixels)
      let plane = (unit.image + image) * shape.outputChannels + channel
      let first = unit.row * shape.outputWidth + pixel - image * imagePixels
      var arguments = ConvTurnArguments(
        source: gradient + (plane * shape.outputPlane + first), sourceStride: shape.outputPlane,
        target: turned + (pixel - pixels.lowerBound) * width, targetStride: width,
        lanes: channels.count, width: width, depth: end - pixel)
      turn(&arguments)
      pixel = end
    }
  }
}

/// A row of the weight gradient's table, with channels in the vector.
func channelVectorGradientKernel(_ tiles: ChannelVectorGradientTiles) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "channels", level: tiles.level,
    cost: { shape, _ in
      guard ChannelVectorBlocking.fits(shape, lanes: tiles.level.lanes, panelVectors: tiles.vectors) else { return nil }
      // One vector of channels for a tap: a load for every multiply-add. Turning the gradient costs about as much as
      // twelve taps of 16 lanes, fetching and storing the sums as eight pixels, and a row as half a pixel. Products with padding
      // that are not computed count as if they were.
      let loads = shape.groupOutputChannels > tiles.level.lanes ? 0.97 : 0.7
      let pixels = min(shape.batch * shape.outputPlane, ChannelVectorBlocking.blockPixels)
      let computed = ChannelVectorBlocking.skipsPadding(shape, tileRows: tiles.rows(shape)) ? shape.insideShare : 1
      let share =
        loads * filled(shape.groupOutputChannels, tiles.level.lanes)
        * share(shape.depth, tiles.level.lanes * 3 / 4) * share(pixels, 8)
        * share(2 * shape.outputWidth, 1) / computed
      return shape.cycles(tiles.level, .nominal, share: share)
    },
    prepare: { shape, threads in
      let gradient = ChannelVectorGradient(shape: shape, tiles: tiles, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}

/// The share that a count has of itself and what comes on top.
private func share(_ count: Int, _ more: Int) -> Double { Double(count) / Double(count + more) }
