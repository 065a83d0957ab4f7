import Kernels

/// Any average pooling: its backward pass reads the output gradient only.
final class PlannedAveragePool<Forward: KernelOperation, Backward: KernelOperation>: PlannedLayer, RunsImagesApart
where
  Forward.Operands == AveragePool2DForward.Operands, Backward.Operands == AveragePool2DBackward.Operands,
  Forward.Problem == Backward.Problem, Forward.RunError == Never, Backward.RunError == Never
{
  let workspaceByteCount: Int
  private let forward: Plan<Forward>
  private let backward: Plan<Backward>?

  init(_ shape: Forward.Problem, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(Forward.self, shape, for: kind)
    backward = try problem.backwardKernel(Backward.self, shape, for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }
  var readsInput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(AveragePool2DForward.Operands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      AveragePool2DBackward.Operands(outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
