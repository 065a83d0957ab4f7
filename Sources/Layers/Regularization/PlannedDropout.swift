import Kernels

/// Dropout in training. A 64-bit key determines the dropped values, so the forward pass saves the key alone.
final class PlannedDropout: PlannedLayer {
  let savedByteCount = MemoryLayout<UInt64>.size
  let workspaceByteCount: Int
  private let plan: Plan<DropoutForward>

  /// - Parameter sharing: how many contiguous values are dropped together: 1, or a channel's plane.
  init(_ problem: LayerProblem, _ kind: String, probability: Double, sharing: Int = 1) throws(LayerError) {
    let count = try problem.valueCount(operation: DropoutForward.name, layer: kind)
    plan = try problem.kernel(
      DropoutForward.self, .init(count: count, sharing: sharing, probability: probability), for: kind)
    workspaceByteCount = plan.workspaceByteCount
  }

  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    memory.saved.storeBytes(of: memory.random, as: UInt64.self)
    plan.run(
      DropoutForward.Operands(input: memory.input, output: memory.output, key: memory.random),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    let key = memory.saved.load(as: UInt64.self)
    plan.run(
      DropoutForward.Operands(input: memory.outputGradient, output: inputGradient, key: key),
      workspace: memory.workspace)
  }
}

/// Checks the probability of dropout.
func requireProbability(_ probability: Double, layer: String) throws(LayerError) {
  guard 0...1 ~= probability else {
    throw .invalidValue(layer: layer, name: "probability", value: "\(probability)", expected: "0 to 1")
  }
}
