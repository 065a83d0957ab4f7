import Kernels

/// An elementwise activation. The operands of `Backward` say whether its derivative is computed from the input or the
/// output.
final class PlannedActivation<Forward: KernelOperation, Backward: KernelOperation>: PlannedLayer, RunsImagesApart
where
  Forward.Operands == ElementwiseOperands, Backward.Problem == Forward.Problem,
  Backward.Operands: ElementwiseGradientOperands, Forward.RunError == Never, Backward.RunError == Never
{
  let workspaceByteCount: Int
  private let forward: Plan<Forward>
  private let backward: Plan<Backward>?

  /// - Parameter elements: makes the kernels' problem for a number of values.
  init(_ problem: LayerProblem, _ kind: String, _ elements: (Int) -> Forward.Problem) throws(LayerError) {
    let count = try problem.valueCount(operation: Forward.name, layer: kind)
    forward = try problem.kernel(Forward.self, elements(count), for: kind)
    backward = try problem.backwardKernel(Backward.self, elements(count), for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var runsInPlace: Bool { true }
  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { !Backward.Operands.readsInput }
  var readsInput: Bool { Backward.Operands.readsInput && backward != nil }

  func forward(_ memory: ForwardMemory) {
    forward.run(ElementwiseOperands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      Backward.Operands(
        values: Backward.Operands.readsInput ? memory.input : memory.output, outputGradient: memory.outputGradient,
        inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}

extension PlannedActivation where Forward.Problem == ElementwiseProblem {
  convenience init(_ problem: LayerProblem, _ kind: String) throws(LayerError) {
    try self.init(problem, kind) { ElementwiseProblem(count: $0) }
  }
}

extension LayerProblem {
  /// The number of values in the batch.
  func valueCount(operation: String, layer: String) throws(LayerError) -> Int {
    let (count, overflow) = batchSize.multipliedReportingOverflow(by: inputShape.count)
    guard !overflow else { throw .kernel(layer: layer, .tooLarge(operation: operation)) }
    return count
  }
}
