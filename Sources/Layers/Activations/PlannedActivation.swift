import Kernels

/// An activation whose derivative is a function of its output.
final class PlannedActivation<Forward: KernelOperation, Backward: KernelOperation>: PlannedLayer
where
  Forward.Problem == ElementwiseProblem, Forward.Operands == ElementwiseOperands,
  Backward.Problem == ElementwiseProblem, Backward.Operands == ElementwiseBackwardOperands
{
  let workspaceByteCount: Int
  private let forward: Plan<Forward>
  private let backward: Plan<Backward>?

  init(_ problem: LayerProblem, _ name: String) throws(LayerError) {
    let (count, overflow) = problem.batchSize.multipliedReportingOverflow(by: problem.inputShape.count)
    guard !overflow else { throw .kernel(layer: name, .tooLarge(operation: Forward.name)) }
    let elements = ElementwiseProblem(count: count)
    forward = try problem.kernel(Forward.self, elements, for: name)
    backward = try problem.backwardKernel(Backward.self, elements, for: name, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(ElementwiseOperands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      ElementwiseBackwardOperands(
        output: memory.output, outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
