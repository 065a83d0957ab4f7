import KernelsISA

/// The weight gradient with neighbouring pixels of an output row in the vector: every lane sums its own products over a
/// whole segment of the batch, and the lanes are summed at the end. For few channels.
struct PixelVectorGradient: Sendable {
  let shape: Conv2DShape
  let tile: PixelVectorGradientTile
  let view: InputView
  /// The segments of the batch and their reduction, which all weight-gradient kernels have in common.
  let reduction: SegmentedReduction
  let taps: OffsetTable
  /// The vectors of a whole band and of the last, shorter one.
  let whole: Vectors
  let last: Vectors
  let copyPadded: LevelFunction<PaddedInputArguments>

  /// The offsets in the view and in the gradient of the vectors of a band: first the vectors all of whose lanes count,
  /// then the tails of rows.
  struct Vectors: Sendable {
    let sources: OffsetTable
    let gradients: OffsetTable
    let wholeCount: Int
    let tailCount: Int

    init(rows: Int, view: InputView, gradientRowStride: Int, lanes: Int) {
      let width = view.x.count
      let whole = (0..<rows).flatMap { row in (0..<width / lanes).map { (row, $0 * lanes) } }
      // A tail ends with its row, or starts with it where the row is shorter than a vector.
      let tails = width % lanes == 0 ? [] : (0..<rows).map { ($0, max(width - lanes, 0)) }
      sources = OffsetTable((whole + tails).map { view.origin($0.0, $0.1) })
      gradients = OffsetTable((whole + tails).map { $0.0 * gradientRowStride + $0.1 })
      wholeCount = whole.count
      tailCount = tails.count
    }
  }

  init(shape: Conv2DShape, tile: PixelVectorGradientTile, threads: Int) {
    self.shape = shape
    self.tile = tile
    let lanes = tile.tile.level.lanes
    let view = Self.view(shape, lanes: lanes)
    self.view = view
    taps = OffsetTable(view.taps())
    let rowStride = max(view.x.count, lanes)
    whole = Vectors(
      rows: min(view.bandRows, view.y.count), view: view, gradientRowStride: rowStride, lanes: lanes)
    last = Vectors(
      rows: view.rows(ofBand: view.bands - 1), view: view, gradientRowStride: rowStride, lanes: lanes)
    copyPadded = Levels.convCopyPadded[tile.tile.level]
    let sums = tile.sumCount(channels: shape.groupOutputChannels, depth: shape.depth)
    let gradients = view.x.count < lanes ? shape.groupOutputChannels * view.bandRows * lanes : 0
    reduction = SegmentedReduction(
      shape: shape, level: tile.tile.level, segments: BatchSegments(batch: shape.batch, partCount: shape.weightCount),
      parts: threads, itemsPerSegment: shape.groups,
      threadByteCount: cacheLines(sums * 4) + cacheLines(view.copyCount * 4) + cacheLines(gradients * 4))
  }

  /// The view of the input. Where rows are shorter than a vector, there are enough bands for the padded copy of a
  /// band's gradient to be small.
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
    reduction.run(operands, workspace) { images, group, target, threadWorkspace in
      let sums = threadWorkspace.assumingMemoryBound(to: Float.self)
      sums.update(repeating: 0, count: tile.sumCount(channels: shape.groupOutputChannels, depth: shape.depth))
      for image in images {
        for band in 0..<view.bands {
          add(image, band: band, group: group, operands, sums)
        }
      }
      var arguments = PixelVectorGradientReduceArguments(
        sums: sums, target: target + group * shape.groupOutputChannels * shape.depth,
        channels: shape.groupOutputChannels, depth: shape.depth)
      tile.reduce(&arguments)
    }
  }

  private func add(
    _ image: Int, band: Int, group: Int, _ operands: Conv2DBackwardWeights.Operands,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    let lanes = tile.tile.level.lanes
    let sumCount = tile.sumCount(channels: shape.groupOutputChannels, depth: shape.depth)
    let copy = sums + cacheLines(sumCount * 4) / 4
    let padded = copy + cacheLines(view.copyCount * 4) / 4
    let plane = operands.input + (image * shape.inputChannels + group * shape.groupInputChannels) * shape.inputPlane
    let source = view.base(of: plane, band: band, copy: copy, copyPadded: copyPadded)
    let rows = view.rows(ofBand: band)
    let width = view.x.count
    var gradient =
      operands.outputGradient + (image * shape.outputChannels + group * shape.groupOutputChannels) * shape.outputPlane
    var gradientStride = shape.outputPlane
    if width < lanes {
      // Rows shorter than a vector are padded to a vector, so that no load reads beyond the gradient.
      var arguments = PaddedInputArguments(
        source: gradient, target: padded, planes: shape.groupOutputChannels, sourcePlaneStride: shape.outputPlane,
        sourceHeight: shape.outputHeight, sourceWidth: width, startY: band * view.bandRows, startX: 0, rowStep: 1,
        columnStep: 1, height: rows,
        phases: 1, phaseWidth: lanes)
      copyPadded(&arguments)
      gradient = UnsafePointer(padded)
      gradientStride = rows * lanes
    } else {
      gradient += band * view.bandRows * width
    }
    let vectors = band == view.bands - 1 ? last : whole
    let tail = width % lanes
    var arguments = PixelVectorGradientArguments(
      source: source, sources: vectors.sources.base, gradient: gradient, gradients: vectors.gradients.base,
      gradientStride: gradientStride, wholeVectors: vectors.wholeCount, tailVectors: vectors.tailCount,
      tailFirst: Int32(width < lanes ? 0 : lanes - tail), tailLast: Int32(width < lanes ? width : lanes),
      taps: taps.base, depth: shape.depth, channels: shape.groupOutputChannels, sums: sums)
    tile.tile.run(&arguments)
  }
}

/// A row `pixels` of the weight gradient's table.
func pixelVectorGradientKernel(_ gradientTile: PixelVectorGradientTile) -> Kernel<Conv2DBackwardWeights> {
  let tile = gradientTile.tile
  return Kernel(
    algorithm: "pixels", level: tile.level, tile: tile.name,
    terms: { shape, _ in gradientTile.terms(shape, .nominal) },
    prepare: { shape, threads in
      let gradient = PixelVectorGradient(
        shape: shape, tile: gradientTile, threads: shape.parts(threads: threads))
      return PreparedKernel(workspaceByteCount: gradient.reduction.workspaceByteCount) { operands, workspace in
        gradient.run(operands, workspace)
      }
    })
}
