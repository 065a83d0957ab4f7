import KernelsISA

/// The forward pass of a depthwise convolution, which sums over no channels, or its input gradient, which is the same
/// convolution with the kernels flipped.
private struct DepthwiseConvolution: Sendable {
  let function: LevelFunction<DepthwiseArguments>
  let shape: Conv2DShape
  let isFlipped: Bool
  let limits: (floor: Float, ceiling: Float)
  let parts: Int
  /// Bytes of each thread's workspace: the weights' vectors, one vector of outputs, and a plane with three vectors
  /// around it.
  let scratchByteCount: Int
  let nonTemporal: Bool

  init(
    _ function: LevelFunction<DepthwiseArguments>, level: InstructionSet, shape: Conv2DShape,
    isFlipped: Bool, activation: FusedActivation?, threads: Int
  ) {
    self.function = function
    self.shape = shape
    self.isFlipped = isFlipped
    limits = activation.limits
    parts = shape.parts(threads: threads)
    scratchByteCount = cacheLines(((shape.kernelCount + 4) * level.lanes + shape.inputPlane) * 4)
    nonTemporal = Streaming.pays(outputCount: shape.outputCount) && shape.outputWidth % 16 == 0
  }

  var workspaceByteCount: Int { parts * scratchByteCount }

  func run(
    source: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    target: UnsafeMutablePointer<Float>, workspace: UnsafeMutableRawPointer
  ) {
    Parallel.run(parts: parts) { part in
      let planes = Parallel.range(part, of: parts, items: shape.batch * shape.outputChannels)
      var arguments = DepthwiseArguments(
        source: source, sourceCount: shape.inputCount, target: target, weights: weights, bias: bias,
        firstPlane: planes.lowerBound, endPlane: planes.upperBound, channels: shape.outputChannels,
        multiplier: shape.groupOutputChannels, height: shape.inputHeight, width: shape.inputWidth,
        isFlipped: isFlipped, nonTemporal: nonTemporal && Streaming.isAligned(target),
        floor: limits.floor, ceiling: limits.ceiling,
        scratch: (workspace + part * scratchByteCount).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }
}

extension Conv2DShape {
  /// The size of the square kernel, if this is a depthwise convolution that the kernels compute: with stride 1 and
  /// padding that keeps the size of the planes. Else nil.
  func depthwiseSize(_ level: InstructionSet) -> Int? {
    let size = kernelHeight
    guard groups == inputChannels, size == kernelWidth, [3, 5, 7].contains(size), strideHeight == 1, strideWidth == 1,
      dilationHeight == 1, dilationWidth == 1, paddingHeight == size / 2, paddingWidth == size / 2,
      // Scratch memory has a copy of the first and last planes in memory; two copies in the weight gradient.
      inputPlane * 8 <= workspaceLimit
    else { return nil }
    return size
  }

  fileprivate func depthwiseTerms(
    _ model: CostModel, _ level: InstructionSet, _ size: Int, _ machine: Machine
  ) -> CostTerms? {
    depthwiseSize(level) == size ? depthwiseTerms(model, level, machine) : nil
  }
}

/// The rows `depthwise` of the forward pass's table.
func depthwiseForwardKernels() -> [Kernel<Conv2DForward>] {
  depthwiseRows { level, size, function in
    Kernel(
      algorithm: "depthwise", level: level, tile: "\(size)x\(size)",
      terms: { $0.shape.depthwiseTerms(.depthwise, level, size, $1) },
      prepare: { problem, threads in
        let convolution = DepthwiseConvolution(
          function, level: level, shape: problem.shape, isFlipped: false, activation: problem.activation,
          threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
          convolution.run(
            source: operands.input, weights: operands.weights, bias: operands.bias, target: operands.output,
            workspace: workspace)
        }
      })
  }
}

/// The rows `depthwise` of the input gradient's table, for as many output channels as input channels.
func depthwiseBackwardDataKernels() -> [Kernel<Conv2DBackwardData>] {
  depthwiseRows { level, size, function in
    Kernel(
      algorithm: "depthwise", level: level, tile: "\(size)x\(size)",
      terms: { $0.groupOutputChannels == 1 ? $0.depthwiseTerms(.depthwise, level, size, $1) : nil },
      prepare: { shape, threads in
        let convolution = DepthwiseConvolution(
          function, level: level, shape: shape, isFlipped: true, activation: nil, threads: threads)
        return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
          convolution.run(
            source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
            workspace: workspace)
        }
      })
  }
}

private func depthwiseRows<Op: KernelOperation>(
  _ row: (InstructionSet, Int, LevelFunction<DepthwiseArguments>) -> Kernel<Op>
) -> [Kernel<Op>] {
  let functions = [3: Levels.convDepthwise3, 5: Levels.convDepthwise5, 7: Levels.convDepthwise7]
  return InstructionSet.allCases.flatMap { level in
    [3, 5, 7].compactMap { size in functions[size].map { row(level, size, $0[level]) } }
  }
}

/// The rows `depthwise` of the weight gradient's table.
func depthwiseBackwardWeightsKernels() -> [Kernel<Conv2DBackwardWeights>] {
  let functions = [
    3: Levels.convDepthwiseGradient3, 5: Levels.convDepthwiseGradient5, 7: Levels.convDepthwiseGradient7,
  ]
  return InstructionSet.allCases.flatMap { level in
    [3, 5, 7].compactMap { size in
      functions[size].map { function in
        gradientKernel(level, size, tile: "\(size)x\(size)", function[level]) { shape in
          shape.depthwiseTerms(.gradientDepthwise, level, size, .nominal)
        }
      }
    } + [
      gradientKernel(level, 3, tile: "3x3s2", Levels.convDepthwiseStridedGradient[level]) { shape in
        shape.depthwiseStridedTerms(.gradientDepthwise, level, .nominal)
      }
    ]
  }
}

/// The number of blocks of channels of a weight gradient; each block is summed image by image. Large blocks read long
/// runs of memory, but a block's sums have half of the first-level cache, and the threads need blocks to divide among
/// them. The sum of a weight is the same in any block.
private func depthwiseBlocks(_ shape: Conv2DShape, sumsOfChannel: Int, parts: Int) -> Int {
  let most = max((24 << 10) / (4 * sumsOfChannel), 8)
  let least = parts == 1 ? 1 : 4 * parts
  return max((shape.outputChannels + most - 1) / most, min(least, shape.outputChannels))
}

private func gradientKernel(
  _ level: InstructionSet, _ size: Int, tile: String, _ function: LevelFunction<DepthwiseGradientArguments>,
  terms: @escaping @Sendable (Conv2DShape) -> CostTerms?
) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "depthwise", level: level, tile: tile, terms: { shape, _ in terms(shape) },
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
        gradient.run(operands, workspace) { images, block, target, threadWorkspace in
          let channels = Parallel.range(block, of: blocks, items: shape.outputChannels)
          var arguments = DepthwiseGradientArguments(
            source: operands.input + images.lowerBound * shape.inputChannels * shape.inputPlane,
            gradient: operands.outputGradient + images.lowerBound * shape.outputChannels * shape.outputPlane,
            images: images.count, channels: shape.outputChannels, multiplier: shape.groupOutputChannels,
            firstChannel: channels.lowerBound, endChannel: channels.upperBound, height: shape.inputHeight,
            width: shape.inputWidth, target: target, sums: threadWorkspace.assumingMemoryBound(to: Float.self))
          function(&arguments)
        }
      }
    })
}
