/// A row `images` of the forward pass's table.
func batchForwardKernel(_ tile: BatchTile) -> Kernel<Conv2DForward> {
  @Sendable func split(_ problem: Conv2DForward.Problem, _ machine: Machine) -> BatchRemainder<Conv2DForward>? {
    let shape = problem.shape
    // A pointwise convolution has no tails of rows and no padding that could be saved; with a stride, most of the
    // packed pixels are not used.
    guard shape.kernelCount > 1, let terms = BatchGeometry(forward: shape).terms(tile, machine) else { return nil }
    return BatchRemainder(batch: shape.batch, level: tile.level, terms: terms, machine: machine) {
      .init(shape: shape.with(batch: $0), activation: problem.activation)
    }
  }
  return Kernel(
    algorithm: "images", level: tile.level, tile: tile.name, cost: { split($0, $1)?.cost },
    terms: { split($0, $1)?.terms },
    prepareForMachine: { problem, machine, threads in
      let split = split(problem, machine)
      let shape = problem.shape.with(batch: split?.images ?? 0)
      let parts = shape.parts(threads: threads)
      let convolution = BatchInnermost(
        tile: tile, geometry: BatchGeometry(forward: shape), isBackward: false, activation: problem.activation,
        threads: parts)
      let remaining = split?.remaining.map { $0.kernel.prepare($0.problem, threads, machine: machine) }
      return PreparedKernel(
        workspaceByteCount: max(convolution.workspaceByteCount(parts: parts), remaining?.workspaceByteCount ?? 0)
      ) { operands, workspace in
        convolution.run(
          source: operands.input, weights: operands.weights, bias: operands.bias, target: operands.output,
          parts: parts, workspace: workspace)
        remaining?.body(
          .init(
            input: operands.input + shape.inputCount, weights: operands.weights, bias: operands.bias,
            output: operands.output + shape.outputCount), workspace)
      }
    })
}

/// A row `images` of the input gradient's table.
func batchBackwardDataKernel(_ tile: BatchTile) -> Kernel<Conv2DBackwardData> {
  @Sendable func split(_ shape: Conv2DShape, _ machine: Machine) -> BatchRemainder<Conv2DBackwardData>? {
    guard !shape.isPointwise, let terms = BatchGeometry(backward: shape).terms(tile, machine) else { return nil }
    return BatchRemainder(batch: shape.batch, level: tile.level, terms: terms, machine: machine) {
      shape.with(batch: $0)
    }
  }
  return Kernel(
    algorithm: "images", level: tile.level, tile: tile.name, cost: { split($0, $1)?.cost },
    terms: { split($0, $1)?.terms },
    prepareForMachine: { problem, machine, threads in
      let split = split(problem, machine)
      let shape = problem.with(batch: split?.images ?? 0)
      let parts = shape.parts(threads: threads)
      let convolution = BatchInnermost(
        tile: tile, geometry: BatchGeometry(backward: shape), isBackward: true, activation: nil, threads: parts)
      let remaining = split?.remaining.map { $0.kernel.prepare($0.problem, threads, machine: machine) }
      return PreparedKernel(
        workspaceByteCount: max(convolution.workspaceByteCount(parts: parts), remaining?.workspaceByteCount ?? 0)
      ) { operands, workspace in
        convolution.run(
          source: operands.outputGradient, weights: operands.weights, bias: nil, target: operands.inputGradient,
          parts: parts, workspace: workspace)
        remaining?.body(
          .init(
            outputGradient: operands.outputGradient + shape.outputCount, weights: operands.weights,
            inputGradient: operands.inputGradient + shape.inputCount), workspace)
      }
    })
}
