/// A row of the forward pass's table.
func directForwardKernel(_ tile: DirectTile) -> Kernel<Conv2DForward> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    fitness: { problem in
      let shape = problem.shape.collapsed
      return DirectConvolution.fits(tile, ys: [shape.forwardY], xs: [shape.forwardX], shape: shape, isBackward: false)
        ? tile.forwardFitness(problem.shape) : nil
    },
    prepare: { problem, threads in
      let shape = problem.shape.collapsed
      let parts = shape.parts(threads: threads)
      let convolution = DirectConvolution(
        tile: tile, ys: [shape.forwardY], xs: [shape.forwardX], shape: shape, isBackward: false,
        activation: problem.activation, threads: parts)
      return PreparedKernel(
        workspaceByteCount: convolution.sharedByteCount + parts * convolution.threadByteCount,
        weightPacking: convolution.panels.packing
      ) { operands, workspace in
        convolution.run(
          source: operands.input, weights: operands.weights, bias: operands.bias, packed: operands.packedWeights,
          target: operands.output, parts: parts, workspace: workspace)
      }
    })
}

/// A row of the input gradient's table.
func directBackwardDataKernel(_ tile: DirectTile) -> Kernel<Conv2DBackwardData> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    fitness: { shape in
      // A phase has tables of its own: with more of them than this, planning would take longer than running.
      guard shape.phaseCount <= 4096 else { return nil }
      let collapsed = shape.collapsed
      return DirectConvolution.fits(
        tile, ys: collapsed.backwardYs, xs: collapsed.backwardXs, shape: collapsed, isBackward: true)
        ? tile.backwardDataFitness(shape) : nil
    },
    prepare: { shape, threads in
      let shape = shape.collapsed
      let parts = shape.parts(threads: threads)
      let convolution = DirectConvolution(
        tile: tile, ys: shape.backwardYs, xs: shape.backwardXs, shape: shape, isBackward: true, activation: nil,
        threads: parts)
      return PreparedKernel(
        workspaceByteCount: convolution.sharedByteCount + parts * convolution.threadByteCount
      ) { operands, workspace in
        convolution.run(
          source: operands.outputGradient, weights: operands.weights, bias: nil, packed: nil,
          target: operands.inputGradient, parts: parts, workspace: workspace)
      }
    })
}

extension DirectTile {
  func forwardFitness(_ shape: Conv2DShape) -> Double {
    let isPadded = shape.paddingHeight > 0 || shape.paddingWidth > 0
    let isStaged = isPadded || (shape.strideWidth > 1 && unit > 1)
    return fitness(
      channels: shape.groupOutputChannels, height: shape.outputHeight, width: shape.outputWidth,
      isLinear: shape.isPointwise || (shape.kernelCount == 1 && !isPadded && spansRows(shape.outputWidth)),
      depth: shape.depth, kernelWidth: shape.kernelWidth,
      rowTaps: shape.forwardY.rowTaps, kernelHeight: shape.kernelHeight,
      copies: isStaged ? staging(rows: shape.groupInputChannels * shape.inputHeight, width: shape.inputWidth) : 0,
      batch: shape.batch,
      together: shape.groups > 1
        ? 1
        : isStaged
          ? together(
            shape.groupInputChannels, (shape.outputHeight - 1) * shape.strideHeight + shape.kernelHeight,
            (shape.outputWidth - 1) * shape.strideWidth + shape.kernelWidth) : 8)
  }

  func backwardDataFitness(_ shape: Conv2DShape) -> Double {
    let isStrided = shape.strideHeight > 1 || shape.strideWidth > 1
    let width = (shape.inputWidth + shape.strideWidth - 1) / shape.strideWidth
    let height = (shape.inputHeight + shape.strideHeight - 1) / shape.strideHeight
    let taps = max(Double(shape.kernelCount) / Double(shape.strideWidth * shape.strideHeight), 1)
    // The share of a phase that has taps in what is done once for all; columns are put side by side at four a cycle.
    let phases = Double(min(shape.strideHeight, shape.kernelHeight) * min(shape.strideWidth, shape.kernelWidth))
    let staged =
      shape.kernelCount == 1
      ? 0 : staging(rows: shape.groupOutputChannels * shape.outputHeight, width: shape.outputWidth)
    let interleaved = shape.strideWidth == 1 ? 0 : Double(shape.groupInputChannels * shape.inputPlane) / 4
    // What is counted of products is that of the outputs; of the others, some are with padding on all sides of them.
    let counted = Double(shape.outputPlane * shape.strideHeight * shape.strideWidth) / Double(max(shape.inputPlane, 1))
    return min(counted, 1)
      * fitness(
        channels: shape.groupInputChannels, height: height, width: width, isLinear: shape.isPointwise,
        depth: Int(taps * Double(shape.groupOutputChannels)),
        kernelWidth: max(shape.kernelWidth / shape.strideWidth, 1),
        rowTaps: isStrided ? [] : shape.backwardY(phase: 0).rowTaps, kernelHeight: shape.kernelHeight,
        copies: (staged + interleaved) / phases, batch: shape.batch,
        together: shape.strideWidth > 1 || shape.groups > 1
          ? 1
          : shape.kernelCount == 1
            ? 8
            : together(
              shape.groupOutputChannels, height + shape.kernelHeight - 1, shape.inputWidth + shape.kernelWidth - 1))
  }

  /// Whether rows of a staged 1 × 1 convolution follow one another without gaps, which they do unless they are padded to a
  /// vector.
  private func spansRows(_ width: Int) -> Bool {
    if case .rows = self { return width >= unit }
    return true
  }

  /// The most images that are computed together, given the size of one in staging memory.
  private func together(_ channels: Int, _ rows: Int, _ columns: Int) -> Int {
    InputView.bandLimit / max(channels * rows * columns, 1)
  }

  /// Cycles that rows take to be copied: each some, and one for eight elements.
  private func staging(rows: Int, width: Int) -> Double { Double(rows) * (6 + Double(width) / 8) }
}

extension Conv2DShape {
  /// Whether each output has the inputs of its own pixel alone.
  var isPointwise: Bool {
    kernelCount == 1 && strideHeight == 1 && strideWidth == 1 && paddingHeight == 0 && paddingWidth == 0
  }

  /// The same convolution with all pixels in one row, where each output has one pixel's inputs: tiles then take no
  /// notice of the ends of rows.
  var collapsed: Conv2DShape {
    guard isPointwise else { return self }
    var shape = self
    shape.inputWidth = inputPlane
    shape.inputHeight = 1
    return shape
  }

  /// Phases of the input gradient: remainders of the input's coordinates by the strides.
  var phaseCount: Int { min(strideHeight, inputHeight) * min(strideWidth, inputWidth) }

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

  var backwardYs: [ConvAxis] {
    ConvAxis.backwardPhases(
      input: inputHeight, output: outputHeight, kernel: kernelHeight, stride: strideHeight, padding: paddingHeight,
      dilation: dilationHeight)
  }

  var backwardXs: [ConvAxis] {
    ConvAxis.backwardPhases(
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

extension ConvAxis {
  /// The taps of each output that are inside; empty where all are.
  fileprivate var rowTaps: [Range<Int>] { staysInside || taps.count == 1 ? [] : (0..<count).map(insideTaps) }
}
