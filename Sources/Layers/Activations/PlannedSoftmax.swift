import Kernels

/// A function of all channels of a pixel, whose derivative follows from its output.
final class PlannedSoftmax<Forward: KernelOperation, Backward: KernelOperation>: PlannedLayer
where
  Forward.Operands == RowsOperands, Backward.Operands == RowsBackwardOperands, Backward.Problem == Forward.Problem,
  Forward.RunError == Never, Backward.RunError == Never
{
  let workspaceByteCount: Int
  private let forward: Plan<Forward>
  private let backward: Plan<Backward>?

  init(_ problem: LayerProblem, _ name: String, _ rows: Forward.Problem) throws(LayerError) {
    forward = try problem.kernel(Forward.self, rows, for: name)
    backward = try problem.backwardKernel(Backward.self, rows, for: name, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(RowsOperands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      RowsBackwardOperands(
        output: memory.output, outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}

extension LayerProblem {
  /// The images as rows of classes; nil where each has more than one pixel.
  var classRows: RowsProblem? {
    inputShape.rank == 1 || inputShape.count == inputShape[0]
      ? RowsProblem(rows: batchSize, columns: inputShape[0]) : nil
  }

  /// The images as channels of pixels.
  var pixelChannels: ChannelsProblem {
    ChannelsProblem(batch: batchSize, channels: inputShape[0], plane: inputShape.count / inputShape[0])
  }
}

/// Checks that a shape has channels in front, at least 1, and returns it.
func requireChannels(_ shape: Shape, layer: String) throws(LayerError) -> Shape {
  guard shape.rank >= 1, shape[0] >= 1 else {
    throw .inputShape(layer: layer, given: shape, expected: "[classes] or [channels, …], at least 1")
  }
  return shape
}
