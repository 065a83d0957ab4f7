import Kernels

/// A softmax or log-softmax along one dimension; the derivative is computed from the output.
final class PlannedSoftmax<Forward: KernelOperation, Backward: KernelOperation>: PlannedLayer
where
  Forward.Operands == RowsOperands, Backward.Operands == RowsBackwardOperands, Backward.Problem == Forward.Problem,
  Forward.RunError == Never, Backward.RunError == Never
{
  let workspaceByteCount: Int
  private let forward: Plan<Forward>
  private let backward: Plan<Backward>?

  init(_ problem: LayerProblem, _ kind: String, _ rows: Forward.Problem) throws(LayerError) {
    forward = try problem.kernel(Forward.self, rows, for: kind)
    backward = try problem.backwardKernel(Backward.self, rows, for: kind, if: problem.needsInputGradient)
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

/// The dimension of an image's shape over which a softmax sums.
struct SoftmaxAxis {
  let layer: String
  /// The number of values along the dimension.
  let count: Int
  /// The product of the dimensions before it.
  let outer: Int
  /// The product of the dimensions after it, which is the stride between values along it, in elements.
  let inner: Int

  /// - Parameter dimension: the batch is dimension 0; negative numbers count from the end.
  init(_ dimension: Int, of shape: Shape, layer: String) throws(LayerError) {
    guard shape.rank >= 1, shape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .inputShape(layer: layer, given: shape, expected: "[classes] or [channels, …], each at least 1")
    }
    _ = try addressable(shape, "input", layer: layer)
    let axis = dimension < 0 ? dimension + shape.rank : dimension - 1
    guard shape.dimensions.indices ~= axis else {
      throw .invalidValue(
        layer: layer, name: "dimension", value: "\(dimension)",
        expected: "1 to \(shape.rank), or −\(shape.rank) to −1, for images of shape \(shape)")
    }
    self.layer = layer
    count = shape[axis]
    outer = shape.dimensions[..<axis].reduce(1, *)
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
  }

  /// The batch as a matrix whose rows are summed; nil where values along the dimension are not contiguous.
  func rows(_ problem: LayerProblem) throws(LayerError) -> RowsProblem? {
    inner == 1 ? RowsProblem(rows: try images(problem), columns: count) : nil
  }

  /// The batch as images over whose channels the softmax sums.
  func channels(_ problem: LayerProblem) throws(LayerError) -> ChannelsProblem {
    ChannelsProblem(batch: try images(problem), channels: count, plane: inner)
  }

  private func images(_ problem: LayerProblem) throws(LayerError) -> Int {
    let (images, overflow) = problem.batchSize.multipliedReportingOverflow(by: outer)
    guard !overflow else { throw .kernel(layer: layer, .tooLarge(operation: SoftmaxForward.name)) }
    return images
  }
}
