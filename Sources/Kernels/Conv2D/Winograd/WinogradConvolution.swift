import KernelsISA

/// A convolution of 3×3 or 5×5 at stride 1, or the input gradient of one, by tiles of 4×4 or 2×2 outputs (`Winograd43`,
/// `Winograd25`).
///
/// The weights are transformed first, by all threads. Then each thread takes blocks of tiles: it transforms their inputs
/// for all channels, and for one panel of target channels after the other it multiplies and transforms the sums into
/// outputs. What a block needs stays in the second-level cache: the image is passed over once. Where each thread has one
/// block, the weights of a panel are transformed when their turn comes, so that they are still in the caches then.
struct WinogradConvolution: Sendable {
  let tile: WinogradTile
  let size: WinogradSize
  let batch: Int
  let groups: Int
  /// Channels of a group.
  let sourceChannels: Int
  let targetChannels: Int
  let source: (height: Int, width: Int)
  let target: (height: Int, width: Int)
  /// What is divided into tiles: the target, but at stride 2 always the output or its gradient.
  private let grid: (height: Int, width: Int)
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
  /// Whether no thread has more than one block.
  private let hasOneBlock: Bool
  /// Elements of the source and of the target along an axis for each element of the grid.
  private let sourceStep: Int
  private let targetStep: Int
  private let transformInput: LevelFunction<WinogradInputArguments>
  let transformWeights: LevelFunction<WinogradWeightsArguments>
  private let transformOutput: LevelFunction<WinogradOutputArguments>

  /// Tiles of a block: with 64 channels the inputs and sums of 24 take 440 KB, those of 14 at stride 2 690 KB. The more
  /// channels, the longer all weights take to come from the last cache, for each block once.
  private static func blockTiles(channels: Int, isStrided: Bool) -> Int {
    isStrided ? 14 : channels > 320 ? 48 : 24
  }
  /// Elements behind those of each of the 36 products, so that they do not all fall into the same sets of the caches.
  private static let pointGap = 16

  init(
    tile: WinogradTile, size: WinogradSize, shape: Conv2DShape, isBackward: Bool, activation: FusedActivation?,
    threads: Int
  ) {
    self.tile = tile
    self.size = size
    self.isBackward = isBackward
    batch = shape.batch
    groups = shape.groups
    let input = (height: shape.inputHeight, width: shape.inputWidth)
    let output = (height: shape.outputHeight, width: shape.outputWidth)
    (source, target) = isBackward ? (output, input) : (input, output)
    grid = size.stride > 1 ? output : target
    // The input gradient is a convolution of the output gradient with as much padding as the kernel's size leaves; at
    // stride 2 its tiles begin with the output gradient.
    padding =
      !isBackward
      ? (shape.paddingHeight, shape.paddingWidth)
      : size.stride > 1 ? (0, 0) : (size.overlap - shape.paddingHeight, size.overlap - shape.paddingWidth)
    sourceChannels = isBackward ? shape.groupOutputChannels : shape.groupInputChannels
    targetChannels = isBackward ? shape.groupInputChannels : shape.groupOutputChannels
    limits = activation.limits
    tileRows = size.tiles(grid.height)
    let tileColumns = size.tiles(grid.width)
    let blockTiles = Self.blockTiles(channels: sourceChannels, isStrided: size.stride > 1)
    columnRanges = (tileColumns + blockTiles - 1) / blockTiles
    columnTiles = (tileColumns + columnRanges - 1) / columnRanges
    let units = shape.batch * tileRows * columnRanges
    blockRows = columnRanges > 1 ? 1 : max(min(blockTiles / tileColumns, units), 1)
    parts = max(min(threads, units), 1)
    hasOneBlock = (units + parts - 1) / parts <= blockRows
    sourceStep = isBackward ? 1 : size.stride
    targetStep = isBackward ? size.stride : 1
    let transforms = size.transforms
    transformInput = transforms.input[tile.level]
    transformWeights = transforms.weights[tile.level]
    transformOutput = (isBackward ? transforms.data : transforms.output)[tile.level]
  }

  /// The size of the tiles that can compute a convolution; nil where none can.
  static func size(_ shape: Conv2DShape) -> WinogradSize? {
    guard let size = WinogradSize(kernel: shape), shape.precision == .fast, shape.dilationHeight == 1,
      shape.dilationWidth == 1, size.allows(padding: shape.paddingHeight), size.allows(padding: shape.paddingWidth)
    else { return nil }
    return size
  }

  // MARK: - Sizes, in elements

  var lanes: Int { tile.level.lanes }
  /// Target channels of a panel.
  var panelColumns: Int { tile.vectors * lanes }
  var panels: Int { (targetChannels + panelColumns - 1) / panelColumns }
  private var sourceVectors: Int { (sourceChannels + lanes - 1) / lanes }
  private var blockTileCount: Int { blockRows * columnTiles }
  /// From a tile's transformed inputs to the next tile's.
  private var inputStride: Int { sourceVectors * lanes }
  private var inputPointStride: Int { blockTileCount * inputStride + Self.pointGap }
  var panelCount: Int { sourceChannels * panelColumns }
  /// From a product's transformed weights, of so many panels, to the next product's.
  func weightPointStride(panels: Int) -> Int { panels * panelCount + Self.pointGap }
  /// Source channels whose weights are transformed at once where a thread has one block and the weights of a panel do not
  /// stay in the second-level cache: 512 KB. Several threads would wait for each other too often.
  private var depthAtOnce: Int {
    hasOneBlock && parts == 1
      ? min((128 << 10) / (WinogradSize.weightPoints * panelColumns), sourceChannels) : sourceChannels
  }
  /// From a product's transformed weights to the next product's, where those are of `depthAtOnce` channels of a panel.
  private var partPointStride: Int { depthAtOnce * panelColumns + Self.pointGap }
  private var sumPointStride: Int {
    // A register tile may begin at any tile, and reach past the last.
    (blockTileCount + tile.rows - 1) * panelColumns + Self.pointGap
  }

  /// The parts of a thread's workspace.
  private var inputByteCount: Int { cacheLines(size.points * inputPointStride * 4) }
  private var sumByteCount: Int { cacheLines(size.points * sumPointStride * 4) }
  private var stripByteCount: Int {
    let inputs =
      (sourceStep * size.outputs * min(blockRows, tileRows) + size.overlap)
      * (sourceStep * size.outputs * columnTiles + size.overlap)
    let tile = targetStep * size.outputs
    return cacheLines(max(inputs, tile * tile * columnTiles) * lanes * 4)
  }
  /// What the transform of weights needs, which is more than that of outputs.
  var scratchByteCount: Int { cacheLines(size.weightVectors * lanes * 4) }
  private var positionByteCount: Int { cacheLines(blockTileCount * MemoryLayout<Int>.stride) }
  private var threadByteCount: Int {
    inputByteCount + sumByteCount + stripByteCount + scratchByteCount + positionByteCount
  }

  /// The parts of the shared workspace: whether a row of tiles has sums that are not finite; transformed weights of one
  /// group, and the padded bias of all.
  func weightByteCount(panels: Int) -> Int {
    cacheLines(WinogradSize.weightPoints * weightPointStride(panels: panels) * 4)
  }
  /// Weights that are transformed at once.
  private var byteCountAtOnce: Int {
    hasOneBlock ? cacheLines(WinogradSize.weightPoints * partPointStride * 4) : weightByteCount(panels: panels)
  }
  var biasByteCount: Int { cacheLines(groups * panels * panelColumns * 4) }
  private var units: Int { batch * tileRows * columnRanges }
  /// Whether outputs that are whole lines are stored non-temporally.
  private var streams: Bool {
    lanes == 16 && targetChannels % lanes == 0 && target.height * target.width % 16 == 0 && columnRanges == 1
      && Streaming.pays(outputCount: batch * groups * targetChannels * target.height * target.width)
  }
  private var flagByteCount: Int { cacheLines(units) }

  var workspaceByteCount: Int { flagByteCount + byteCountAtOnce + biasByteCount + parts * threadByteCount }

  // MARK: - Runs

  /// Computes all images; the rest of the arguments are as the operations' operands.
  ///
  /// - Parameters:
  ///   - packed: what `packing` made of weights and bias; nil: they are transformed in the run.
  ///   - recompute: called for each image that has a sum which is not finite.
  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    addend: UnsafePointer<Float>?, packed: UnsafeRawPointer?, target: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutableRawPointer,
    recompute: (_ image: Int) -> Void
  ) {
    let flags = workspace.assumingMemoryBound(to: Bool.self)
    let workspace = workspace + flagByteCount
    let weightByteCount = weightByteCount(panels: panels)
    let transformed = workspace.assumingMemoryBound(to: Float.self)
    let ownBias = (workspace + byteCountAtOnce).assumingMemoryBound(to: Float.self)
    let threadWorkspaces = UnsafeMutableRawPointer(ownBias) + biasByteCount
    let paddedBias: UnsafePointer<Float>
    if let packed {
      paddedBias = (packed + groups * weightByteCount).assumingMemoryBound(to: Float.self)
    } else {
      packBias(bias, ownBias)
      paddedBias = UnsafePointer(ownBias)
    }
    flags.update(repeating: false, count: units)
    func transform(_ panels: Range<Int>, _ channels: Range<Int>, of group: Int, pointStride: Int) {
      Parallel.run(parts: parts) { part in
        transformWeights(
          weights, group: group, panels: panels, channels: channels, pointStride: pointStride, transformed, part: part,
          of: parts,
          scratch: parts(of: threadWorkspaces + part * threadByteCount).scratch)
      }
    }
    func run(_ body: (Range<Int>, UnsafeMutableRawPointer) -> Void) {
      Parallel.run(parts: parts) { part in
        body(Parallel.range(part, of: parts, items: units), threadWorkspaces + part * threadByteCount)
        if streams, addend == nil { isa_stream_fence() }
      }
    }
    for group in 0..<groups {
      let bias = paddedBias + group * panels * panelColumns
      if hasOneBlock, packed == nil {
        run { transformInputs($0, group: group, source: source, $1) }
        for panel in 0..<panels {
          for first in stride(from: 0, to: sourceChannels, by: depthAtOnce) {
            let channels = first..<min(first + depthAtOnce, sourceChannels)
            transform(panel..<panel + 1, channels, of: group, pointStride: partPointStride)
            run { units, workspace in
              multiply(
                units, group: group, panel: panel, channels: channels, weights: transformed,
                pointStride: partPointStride, bias: bias, addend: addend, target: target, flags: flags, workspace)
            }
          }
        }
        continue
      }
      if packed == nil {
        transform(0..<panels, 0..<sourceChannels, of: group, pointStride: weightPointStride(panels: panels))
      }
      let weights =
        packed.map { ($0 + group * weightByteCount).assumingMemoryBound(to: Float.self) } ?? UnsafePointer(transformed)
      run { range, workspace in
        var first = range.lowerBound
        while first < range.upperBound {
          let block = first..<min(first + blockRows, range.upperBound)
          transformInputs(block, group: group, source: source, workspace)
          for panel in 0..<panels {
            multiply(
              block, group: group, panel: panel, channels: 0..<sourceChannels, weights: weights + panel * panelCount,
              pointStride: weightPointStride(panels: panels), bias: bias, addend: addend, target: target, flags: flags,
              workspace)
          }
          first = block.upperBound
        }
      }
    }
    let perImage = tileRows * columnRanges
    for image in 0..<batch
    where UnsafeBufferPointer(start: flags + image * perImage, count: perImage).contains(true) {
      recompute(image)
    }
  }

  /// The row of tiles of a unit, counted through all images, and its columns of tiles.
  private func location(_ unit: Int) -> (row: Int, columns: Range<Int>) {
    let first = unit % columnRanges * columnTiles
    return (unit / columnRanges, first..<min(first + columnTiles, size.tiles(grid.width)))
  }

  /// The parts of a thread's workspace.
  private func parts(
    of workspace: UnsafeMutableRawPointer
  ) -> (
    positions: UnsafeMutablePointer<Int>, scratch: UnsafeMutablePointer<Float>, strip: UnsafeMutablePointer<Float>,
    sums: UnsafeMutablePointer<Float>, inputs: UnsafeMutablePointer<Float>
  ) {
    let scratch = workspace + positionByteCount
    let strip = scratch + scratchByteCount
    let sums = strip + stripByteCount
    return (
      workspace.assumingMemoryBound(to: Int.self), scratch.assumingMemoryBound(to: Float.self),
      strip.assumingMemoryBound(to: Float.self),
      sums.assumingMemoryBound(to: Float.self), (sums + sumByteCount).assumingMemoryBound(to: Float.self)
    )
  }

  /// The order of the tiles of a block's units.
  private func order(_ units: Range<Int>) -> WinogradTileOrder {
    let (firstRow, columns) = location(units.lowerBound)
    return WinogradTileOrder(
      size, firstRow: firstRow, rows: units.count, columns: columns, height: grid.height, width: grid.width)
  }

  /// Transforms the inputs of a block's units for all channels of a group.
  private func transformInputs(
    _ units: Range<Int>, group: Int, source: UnsafePointer<Float>, _ workspace: UnsafeMutableRawPointer
  ) {
    if units.isEmpty { return }
    let memory = parts(of: workspace)
    let (firstRow, columns) = location(units.lowerBound)
    planCheck("a block's tiles", offset: 0, count: units.count * columns.count, allocated: blockTileCount)
    planCheck("a block's rows of tiles", offset: units.lowerBound, count: units.count, allocated: self.units)
    order(units).write(to: memory.positions)
    let plane = self.source.height * self.source.width
    let column = sourceStep * size.start(columns.lowerBound, of: grid.width)
    func planes(_ row: Int, _ vector: Int) -> UnsafePointer<Float> {
      source + ((row / tileRows * groups + group) * sourceChannels + vector * lanes) * plane
    }
    func firstElement(_ row: Int) -> Int {
      sourceStep * size.start(row % tileRows, of: grid.height) * self.source.width + column
    }
    var row = firstRow
    while row < firstRow + units.count {
      let tileRow = row % tileRows
      let rows = min(tileRows - tileRow, firstRow + units.count - row)
      for vector in 0..<sourceVectors {
        let isLast = vector == sourceVectors - 1
        var arguments = WinogradInputArguments(
          planes: .init(
            source: planes(row, vector), stride: plane, channels: min(lanes, sourceChannels - vector * lanes),
            height: self.source.height, width: self.source.width,
            firstRow: sourceStep * size.start(tileRow, of: grid.height) - padding.height,
            firstColumn: column - padding.width),
          tileRows: rows, tallRows: size.wideTiles(grid.height, from: tileRow, count: rows),
          tileColumns: columns.count,
          wideColumns: size.wideTiles(grid.width, from: columns.lowerBound, count: columns.count),
          strip: memory.strip,
          next: isLast ? planes(row + rows, 0) + firstElement(row + rows) : planes(row, vector + 1) + firstElement(row),
          positions: memory.positions + (row - firstRow) * columns.count, target: memory.inputs + vector * lanes,
          tileStride: inputStride, pointStride: inputPointStride, step: sourceStep)
        transformInput(&arguments)
      }
      row += rows
    }
  }

  /// Multiplies a block's transformed inputs with a panel's weights, which lie at `weights`, `pointStride` elements from
  /// one product to the next, and adds the products to those of the source channels before `channels`; with the last
  /// channels stores the outputs.
  private func multiply(
    _ units: Range<Int>, group: Int, panel: Int, channels: Range<Int>, weights: UnsafePointer<Float>, pointStride: Int,
    bias: UnsafePointer<Float>, addend: UnsafePointer<Float>?, target: UnsafeMutablePointer<Float>,
    flags: UnsafeMutablePointer<Bool>, _ workspace: UnsafeMutableRawPointer
  ) {
    if units.isEmpty { return }
    let memory = parts(of: workspace)
    let (firstRow, columns) = location(units.lowerBound)
    let plane = self.target.height * self.target.width
    var products = WinogradProductsArguments(
      inputs: memory.inputs + channels.lowerBound, inputStride: inputStride, inputPointStride: inputPointStride,
      weights: weights,
      weightPointStride: pointStride, depth: channels.count, continues: channels.lowerBound > 0,
      tiles: order(units).ranges,
      sums: memory.sums, sumPointStride: sumPointStride)
    tile.run(&products)
    if channels.upperBound < sourceChannels { return }
    for index in 0..<units.count {
      let (image, tileRow) = ((firstRow + index) / tileRows, (firstRow + index) % tileRows)
      let row = targetStep * size.start(tileRow, of: grid.height)
      let column = targetStep * size.start(columns.lowerBound, of: grid.width)
      let channel = (image * groups + group) * targetChannels + panel * panelColumns
      let rows = min(targetStep * size.start(tileRow + 1, of: grid.height), self.target.height) - row
      let first = channel * plane + row * self.target.width + column
      var arguments = WinogradOutputArguments(
        positions: memory.positions + index * columns.count, sums: memory.sums, tileStride: panelColumns,
        pointStride: sumPointStride, channels: min(panelColumns, targetChannels - panel * panelColumns),
        bias: bias + panel * panelColumns, addend: addend.map { $0 + first }, floor: limits.floor,
        ceiling: limits.ceiling, target: target + first, planeStride: plane, rows: rows,
        columns: min(targetStep * size.start(columns.upperBound, of: grid.width), self.target.width) - column,
        wideColumns: size.wideTiles(grid.width, from: columns.lowerBound, count: columns.count),
        width: self.target.width,
        strip: memory.strip, scratch: memory.scratch, isNonFinite: flags + (units.lowerBound + index),
        nonTemporal: streams && addend == nil && rows * self.target.width % 16 == 0
          && Streaming.isAligned(target + first))
      transformOutput(&arguments)
    }
  }
}
