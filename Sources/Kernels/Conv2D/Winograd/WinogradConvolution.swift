import KernelsISA

/// A convolution of 3×3 at stride 1, or the input gradient of one, by tiles of 4×4 outputs (`Winograd43`).
///
/// The weights are transformed first, by all threads. Then each thread takes blocks of tiles: it transforms their inputs
/// for all channels, and for one panel of target channels after the other it multiplies and transforms the sums into
/// outputs. What a block needs stays in the second-level cache: the image is passed over once.
struct WinogradConvolution: Sendable {
  let tile: WinogradTile
  let batch: Int
  let groups: Int
  /// Channels of a group.
  let sourceChannels: Int
  let targetChannels: Int
  let source: (height: Int, width: Int)
  let target: (height: Int, width: Int)
  let padding: (height: Int, width: Int)
  let isBackward: Bool
  let limits: (floor: Float, ceiling: Float)
  let parts: Int
  /// Rows of tiles of an image.
  let tileRows: Int
  /// Ranges of the columns of tiles of a row: a row that is longer than a block is divided.
  let columnRanges: Int
  private let columnTiles: Int
  /// Rows of tiles of a block; images follow each other.
  private let blockRows: Int
  private let transformInput: LevelFunction<WinogradInputArguments>
  private let transformWeights: LevelFunction<WinogradWeightsArguments>
  private let transformOutput: LevelFunction<WinogradOutputArguments>

  /// Products of a tile.
  private static let points = 36
  /// Tiles of a block, a multiple of a register tile's rows: with 64 channels its inputs and sums take 440 KB.
  private static let blockTiles = 24
  /// Elements behind those of each of the 36 products, so that they do not all fall into the same sets of the caches.
  private static let pointGap = 16

  init(tile: WinogradTile, shape: Conv2DShape, isBackward: Bool, activation: FusedActivation?, threads: Int) {
    self.tile = tile
    self.isBackward = isBackward
    batch = shape.batch
    groups = shape.groups
    let input = (height: shape.inputHeight, width: shape.inputWidth)
    let output = (height: shape.outputHeight, width: shape.outputWidth)
    (source, target) = isBackward ? (output, input) : (input, output)
    // The input gradient is a convolution of the output gradient with as much padding as the kernel's size leaves.
    padding =
      isBackward
      ? (2 - shape.paddingHeight, 2 - shape.paddingWidth) : (shape.paddingHeight, shape.paddingWidth)
    sourceChannels = isBackward ? shape.groupOutputChannels : shape.groupInputChannels
    targetChannels = isBackward ? shape.groupInputChannels : shape.groupOutputChannels
    limits = activation.limits
    tileRows = (target.height + 3) / 4
    let tileColumns = (target.width + 3) / 4
    columnRanges = (tileColumns + Self.blockTiles - 1) / Self.blockTiles
    columnTiles = (tileColumns + columnRanges - 1) / columnRanges
    let units = shape.batch * tileRows * columnRanges
    blockRows = columnRanges > 1 ? 1 : max(min(Self.blockTiles / tileColumns, units), 1)
    parts = max(min(threads, units), 1)
    transformInput = Levels.winogradInput[tile.level]
    transformWeights = Levels.winogradWeights[tile.level]
    transformOutput = Levels.winogradOutput[tile.level]
  }

  /// Whether the tiles can compute a convolution.
  static func accepts(_ shape: Conv2DShape) -> Bool {
    shape.precision == .fast && shape.kernelHeight == 3 && shape.kernelWidth == 3
      && shape.strideHeight == 1 && shape.strideWidth == 1 && shape.dilationHeight == 1 && shape.dilationWidth == 1
      && shape.paddingHeight <= 2 && shape.paddingWidth <= 2
  }

  // MARK: - Sizes, in elements

  private var lanes: Int { tile.level.lanes }
  /// Target channels of a panel.
  private var panelColumns: Int { tile.vectors * lanes }
  private var panels: Int { (targetChannels + panelColumns - 1) / panelColumns }
  private var sourceVectors: Int { (sourceChannels + lanes - 1) / lanes }
  private var blockTileCount: Int { blockRows * columnTiles }
  /// From a tile's transformed inputs to the next tile's.
  private var inputStride: Int { sourceVectors * lanes }
  private var inputPointStride: Int { blockTileCount * inputStride + Self.pointGap }
  private var panelCount: Int { sourceChannels * panelColumns }
  private var weightPointStride: Int { panels * panelCount + Self.pointGap }
  private var sumPointStride: Int {
    (blockTileCount + tile.rows - 1) / tile.rows * tile.rows * panelColumns + Self.pointGap
  }

  /// The parts of a thread's workspace.
  private var inputByteCount: Int { cacheLines(Self.points * inputPointStride * 4) }
  private var sumByteCount: Int { cacheLines(Self.points * sumPointStride * 4) }
  private var stripByteCount: Int {
    let inputs = (4 * min(blockRows, tileRows) + 2) * (4 * columnTiles + 2)
    return cacheLines(max(inputs, 16 * columnTiles) * lanes * 4)
  }
  private var scratchByteCount: Int { cacheLines(Self.points * lanes * 4) }
  private var threadByteCount: Int { inputByteCount + sumByteCount + stripByteCount + scratchByteCount }

  /// The parts of the shared workspace: whether a row of tiles has sums that are not finite; transformed weights of one
  /// group, and the padded bias of all.
  private var weightByteCount: Int { cacheLines(Self.points * weightPointStride * 4) }
  private var biasByteCount: Int { cacheLines(groups * panels * panelColumns * 4) }
  private var units: Int { batch * tileRows * columnRanges }
  private var flagByteCount: Int { cacheLines(units) }

  /// - Parameter recomputing: bytes that computing an image again takes.
  func workspaceByteCount(recomputing: Int) -> Int {
    flagByteCount + max(weightByteCount + biasByteCount + parts * threadByteCount, recomputing)
  }

  // MARK: - Runs

  /// Computes all images; the rest of the arguments are as the operations' operands.
  ///
  /// - Parameter recompute: called for each image that has a sum which is not finite, with the workspace that it may use.
  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    target: UnsafeMutablePointer<Float>, workspace: UnsafeMutableRawPointer,
    recompute: (_ image: Int, UnsafeMutableRawPointer) -> Void
  ) {
    let flags = workspace.assumingMemoryBound(to: Bool.self)
    let workspace = workspace + flagByteCount
    let transformed = workspace.assumingMemoryBound(to: Float.self)
    let paddedBias = (workspace + weightByteCount).assumingMemoryBound(to: Float.self)
    let threadWorkspaces = workspace + weightByteCount + biasByteCount
    packBias(bias, groups: groups, channels: targetChannels, paddedChannels: panels * panelColumns, paddedBias)
    flags.update(repeating: false, count: units)
    for group in 0..<groups {
      // One part more than units would have nothing to do; fewer leave weights to one thread.
      Parallel.run(parts: parts) { part in
        transformWeights(
          weights + group * sourceChannels * targetChannels * 9, transformed, part: part,
          scratch: (threadWorkspaces + part * threadByteCount).assumingMemoryBound(to: Float.self))
      }
      Parallel.run(parts: parts) { part in
        var unit = Parallel.range(part, of: parts, items: units)
        while !unit.isEmpty {
          let count = min(columnRanges > 1 ? 1 : blockRows, unit.count)
          block(
            unit.lowerBound, count, group: group, source: source, weights: transformed,
            bias: paddedBias + group * panels * panelColumns, target: target, flags: flags,
            workspace: threadWorkspaces + part * threadByteCount)
          unit = unit.lowerBound + count..<unit.upperBound
        }
      }
    }
    let perImage = tileRows * columnRanges
    for image in 0..<batch
    where UnsafeBufferPointer(start: flags + image * perImage, count: perImage).contains(true) {
      recompute(image, workspace)
    }
  }

  /// Transforms a thread's part of a group's weights: vectors of target channels.
  private func transformWeights(
    _ weights: UnsafePointer<Float>, _ transformed: UnsafeMutablePointer<Float>, part: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let vectors = (targetChannels + lanes - 1) / lanes
    let laneStride = isBackward ? 9 : sourceChannels * 9
    for vector in Parallel.range(part, of: parts, items: vectors) {
      let first = vector * lanes
      var arguments = WinogradWeightsArguments(
        source: weights + first * laneStride, laneStride: laneStride, lanes: min(lanes, targetChannels - first),
        channels: sourceChannels, channelStride: isBackward ? targetChannels * 9 : 9, isFlipped: isBackward,
        target: transformed + (vector / tile.vectors * panelCount + vector % tile.vectors * lanes),
        targetStride: panelColumns, pointStride: weightPointStride, scratch: scratch)
      transformWeights(&arguments)
    }
  }

  /// The row of tiles of a unit, counted through all images, and its columns of tiles.
  private func location(_ unit: Int) -> (row: Int, columns: Range<Int>) {
    let first = unit % columnRanges * columnTiles
    return (unit / columnRanges, first..<min(first + columnTiles, (target.width + 3) / 4))
  }

  /// Computes some units for a group.
  private func block(
    _ firstUnit: Int, _ count: Int, group: Int, source: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>, flags: UnsafeMutablePointer<Bool>,
    workspace: UnsafeMutableRawPointer
  ) {
    let inputs = workspace.assumingMemoryBound(to: Float.self)
    let sums = (workspace + inputByteCount).assumingMemoryBound(to: Float.self)
    let strip = (workspace + inputByteCount + sumByteCount).assumingMemoryBound(to: Float.self)
    let scratch = (workspace + inputByteCount + sumByteCount + stripByteCount).assumingMemoryBound(to: Float.self)
    let (firstRow, columns) = location(firstUnit)
    planCheck("a block's tiles", offset: 0, count: count * columns.count, allocated: blockTileCount)
    planCheck("a block's rows of tiles", offset: firstUnit, count: count, allocated: units)
    let sourcePlane = self.source.height * self.source.width
    var row = firstRow
    while row < firstRow + count {
      let (image, tileRow) = (row / tileRows, row % tileRows)
      let rows = min(tileRows - tileRow, firstRow + count - row)
      for vector in 0..<sourceVectors {
        let channel = (image * groups + group) * sourceChannels + vector * lanes
        var arguments = WinogradInputArguments(
          planes: .init(
            source: source + channel * sourcePlane, stride: sourcePlane,
            channels: min(lanes, sourceChannels - vector * lanes), height: self.source.height, width: self.source.width,
            firstRow: 4 * tileRow - padding.height, firstColumn: 4 * columns.lowerBound - padding.width),
          tileRows: rows, tileColumns: columns.count, strip: strip,
          target: inputs + ((row - firstRow) * columns.count * inputStride + vector * lanes), tileStride: inputStride,
          pointStride: inputPointStride, scratch: scratch)
        transformInput(&arguments)
      }
      row += rows
    }
    let targetPlane = self.target.height * self.target.width
    for panel in 0..<panels {
      var products = WinogradProductsArguments(
        inputs: inputs, inputStride: inputStride, inputPointStride: inputPointStride,
        weights: weights + panel * panelCount, weightPointStride: weightPointStride, depth: sourceChannels,
        tiles: count * columns.count, sums: sums, sumPointStride: sumPointStride)
      tile.run(&products)
      for index in 0..<count {
        let (image, tileRow) = ((firstRow + index) / tileRows, (firstRow + index) % tileRows)
        let channel = (image * groups + group) * targetChannels + panel * panelColumns
        var arguments = WinogradOutputArguments(
          sums: sums + index * columns.count * panelColumns, tileStride: panelColumns, pointStride: sumPointStride,
          channels: min(panelColumns, targetChannels - panel * panelColumns), bias: bias + panel * panelColumns,
          floor: limits.floor, ceiling: limits.ceiling,
          target: target + (channel * targetPlane + 4 * tileRow * self.target.width + 4 * columns.lowerBound),
          planeStride: targetPlane, rows: min(4, self.target.height - 4 * tileRow),
          columns: min(4 * columns.upperBound, self.target.width) - 4 * columns.lowerBound, width: self.target.width,
          strip: strip, scratch: scratch, isNonFinite: flags + (firstUnit + index))
        transformOutput(&arguments)
      }
    }
  }
}
