/// A row of the forward pass's table: `pixels` or `channels`, what a vector holds.
func directForwardKernel(_ tile: DirectTile) -> Kernel<Conv2DForward> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    terms: { problem, machine in
      let shape = problem.shape.collapsed
      return DirectConvolution.fits(tile, ys: [shape.forwardY], xs: [shape.forwardX], shape: shape, isBackward: false)
        ? tile.forwardTerms(problem.shape, machine) : nil
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

/// A row of the input gradient's table: `pixels` or `channels`, what a vector holds.
func directBackwardDataKernel(_ tile: DirectTile) -> Kernel<Conv2DBackwardData> {
  Kernel(
    algorithm: tile.algorithm, level: tile.level, tile: tile.name,
    terms: { shape, machine in
      // Each phase has its own tables: with more phases, planning would take longer than running.
      guard shape.phaseCount <= 4096 else { return nil }
      let collapsed = shape.collapsed
      return DirectConvolution.fits(
        tile, ys: collapsed.backwardYs, xs: collapsed.backwardXs, shape: collapsed, isBackward: true)
        ? tile.backwardDataTerms(shape, machine) : nil
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
