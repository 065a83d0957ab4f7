import ISA

/// One convolution of planes with kernels of their own, without sums over channels: the forward pass of a depthwise
/// convolution, or its input gradient, which is the same with the kernels turned.
private struct DepthwiseConvolution: Sendable {
  let function: LevelFunction<ConvDepthwiseArguments>
  let shape: Conv2DShape
  let isTurned: Bool
  let limits: (floor: Float, ceiling: Float)
  let parts: Int
  /// Of each thread: the weights' vectors, one of outputs, and a plane with three vectors around it.
  let scratchByteCount: Int
  let streams: Bool

  init(
    _ function: @escaping LevelFunction<ConvDepthwiseArguments>, level: InstructionSet, shape: Conv2DShape,
    isTurned: Bool, activation: FusedActivation?, threads: Int
  ) {
    self.function = function
    self.shape = shape
    self.isTurned = isTurned
    limits = activation.limits
    parts = shape.parts(threads: threads)
    scratchByteCount = cacheLines(((shape.kernelCount + 4) * level.lanes + shape.inputPlane) * 4)
    streams = Streaming.pays(outputCount: shape.outputCount) && shape.outputWidth % 16 == 0
  }

  var workspaceByteCount: Int { parts * scratchByteCount }

  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    target: UnsafeMutablePointer<Float>, workspace: UnsafeMutableRawPointer
  ) {
    Parallel.run(parts: parts) { part in
      let planes = Parallel.range(part, of: parts, items: shape.batch * shape.outputChannels)
      var arguments = ConvDepthwiseArguments(
        source: source, sourceCount: shape.inputCount, target: target, weights: weights, bias: bias,
        firstPlane: planes.lowerBound, endPlane: planes.upperBound, channels: shape.outputChannels,
        multiplier: shape.groupOutputChannels, height: shape.inputHeight, width: shape.inputWidth,
        isTurned: isTurned ? 1 : 0, streams: streams && Streaming.isAligned(target) ? 1 : 0,
        floor: limits.floor, ceiling: limits.ceiling,
        scratch: (workspace + part * scratchByteCount).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }
}

extension Conv2DShape {
  /// The size of a square kernel that moves by one and leaves planes as large as they are, each channel by itself; nil
  /// where the "depthwise" kernels do not compute that at a level.
  fileprivate func depthwiseSize(_ level: InstructionSet) -> Int? {
    let size = kernelHeight
    guard groups == inputChannels, size == kernelWidth, [3, 5, 7].contains(size), strideHeight == 1, strideWidth == 1,
      dilationHeight == 1, dilationWidth == 1, paddingHeight == size / 2, paddingWidth == size / 2,
      // The first and last planes of the memory are copied, two for the weight gradient.
      inputPlane * 8 <= workspaceLimit
    else { return nil }
    return size
  }

  /// The cycles of all lanes, those that do not count included, and what is lost where rows of vectors begin and end.
  fileprivate func depthwiseCost(_ level: InstructionSet, _ size: Int, _ machine: Machine) -> Double? {
    guard depthwiseSize(level) == size else { return nil }
    let lanes = level.lanes == 16 && inputWidth <= 8 ? 8 : level.lanes
    return cycles(level, machine, share: 0.9 * filled(inputWidth, lanes))
  }
}

/// The forward pass's rows for depthwise convolutions.
func depthwiseForwardKernels() -> [Kernel<Conv2DForward>] {
  depthwiseRows { level, size, function in
    Kernel(
      algorithm: "depthwise", level: level, tile: "\(size)x\(size)",
      cost: { $0.shape.depthwiseCost(level, size, $1) },
      prepare: { problem, threads in
        let convolution = DepthwiseConvolution(
          function, level: level, shape: problem.shape, isTurned: false, activation: problem.activation,
          threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
          convolution.run(
            source: operands.input, weights: operands.weights, bias: operands.bias, target: operands.output,
            workspace: workspace)
        }
      })
  }
}

/// The input gradient's rows for depthwise convolutions with as many output channels as input channels.
func depthwiseBackwardDataKernels() -> [Kernel<Conv2DBackwardData>] {
  depthwiseRows { level, size, function in
    Kernel(
      algorithm: "depthwise", level: level, tile: "\(size)x\(size)",
      cost: { $0.groupOutputChannels == 1 ? $0.depthwiseCost(level, size, $1) : nil },
      prepare: { shape, threads in
        let convolution = DepthwiseConvolution(
          function, level: level, shape: shape, isTurned: true, activation: nil, threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
          convolution.run(
            source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
            workspace: workspace)
        }
      })
  }
}

private func depthwiseRows<Op: KernelOperation>(
  _ row: (InstructionSet, Int, @escaping LevelFunction<ConvDepthwiseArguments>) -> Kernel<Op>
) -> [Kernel<Op>] {
  let functions = convDepthwiseFunctions()
  return InstructionSet.allCases.flatMap { level in
    [3, 5, 7].compactMap { size in functions[size].map { row(level, size, $0[level]) } }
  }
}

/// The weight gradient's rows for depthwise convolutions.
func depthwiseBackwardWeightsKernels() -> [Kernel<Conv2DBackwardWeights>] {
  let functions = convDepthwiseWeightsFunctions()
  return InstructionSet.allCases.flatMap { level in
    [3, 5, 7].compactMap { size in functions[size].map { weightsKernel(level, size, $0[level]) } }
  }
}

/// Into how many blocks the channels of a weight gradient are cut, each of which is summed image by image. The planes of
/// many channels are one long run of memory, but their sums have half of the first-level cache, and threads need blocks to
/// share. A weight's sum is the same in any block.
private func depthwiseBlocks(_ shape: Conv2DShape, sumsOfChannel: Int, parts: Int) -> Int {
  let most = max((24 << 10) / (4 * sumsOfChannel), 8)
  let least = parts == 1 ? 1 : 4 * parts
  return max((shape.outputChannels + most - 1) / most, min(least, shape.outputChannels))
}

private func weightsKernel(
  _ level: InstructionSet, _ size: Int, _ function: @escaping LevelFunction<ConvDepthwiseWeightsArguments>
) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "depthwise", level: level, tile: "\(size)x\(size)",
    cost: { shape, _ in shape.depthwiseCost(level, size, .nominal) },
    prepare: { shape, threads in
      let parts = shape.parts(threads: threads)
      let sumsOfChannel = size * (size + 2) * level.lanes
      let blocks = depthwiseBlocks(shape, sumsOfChannel: sumsOfChannel, parts: parts)
      let sums = (shape.outputChannels + blocks - 1) / blocks * sumsOfChannel
      let gradient = SegmentedReduction(
        shape: shape, level: level, segments: BatchSegments(batch: shape.batch, partCount: shape.weightCount),
        parts: parts, itemsPerSegment: blocks,
        threadByteCount: cacheLines((sums + 2 * (shape.inputPlane + 3 * level.lanes)) * 4))
      return PreparedKernel(workspaceByteCount: gradient.workspaceByteCount) { operands, workspace in
        if shape.batch == 0 {
          SegmentedReduction.clear(shape, operands)
          return
        }
        gradient.run(operands, workspace) { images, block, target, own in
          let channels = Parallel.range(block, of: blocks, items: shape.outputChannels)
          var arguments = ConvDepthwiseWeightsArguments(
            source: operands.input + images.lowerBound * shape.inputChannels * shape.inputPlane,
            gradient: operands.outputGradient + images.lowerBound * shape.outputChannels * shape.outputPlane,
            images: images.count, channels: shape.outputChannels, multiplier: shape.groupOutputChannels,
            firstChannel: channels.lowerBound, endChannel: channels.upperBound, height: shape.inputHeight,
            width: shape.inputWidth, target: target, sums: own.assumingMemoryBound(to: Float.self))
          function(&arguments)
        }
      }
    })
}
