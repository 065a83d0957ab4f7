import ISA

/// The weight gradient with the outputs of a row in the vector: every lane sums its own products over a whole segment
/// of the batch, and the lanes are summed at the end. For few channels.
private struct PixelVectorGradient: Sendable {
  let shape: Conv2DShape
  let dot: PixelVectorGradientTile
  let view: InputView
  let common: SegmentedReduction
  let taps: OffsetTable
  /// For a whole band and for the last, shorter one: where its vectors lie in the view and in the gradient.
  let whole: Vectors
  let last: Vectors
  let stage: LevelFunction<ConvStageArguments>

  /// The vectors of a band: first those of which all lanes count, then the tails.
  struct Vectors: Sendable {
    let sources: OffsetTable
    let gradients: OffsetTable
    let wholeCount: Int
    let tailCount: Int

    init(rows: Int, view: InputView, gradientRowStride: Int, lanes: Int) {
      let width = view.x.count
      let whole = (0..<rows).flatMap { row in (0..<width / lanes).map { (row, $0 * lanes) } }
      // A tail ends with its row; where a row is shorter than a vector, it begins with it.
      let tails = width % lanes == 0 ? [] : (0..<rows).map { ($0, max(width - lanes, 0)) }
      sources = OffsetTable((whole + tails).map { view.origin($0.0, $0.1) })
      gradients = OffsetTable((whole + tails).map { $0.0 * gradientRowStride + $0.1 })
      wholeCount = whole.count
      tailCount = tails.count
    }
  }

  init(shape: Conv2DShape, dot: PixelVectorGradientTile, threads: Int) {
    self.shape = shape
    self.dot = dot
    let lanes = dot.tile.level.lanes
    let view = Self.view(shape, lanes: lanes)
    self.view = view
    taps = OffsetTable(view.taps())
    let rowStride = max(view.x.count, lanes)
    whole = Vectors(
      rows: min(view.bandRows, view.y.count), view: view, gradientRowStride: rowStride, lanes: lanes)
    last = Vectors(
      rows: view.rows(ofBand: view.bands - 1), view: view, gradientRowStride: rowStride, lanes: lanes)
    stage = convStage[dot.tile.level]
    let sums = dot.sumCount(channels: shape.groupOutputChannels, depth: shape.depth)
    let gradients = view.x.count < lanes ? shape.groupOutputChannels * view.bandRows * lanes : 0
    common = SegmentedReduction(
      shape: shape, level: dot.tile.level, segments: BatchSegments(batch: shape.batch, partCount: shape.weightCount),
      parts: threads, itemsPerSegment: shape.groups,
      threadByteCount: cacheLines(sums * 4) + cacheLines(view.stagedCount * 4) + cacheLines(gradients * 4))
  }

  /// The view of the input, in at least so many bands as keep the copy of a band's gradient small where rows are shorter
  /// than a vector.
  static func view(_ shape: Conv2DShape, lanes: Int) -> InputView {
    let gradientRow = shape.outputWidth < lanes ? shape.groupOutputChannels * lanes : 0
    let rows = gradientRow == 0 ? shape.outputHeight : max(InputView.bandLimit / gradientRow, 1)
    return InputView(
      y: shape.forwardY, x: shape.forwardX, channels: shape.groupInputChannels, lanes: lanes, skipsRows: false,
      minimumBands: (shape.outputHeight + rows - 1) / rows)
  }

  func run(_ operands: Conv2DBackwardWeights.Operands, _ workspace: UnsafeMutableRawPointer) {
    if shape.batch == 0 {
      SegmentedReduction.clear(shape, operands)
      return
    }
    common.run(operands, workspace) { images, group, target, own in
      let sums = own.assumingMemoryBound(to: Float.self)
      sums.update(repeating: 0, count: dot.sumCount(channels: shape.groupOutputChannels, depth: shape.depth))
      for image in images {
        for band in 0..<view.bands {
          add(image, band: band, group: group, operands, sums)
        }
      }
      var arguments = ConvDotReduceArguments(
        sums: sums, target: target + group * shape.groupOutputChannels * shape.depth,
        channels: shape.groupOutputChannels, depth: shape.depth)
      dot.reduce(&arguments)
    }
  }

  private func add(
    _ image: Int, band: Int, group: Int, _ operands: Conv2DBackwardWeights.Operands,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    let lanes = dot.tile.level.lanes
    let sumCount = dot.sumCount(channels: shape.groupOutputChannels, depth: shape.depth)
    let staging = sums + cacheLines(sumCount * 4) / 4
    let padded = staging + cacheLines(view.stagedCount * 4) / 4
    let plane = operands.input + (image * shape.inputChannels + group * shape.groupInputChannels) * shape.inputPlane
    let source = view.base(of: plane, band: band, staging: staging, stage: stage)
    let rows = view.rows(ofBand: band)
    let width = view.x.count
    var gradient =
      operands.outputGradient + (image * shape.outputChannels + group * shape.groupOutputChannels) * shape.outputPlane
    var gradientStride = shape.outputPlane
    if width < lanes {
      // Rows shorter than a vector are padded to one, so that no load leaves the gradient.
      var arguments = ConvStageArguments(
        source: gradient, target: padded, planes: shape.groupOutputChannels, sourcePlaneStride: shape.outputPlane,
        sourceHeight: shape.outputHeight, sourceWidth: width, startY: band * view.bandRows, startX: 0, rowStep: 1,
        columnStep: 1, height: rows,
        phases: 1, phaseWidth: lanes)
      stage(&arguments)
      gradient = UnsafePointer(padded)
      gradientStride = rows * lanes
    } else {
      gradient += band * view.bandRows * width
    }
    let vectors = band == view.bands - 1 ? last : whole
    let tail = width % lanes
    var arguments = ConvDotArguments(
      source: source, sources: vectors.sources.base, gradient: gradient, gradients: vectors.gradients.base,
      gradientStride: gradientStride, wholeVectors: vectors.wholeCount, tailVectors: vectors.tailCount,
      tailFirst: Int32(width < lanes ? 0 : lanes - tail), tailLast: Int32(width < lanes ? width : lanes),
      taps: taps.base, depth: shape.depth, channels: shape.groupOutputChannels, sums: sums)
    dot.tile.run(&arguments)
  }
}

/// A row of the weight gradient's table, with the outputs of a row in the vector.
func pixelVectorGradientKernel(_ dot: PixelVectorGradientTile) -> Kernel<Conv2DBackwardWeights> {
  let tile = dot.tile
  return Kernel(
    algorithm: "dot", level: tile.level, tile: tile.name,
    cost: { shape, _ in
      // Every lane of every tap's sum is kept: with many channels that would leave the cache.
      guard dot.sumCount(channels: shape.groupOutputChannels, depth: shape.depth) <= 64 << 10,
        PixelVectorGradient.view(shape, lanes: tile.level.lanes).stagedCount * 4 <= shape.workspaceLimit / 2
      else { return nil }
      let loads = Double(tile.rows * tile.vectors) / Double(2 * (tile.rows + tile.vectors))
      // Measured: the vectors of 16 lanes cross a cache line nearly all, and their tails cost as much again.
      let measured = tile.level.lanes == 16 ? 0.55 : 0.95
      let share =
        filled(shape.groupOutputChannels, tile.rows) * filled(shape.depth, tile.vectors)
        * filled(shape.outputWidth, tile.level.lanes) * min(loads, 1) * measured
      return shape.cycles(tile.level, .nominal, share: share)
    },
    prepare: { shape, threads in
      let gradient = PixelVectorGradient(
        shape: shape, dot: dot, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.common.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
