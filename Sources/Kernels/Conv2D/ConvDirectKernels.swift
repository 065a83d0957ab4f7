/// A row of the forward pass's table.
func forwardKernel(_ tile: ConvDirectTile) -> Kernel<Conv2DForward> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    fitness: { tile.forwardFitness($0.shape) },
    prepare: { problem, threads in
      let shape = problem.shape.collapsed
      let parts = shape.parts(threads: threads)
      let convolution = ConvDirect(
        tile: tile, ys: [shape.forwardY], xs: [shape.forwardX], shape: shape, isBackward: false, relu: problem.relu,
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
func backwardDataKernel(_ tile: ConvDirectTile) -> Kernel<Conv2DBackwardData> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    fitness: { tile.backwardDataFitness($0) },
    prepare: { shape, threads in
      let shape = shape.collapsed
      let parts = shape.parts(threads: threads)
      let convolution = ConvDirect(
        tile: tile, ys: shape.backwardYs, xs: shape.backwardXs, shape: shape, isBackward: true, relu: false,
        threads: parts)
      return PreparedKernel(
        workspaceByteCount: convolution.sharedByteCount + parts * convolution.threadByteCount
      ) { operands, workspace in
        convolution.run(
          source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
          parts: parts, workspace: workspace)
      }
    })
}

extension ConvDirectTile {
  func forwardFitness(_ shape: Conv2DShape) -> Double {
    let isPadded = shape.paddingHeight > 0 || shape.paddingWidth > 0
    let isStaged = isPadded || (shape.strideWidth > 1 && unit > 1)
    return fitness(
      channels: shape.groupOutputChannels, height: shape.outputHeight, width: shape.outputWidth,
      isLinear: shape.kernelCount == 1 && !isPadded, depth: shape.depth, kernelWidth: shape.kernelWidth,
      skipped: shape.paddedRows,
      copies: isStaged ? staging(rows: shape.groupInputChannels * shape.inputHeight, width: shape.inputWidth) : 0)
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
    return fitness(
      channels: shape.groupInputChannels, height: height, width: width, isLinear: shape.isPointwise,
      depth: Int(taps * Double(shape.groupOutputChannels)),
      kernelWidth: max(shape.kernelWidth / shape.strideWidth, 1), skipped: isStrided ? 0 : shape.paddedRowsBackward,
      copies: (staged + interleaved) / phases)
  }

  /// Cycles that rows take to be copied: each some, and one for eight elements.
  private func staging(rows: Int, width: Int) -> Double { Double(rows) * (6 + Double(width) / 8) }
}

extension Conv2DShape {
  /// Whether each output has the inputs of its own pixel alone.
  var isPointwise: Bool {
    kernelCount == 1 && strideHeight == 1 && strideWidth == 1 && paddingHeight == 0 && paddingWidth == 0
  }

  /// The share of the kernel's rows, over all rows of outputs, or of inputs, that meet padding.
  fileprivate var paddedRows: Double { padded(forwardY) }
  fileprivate var paddedRowsBackward: Double { padded(backwardY(phase: paddingHeight % strideHeight)) }

  private func padded(_ axis: ConvAxis) -> Double {
    if axis.taps.isEmpty || axis.count == 0 { return 0 }
    let inside = axis.taps.reduce(0) { sum, tap in
      let origin = axis.start + tap.shift
      let before = max(0, (axis.stride - 1 - origin) / axis.stride)
      let end = min(axis.count, (axis.sourceCount - origin + axis.stride - 1) / axis.stride)
      return sum + max(0, end - before)
    }
    return 1 - Double(inside) / Double(axis.count * axis.taps.count)
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
