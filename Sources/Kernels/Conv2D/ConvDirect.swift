import ISA

/// The tile that a direct convolution uses.
enum ConvDirectTile: Sendable {
  case rows(ConvTile<ConvRowsArguments>)
  case channels(ConvTile<ConvChannelsArguments>)

  var level: InstructionSet {
    switch self {
    case .rows(let tile): tile.level
    case .channels(let tile): tile.level
    }
  }

  var name: String {
    switch self {
    case .rows(let tile): tile.name
    case .channels(let tile): tile.name
    }
  }

  /// Channels side by side in a panel of weights.
  var width: Int {
    switch self {
    case .rows(let tile): tile.rows
    case .channels(let tile): tile.vectors * tile.level.lanes
    }
  }

  var byteCount: Int {
    switch self {
    case .rows(let tile): tile.byteCount
    case .channels(let tile): tile.byteCount
    }
  }

  /// The lanes of vectors along a row; nil where vectors hold channels.
  var rowLanes: Int? {
    if case .rows(let tile) = self { tile.level.lanes } else { nil }
  }

  /// The share of peak to expect: how full lanes and tiles are, and whether loads keep up with the multiply-adds.
  ///
  /// A load that crosses a cache line counts twice. Turning "channels" tiles into planes costs about ten multiply-adds'
  /// time a value, and a tenth of the rest at short sums.
  func fitness(channels: Int, height: Int, width: Int, depth: Int) -> Double {
    switch self {
    case .rows(let tile):
      let loads = Double(tile.rows * tile.vectors) / Double(tile.rows + 2 * tile.vectors)
      return filled(channels, tile.rows) * filled(width, tile.level.lanes) * min(loads, 1)
    case .channels(let tile):
      let loads = Double(tile.rows * tile.vectors) / Double(tile.rows + tile.vectors)
      return filled(channels, self.width) * filled(height * width, tile.rows) * min(loads, 1)
        * 0.93 * Double(depth) / Double(depth + 10)
    }
  }
}

/// The used share of whole units.
func filled(_ count: Int, _ unit: Int) -> Double {
  count == 0 ? 1 : Double(count) / Double((count + unit - 1) / unit * unit)
}

/// One convolution with stride 1 or more from planes to planes, in tiles, without a patch matrix: the forward pass, or
/// one phase of the input gradient.
struct ConvDirect: Sendable {
  let tile: ConvDirectTile
  let view: ConvView
  let batch: Int
  let groups: Int
  /// Channels of a group in source and target.
  let sourceChannels: Int
  let targetChannels: Int
  /// The target's rows and columns as a whole, of which this phase may write every `targetStride`-th.
  let targetHeight: Int
  let targetWidth: Int
  let depth: Int
  /// Where a group's weights lie: lane by lane, and for each k.
  let groupWeights: Int
  let laneStride: Int
  let weightOffsets: OffsetTable?
  let floor: Float
  let taps: OffsetTable
  /// Images that are computed together, and their outputs; the last images of a batch may be fewer.
  let chunk: Int
  let outputs: Outputs
  let lastOutputs: Outputs
  let stage: LevelFunction<ConvStageArguments>
  let pack: LevelFunction<ConvPackArguments>
  let scatter: LevelFunction<ConvScatterArguments>

  /// Where the outputs of a band of some images lie: for each vector, or each output, its origin in the view, its place
  /// in the target and its part of the sum. They go row by row, so that a shorter band has the first of them.
  struct Outputs: Sendable {
    let images: Int
    let perRow: Int
    let sources: OffsetTable
    let targets: OffsetTable
    let ranges: OffsetTable?

    init(images: Int, view: ConvView, lanes: Int?, imageStride: Int) {
      self.images = images
      var sources: [Int] = []
      var targets: [Int] = []
      var ranges: [Int] = []
      let columns: [Int]
      if let lanes {
        // The last vector of a row ends with the row: it overlaps the one before.
        columns = stride(from: 0, to: view.x.count, by: lanes).map { max(min($0, view.x.count - lanes), 0) }
      } else {
        columns = Array(0..<view.x.count)
      }
      // All bands share the places, which count from the band's first row; the parts of the sum are those of the image's.
      for row in 0..<view.y.count where row < view.bandRows || view.skipsRows {
        for image in 0..<images {
          for column in columns {
            if row < view.bandRows {
              sources.append(image * view.stagedCount + view.origin(row, column))
              targets.append(image * imageStride + row * view.x.count + column)
            }
            if view.skipsRows {
              ranges.append(view.steps(ofRow: row).lowerBound)
              ranges.append(view.steps(ofRow: row).upperBound)
            }
          }
        }
      }
      perRow = images * columns.count
      self.sources = OffsetTable(sources)
      self.targets = OffsetTable(targets)
      self.ranges = view.skipsRows ? OffsetTable(ranges) : nil
    }
  }

  init(
    tile: ConvDirectTile, y: ConvAxis, x: ConvAxis, shape: Conv2DShape, isBackward: Bool, relu: Bool, threads: Int
  ) {
    self.tile = tile
    batch = shape.batch
    groups = shape.groups
    sourceChannels = isBackward ? shape.groupOutputChannels : shape.groupInputChannels
    targetChannels = isBackward ? shape.groupInputChannels : shape.groupOutputChannels
    targetHeight = isBackward ? shape.inputHeight : shape.outputHeight
    targetWidth = isBackward ? shape.inputWidth : shape.outputWidth
    let units = max(shape.batch * shape.groups, 1)
    let view = ConvView(
      y: y, x: x, channels: sourceChannels, lanes: tile.rowLanes, skipsPadding: true,
      minimumBands: threads == 1 ? 1 : (4 * threads + units - 1) / units)
    self.view = view
    depth = sourceChannels * y.taps.count * x.taps.count
    groupWeights = shape.groupOutputChannels * shape.depth
    laneStride = isBackward ? shape.kernelCount : shape.depth
    let order = view.order()
    weightOffsets =
      isBackward || view.skipsRows
      ? OffsetTable(
        order.map { tap in
          tap.channel * (isBackward ? shape.depth : shape.kernelCount) + y.taps[tap.y].kernel * shape.kernelWidth
            + x.taps[tap.x].kernel
        }) : nil
    floor = relu ? 0 : -.infinity
    taps = OffsetTable(view.taps())
    // Rows of several small images, as many as fill a tile, lack the same taps.
    var chunk = 1
    let targetStride = groups * targetChannels * targetHeight * targetWidth
    if case .rows(let rows) = tile, view.skipsRows, view.bands == 1, y.targetStride == 1, x.targetStride == 1 {
      let perRow = (x.count + rows.level.lanes - 1) / rows.level.lanes
      let fitting = min((32 << 10) / max(view.stagedCount, 1), Int(Int32.max) / 2 / max(targetStride, 1))
      chunk = max(min(rows.vectors / max(perRow, 1), fitting, batch / threads), 1)
    }
    self.chunk = chunk
    outputs = Outputs(images: chunk, view: view, lanes: tile.rowLanes, imageStride: targetStride)
    lastOutputs =
      batch % chunk == 0
      ? outputs : Outputs(images: batch % chunk, view: view, lanes: tile.rowLanes, imageStride: targetStride)
    stage = convStage[tile.level]
    pack = convPack[tile.level]
    scatter = convScatter[tile.level]
  }

  /// Whether the outputs are all of the target, in its order.
  private var isWhole: Bool { view.y.targetStride == 1 && view.x.targetStride == 1 }
  private var paddedChannels: Int { (targetChannels + tile.width - 1) / tile.width * tile.width }

  /// Bytes that all threads share: packed weights and padded bias.
  var sharedByteCount: Int { weightsByteCount + cacheLines(groups * paddedChannels * 4) }
  private var weightsByteCount: Int { cacheLines(groups * paddedChannels * depth * 4) }
  /// Bytes of each thread.
  var threadByteCount: Int { tile.byteCount + stagedByteCount + phaseByteCount }
  private var stagedByteCount: Int { cacheLines(chunk * view.stagedCount * 4) }
  private var phaseByteCount: Int { isWhole ? 0 : cacheLines(targetChannels * view.bandRows * view.x.count * 4) }

  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    target: UnsafeMutablePointer<Float>, parts: Int, workspace: UnsafeMutableRawPointer
  ) {
    let units = (batch + chunk - 1) / chunk * groups * view.bands
    if units == 0 || view.x.count == 0 { return }
    if depth > 0 { prepareWeights(weights, bias, workspace) }
    Parallel.run(parts: parts) { part in
      for unit in Parallel.range(part, of: parts, items: units) {
        let group = unit / view.bands % groups
        let image = unit / view.bands / groups * chunk
        let plane = image * groups + group
        let own = workspace + sharedByteCount + part * threadByteCount
        runBand(
          unit % view.bands, group: group, outputs: image + chunk <= batch ? outputs : lastOutputs,
          source: source + plane * sourceChannels * view.y.sourceCount * view.x.sourceCount,
          target: target + plane * targetChannels * targetHeight * targetWidth, shared: workspace, own: own)
      }
    }
  }

  private func prepareWeights(
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, _ workspace: UnsafeMutableRawPointer
  ) {
    let panels = workspace.assumingMemoryBound(to: Float.self)
    let padded = (workspace + weightsByteCount).assumingMemoryBound(to: Float.self)
    for group in 0..<groups {
      var arguments = ConvPackArguments(
        source: weights + group * groupWeights, panels: panels + group * paddedChannels * depth,
        lanes: targetChannels, width: tile.width, depth: depth, laneStride: laneStride,
        depthOffsets: weightOffsets.map { UnsafePointer($0.base) })
      pack(&arguments)
      for channel in 0..<paddedChannels {
        var value: Float = 0
        if let bias, channel < targetChannels { value = bias[group * targetChannels + channel] }
        padded[group * paddedChannels + channel] = value
      }
    }
  }

  private func runBand(
    _ band: Int, group: Int, outputs: Outputs, source: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>,
    shared: UnsafeMutableRawPointer, own: UnsafeMutableRawPointer
  ) {
    let rows = view.rows(ofBand: band)
    if depth == 0 {
      place(nil, band: band, rows: rows, target)
      return
    }
    let weights = shared.assumingMemoryBound(to: Float.self) + group * paddedChannels * depth
    let bias = (shared + weightsByteCount).assumingMemoryBound(to: Float.self) + group * paddedChannels
    let scratch = own.assumingMemoryBound(to: Float.self)
    let staging = (own + tile.byteCount).assumingMemoryBound(to: Float.self)
    let phase = (own + tile.byteCount + stagedByteCount).assumingMemoryBound(to: Float.self)
    let base = view.base(of: source, band: band, staging: staging, stage: stage)
    let imageStride = groups * sourceChannels * view.y.sourceCount * view.x.sourceCount
    for image in 1..<max(outputs.images, 1) {
      _ = view.base(
        of: source + image * imageStride, band: band, staging: staging + image * view.stagedCount, stage: stage)
    }
    let ranges = outputs.ranges.map { UnsafePointer($0.base + 2 * band * view.bandRows * outputs.perRow) }
    let place = isWhole ? target + band * view.bandRows * targetWidth : phase
    let channelStride = isWhole ? targetHeight * targetWidth : rows * view.x.count
    switch tile {
    case .rows(let tile):
      let lanes = tile.level.lanes
      var arguments = ConvRowsArguments(
        source: base, taps: taps.base, depth: depth, weights: weights, bias: bias, target: place,
        sources: outputs.sources.base, targets: outputs.targets.base, ranges: ranges,
        vectors: rows * outputs.perRow, lanes: min(view.x.count, lanes),
        channels: targetChannels, channelStride: channelStride, floor: floor, scratch: scratch)
      tile.run(&arguments)
    case .channels(let tile):
      var arguments = ConvChannelsArguments(
        source: base, sequence: taps.base, depth: depth, offsets: outputs.sources.base, ranges: ranges,
        points: rows * outputs.perRow,
        panels: weights, channels: targetChannels, bias: bias, target: place, channelStride: channelStride,
        floor: floor, accumulate: 0, scratch: scratch)
      tile.run(&arguments)
    }
    if !isWhole { self.place(UnsafePointer(phase), band: band, rows: rows, target) }
  }

  /// Spreads a band of a phase over the target; nil is zeros.
  private func place(
    _ source: UnsafePointer<Float>?, band: Int, rows: Int, _ target: UnsafeMutablePointer<Float>
  ) {
    let row = view.y.targetStart + band * view.bandRows * view.y.targetStride
    var arguments = ConvScatterArguments(
      source: source, target: target + (row * targetWidth + view.x.targetStart), planes: targetChannels,
      height: rows, width: view.x.count, targetPlaneStride: targetHeight * targetWidth,
      targetRowStride: view.y.targetStride * targetWidth, targetColumnStride: view.x.targetStride)
    scatter(&arguments)
  }
}

/// A row of the forward pass's table.
func forwardKernel(_ algorithm: String, _ tile: ConvDirectTile) -> Kernel<Conv2DForward> {
  Kernel(
    algorithm: algorithm, level: tile.level, tile: tile.name,
    fitness: { problem in
      let shape = problem.shape
      return tile.fitness(
        channels: shape.groupOutputChannels, height: shape.outputHeight, width: shape.outputWidth, depth: shape.depth)
    },
    prepare: { problem, threads in
      let shape = problem.shape
      let parts = shape.parts(threads: threads)
      let convolution = ConvDirect(
        tile: tile, y: shape.forwardY, x: shape.forwardX, shape: shape, isBackward: false, relu: problem.relu,
        threads: parts)
      return PreparedKernel(
        workspaceByteCount: convolution.sharedByteCount + parts * convolution.threadByteCount
      ) { operands, workspace in
        convolution.run(
          source: operands.input, weights: operands.weights, bias: operands.bias, target: operands.output,
          parts: parts, workspace: workspace)
      }
    })
}

/// A row of the input gradient's table.
func backwardDataKernel(_ algorithm: String, _ tile: ConvDirectTile) -> Kernel<Conv2DBackwardData> {
  Kernel(
    algorithm: algorithm, level: tile.level, tile: tile.name,
    fitness: { shape in
      let width = (shape.inputWidth + shape.strideWidth - 1) / shape.strideWidth
      let height = (shape.inputHeight + shape.strideHeight - 1) / shape.strideHeight
      let depth = max(shape.kernelCount / (shape.strideWidth * shape.strideHeight), 1) * shape.groupOutputChannels
      return tile.fitness(channels: shape.groupInputChannels, height: height, width: width, depth: depth)
    },
    prepare: { shape, threads in
      let parts = shape.parts(threads: threads)
      // The remainders by the stride that coordinates of the input have.
      let phases = (0..<min(shape.strideHeight, shape.inputHeight)).flatMap { row in
        (0..<min(shape.strideWidth, shape.inputWidth)).map { column in
          ConvDirect(
            tile: tile, y: shape.backwardY(phase: (row + shape.paddingHeight) % shape.strideHeight),
            x: shape.backwardX(phase: (column + shape.paddingWidth) % shape.strideWidth), shape: shape,
            isBackward: true, relu: false, threads: parts)
        }
      }
      let byteCount = phases.map { $0.sharedByteCount + parts * $0.threadByteCount }.max() ?? 0
      return PreparedKernel(workspaceByteCount: byteCount) { operands, workspace in
        for phase in phases {
          phase.run(
            source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
            parts: parts, workspace: workspace)
        }
      }
    })
}

extension Conv2DShape {
  var forwardY: ConvAxis {
    .forward(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight)
  }

  var forwardX: ConvAxis {
    .forward(
      input: inputWidth, output: outputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth)
  }

  func backwardY(phase: Int) -> ConvAxis {
    .backward(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight, phase: phase)
  }

  func backwardX(phase: Int) -> ConvAxis {
    .backward(
      input: inputWidth, output: outputWidth, kernel: kernelWidth, stride: strideWidth, padding: paddingWidth,
      dilation: dilationWidth, phase: phase)
  }
}
