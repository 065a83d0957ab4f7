import KernelsISA

/// The weight gradient of a convolution of 3×3 or 5×5 at stride 1, by tiles of 4×4 or 2×2 output gradients (`Winograd43`,
/// `Winograd25`).
///
/// Blocks of tiles follow each other. Threads first transform the inputs and the output gradients of a block, vectors of
/// channels each; then they sum the products of the block's tiles, pairs of some output channels and a panel of input
/// channels each, and transform the sums, which they add to those of the blocks before. The blocks follow from the shape,
/// so the bits do not depend on the threads.
struct WinogradGradient: Sendable {
  let tile: WinogradGradientTile
  private let size: WinogradSize
  let shape: Conv2DShape
  let parts: Int
  private let tileRows: Int
  private let columnRanges: Int
  private let columnTiles: Int
  /// Units, rows of tiles or parts of one, of a block and of the batch.
  private let blockUnits: Int
  private let units: Int
  let bias: PreparedKernel<BiasBackward.Operands>
  private let transformInput: LevelFunction<WinogradInputArguments>
  private let transformGradient: LevelFunction<WinogradInputArguments>
  private let transformSums: LevelFunction<WinogradGradientOutputArguments>
  private let store: LevelFunction<WinogradGradientStoreArguments>

  /// The most tiles of a block, and the most elements of its transformed inputs and gradients: 6 MB.
  private static let blockTiles = 96
  private static let blockCount = 1536 << 10
  /// Elements behind those of each of the 36 products: so that they do not all fall into the same sets of the caches,
  /// and for register tiles that reach past the last channel.
  private static let pointGap = 80
  /// The most output channels of a pair.
  private static let mostPairChannels = 24
  /// Output channels of a pair, whole register tiles.
  private let pairChannels: Int

  init(tile: WinogradGradientTile, size: WinogradSize, shape: Conv2DShape, threads: Int) {
    self.tile = tile
    self.size = size
    self.shape = shape
    let lanes = tile.level.lanes
    tileRows = size.tiles(shape.outputHeight)
    let tileColumns = size.tiles(shape.outputWidth)
    let channels = paddedCount(shape.groupInputChannels, lanes) + paddedCount(shape.groupOutputChannels, lanes)
    let tiles = max(min(Self.blockTiles, Self.blockCount / (size.points * channels)), 1)
    columnRanges = (tileColumns + tiles - 1) / tiles
    columnTiles = (tileColumns + columnRanges - 1) / columnRanges
    units = shape.batch * tileRows * columnRanges
    blockUnits = columnRanges > 1 ? 1 : max(min(tiles / tileColumns, units), 1)
    parts = shape.parts(threads: threads)
    let kernels = BiasBackward.kernels
    let kernel = kernels.first { $0.level == tile.level } ?? kernels[kernels.count - 1]
    bias = kernel.prepare(
      .init(batch: shape.batch, channels: shape.outputChannels, plane: shape.outputPlane), parts)
    pairChannels = Self.pairChannels(shape, tile, parts: parts)
    let transforms = size.transforms
    transformInput = transforms.input[tile.level]
    transformGradient = transforms.gradientInput[tile.level]
    transformSums = transforms.gradientOutput[tile.level]
    store = transforms.gradientStore[tile.level]
  }

  /// As many channels as there may be, unless fewer give threads shares that are more equal. The bits do not depend on
  /// it: a pair's sums are apart from those of others.
  private static func pairChannels(_ shape: Conv2DShape, _ tile: WinogradGradientTile, parts: Int) -> Int {
    let panelColumns = tile.vectors * tile.level.lanes
    let panels = (shape.groupInputChannels + panelColumns - 1) / panelColumns
    let rows = (shape.groupOutputChannels + tile.rows - 1) / tile.rows
    // Register tiles of the thread that has most, where a pair has so many.
    func most(_ pairRows: Int) -> Int {
      (panels * ((rows + pairRows - 1) / pairRows) + parts - 1) / parts * pairRows
    }
    let choices = (1...max(mostPairChannels / tile.rows, 1)).reversed()
    let least = choices.map(most).min() ?? 0
    return tile.rows * (choices.first { most($0) * 10 <= least * 11 } ?? 1)
  }

  // MARK: - Sizes, in elements

  private var lanes: Int { tile.level.lanes }
  private var panelColumns: Int { tile.vectors * lanes }
  private var blockTileCount: Int { blockUnits * columnTiles }
  private var inputStride: Int { paddedCount(shape.groupInputChannels, lanes) }
  private var gradientStride: Int { paddedCount(shape.groupOutputChannels, lanes) }
  private var inputPointStride: Int { blockTileCount * inputStride + Self.pointGap }
  private var gradientPointStride: Int { blockTileCount * gradientStride + Self.pointGap }
  private var sumPointStride: Int { (pairChannels + tile.rows) * panelColumns + 16 }
  /// From an output channel's gradients to the next one's.
  private var totalStride: Int { inputStride * taps }
  private var taps: Int { size.taps * size.taps }

  private var inputByteCount: Int { cacheLines(size.points * inputPointStride * 4) }
  private var gradientByteCount: Int { cacheLines(size.points * gradientPointStride * 4) }
  private var totalByteCount: Int { cacheLines(shape.groupOutputChannels * totalStride * 4) }
  private var flagByteCount: Int { cacheLines(parts) }
  private var sumByteCount: Int { cacheLines(WinogradSize.weightPoints * sumPointStride * 4) }
  private var stripByteCount: Int {
    cacheLines(
      (size.stride * size.outputs * min(blockUnits, tileRows) + size.overlap)
        * (size.stride * size.outputs * columnTiles + size.overlap) * lanes * 4)
  }
  private var scratchByteCount: Int { cacheLines(WinogradSize.weightPoints * lanes * 4) }
  private var positionByteCount: Int { cacheLines(blockTileCount * MemoryLayout<Int>.stride) }
  private var threadByteCount: Int { max(sumByteCount, stripByteCount) + scratchByteCount + positionByteCount }

  var workspaceByteCount: Int {
    max(
      inputByteCount + gradientByteCount + totalByteCount + flagByteCount + parts * threadByteCount,
      bias.workspaceByteCount)
  }

  // MARK: - Runs

  /// Stores the gradients; false where one of the weights' is not finite.
  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) -> Bool {
    let flags = (workspace + inputByteCount + gradientByteCount + totalByteCount).assumingMemoryBound(to: Bool.self)
    flags.update(repeating: false, count: parts)
    for group in 0..<shape.groups {
      var first = 0
      while first < units {
        let count = min(blockUnits, units - first)
        Parallel.run(parts: parts) { part in transform(first, count, group, operands, workspace, part) }
        Parallel.run(parts: parts) { part in multiply(first, count, workspace, part) }
        first += count
      }
      Parallel.run(parts: parts) { part in
        let outputs = Parallel.range(part, of: parts, items: shape.groupOutputChannels)
        let totals = (workspace + inputByteCount + gradientByteCount).assumingMemoryBound(to: Float.self)
        let channel = group * shape.groupOutputChannels + outputs.lowerBound
        var arguments = WinogradGradientStoreArguments(
          totals: totals + outputs.lowerBound * totalStride, totalStride: totalStride, outputChannels: outputs.count,
          inputChannels: shape.groupInputChannels,
          target: operands.weightGradient + channel * shape.groupInputChannels * taps, isNonFinite: flags + part)
        store(&arguments)
      }
    }
    if UnsafeBufferPointer(start: flags, count: parts).contains(true) { return false }
    if let biasGradient = operands.biasGradient {
      bias.body(.init(outputGradient: operands.outputGradient, biasGradient: biasGradient), workspace)
    }
    return true
  }

  /// The columns of tiles of a unit.
  private func columns(_ unit: Int) -> Range<Int> {
    let first = unit % columnRanges * columnTiles
    return first..<min(first + columnTiles, size.tiles(shape.outputWidth))
  }

  /// The order of the tiles of a block.
  private func order(_ firstUnit: Int, _ count: Int) -> WinogradTileOrder {
    WinogradTileOrder(
      size, firstRow: firstUnit / columnRanges, rows: count, columns: columns(firstUnit), height: shape.outputHeight,
      width: shape.outputWidth)
  }

  /// Transforms a thread's vectors of channels of some units.
  private func transform(
    _ firstUnit: Int, _ count: Int, _ group: Int, _ operands: Conv2DBackwardWeights.Operands,
    _ workspace: UnsafeMutableRawPointer, _ part: Int
  ) {
    let inputs = workspace.assumingMemoryBound(to: Float.self)
    let gradients = (workspace + inputByteCount).assumingMemoryBound(to: Float.self)
    let (positions, _, strip) = threadWorkspace(workspace, part)
    let columns = columns(firstUnit)
    let column = size.start(columns.lowerBound, of: shape.outputWidth)
    order(firstUnit, count).write(to: positions)
    planCheck("a block's tiles", offset: 0, count: count * columns.count, allocated: blockTileCount)
    planCheck("a block's rows of tiles", offset: firstUnit, count: count, allocated: units)
    let (firstRow, lastRow) = (firstUnit / columnRanges, (firstUnit + count - 1) / columnRanges)
    let inputVectors = Parallel.range(part, of: parts, items: inputStride / lanes)
    let gradientVectors = Parallel.range(part, of: parts, items: gradientStride / lanes)
    // A part of both, so that most of a panel's inputs are in the caches of the thread that multiplies them.
    for i in 0..<inputVectors.count + gradientVectors.count {
      let isInput = i < inputVectors.count
      let channel =
        (isInput ? inputVectors.lowerBound + i : gradientVectors.lowerBound + i - inputVectors.count) * lanes
      let channels = isInput ? shape.groupInputChannels : shape.groupOutputChannels
      let plane = isInput ? shape.inputPlane : shape.outputPlane
      let step = isInput ? size.stride : 1
      var row = firstRow
      while row <= lastRow {
        let (image, tileRow) = (row / tileRows, row % tileRows)
        let rows = min(tileRows - tileRow, lastRow + 1 - row)
        let offset = (image * shape.groups + group) * channels + channel
        let planes = WinogradPlanes(
          source: (isInput ? operands.input : operands.outputGradient) + offset * plane, stride: plane,
          channels: min(lanes, channels - channel), height: isInput ? shape.inputHeight : shape.outputHeight,
          width: isInput ? shape.inputWidth : shape.outputWidth,
          firstRow: step * size.start(tileRow, of: shape.outputHeight) - (isInput ? shape.paddingHeight : 0),
          firstColumn: step * column - (isInput ? shape.paddingWidth : 0))
        let stride = isInput ? inputStride : gradientStride
        // The next rows of tiles of the same channels, then the first ones of the next channels.
        let nextRow = row + rows > lastRow ? firstRow : row + rows
        let nextOffset = (nextRow / tileRows * shape.groups + group) * channels + channel
        let next =
          (isInput ? operands.input : operands.outputGradient)
          + ((nextOffset + (nextRow == firstRow ? lanes : 0)) * plane
            + step * (size.start(nextRow % tileRows, of: shape.outputHeight) * planes.width + column))
        var arguments = WinogradInputArguments(
          planes: planes, tileRows: rows, tallRows: size.wideTiles(shape.outputHeight, from: tileRow, count: rows),
          tileColumns: columns.count,
          wideColumns: size.wideTiles(shape.outputWidth, from: columns.lowerBound, count: columns.count), strip: strip,
          next: next,
          positions: positions + (row - firstRow) * columns.count,
          target: (isInput ? inputs : gradients) + channel, tileStride: stride,
          pointStride: isInput ? inputPointStride : gradientPointStride, step: step)
        if isInput { transformInput(&arguments) } else { transformGradient(&arguments) }
        row += rows
      }
    }
  }

  /// Sums and transforms a thread's pairs of output channels and panels of input channels.
  private func multiply(_ firstUnit: Int, _ count: Int, _ workspace: UnsafeMutableRawPointer, _ part: Int) {
    let inputs = workspace.assumingMemoryBound(to: Float.self)
    let gradients = (workspace + inputByteCount).assumingMemoryBound(to: Float.self)
    let totals = (workspace + inputByteCount + gradientByteCount).assumingMemoryBound(to: Float.self)
    let (_, scratch, sums) = threadWorkspace(workspace, part)
    let tiles = order(firstUnit, count).ranges
    let panels = (inputStride + panelColumns - 1) / panelColumns
    let chunks = (shape.groupOutputChannels + pairChannels - 1) / pairChannels
    for pair in Parallel.range(part, of: parts, items: panels * chunks) {
      let panel = pair / chunks * panelColumns
      let channel = pair % chunks * pairChannels
      let channels = min(pairChannels, shape.groupOutputChannels - channel)
      var products = WinogradGradientProductsArguments(
        gradients: gradients + channel, gradientStride: gradientStride, gradientPointStride: gradientPointStride,
        inputs: inputs + panel, inputStride: inputStride, inputPointStride: inputPointStride,
        tiles: tiles, channels: channels, sums: sums, sumPointStride: sumPointStride)
      tile.run(&products)
      var arguments = WinogradGradientOutputArguments(
        sums: sums, sumStride: panelColumns, sumPointStride: sumPointStride, channels: channels,
        vectors: min(tile.vectors, (inputStride - panel) / lanes),
        totals: totals + (channel * totalStride + panel * taps),
        totalStride: totalStride, isFirst: firstUnit == 0, scratch: scratch)
      transformSums(&arguments)
    }
  }

  private func threadWorkspace(
    _ workspace: UnsafeMutableRawPointer, _ part: Int
  ) -> (positions: UnsafeMutablePointer<Int>, scratch: UnsafeMutablePointer<Float>, rest: UnsafeMutablePointer<Float>) {
    let start =
      workspace + inputByteCount + gradientByteCount + totalByteCount + flagByteCount + part * threadByteCount
    return (
      start.assumingMemoryBound(to: Int.self), (start + positionByteCount).assumingMemoryBound(to: Float.self),
      (start + positionByteCount + scratchByteCount).assumingMemoryBound(to: Float.self)
    )
  }
}

/// A count that is rounded up to whole vectors.
private func paddedCount(_ count: Int, _ lanes: Int) -> Int { (count + lanes - 1) / lanes * lanes }
