import Kernels

/// x for positive values x, else weight · x with a learned slope; any shape.
///
/// Parameter: `weight`, the slopes: `[1]`, or `[channels]` with one slope for each channel (the first dimension).
/// PyTorch's `num_parameters` is 1 or the number of channels alike.
public struct PReLU: Layer {
  /// Whether each channel has its own slope; else all values share one.
  public var perChannel: Bool
  /// The initial slope: PyTorch's `init`.
  public var initialSlope: Float

  /// A PReLU, by default with one slope for all values.
  public init(perChannel: Bool = false, initialSlope: Float = 0.25) {
    self.perChannel = perChannel
    self.initialSlope = initialSlope
  }

  public var kind: String { "PReLU" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard !perChannel || (inputShape.rank >= 1 && inputShape[0] >= 1) else {
      throw .inputShape(layer: kind, given: inputShape, expected: "[channels] or [channels, …], each at least 1")
    }
    return try addressable(inputShape, "input", layer: kind)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let shape = try outputShape(for: inputShape)
    return [
      ParameterDescription(
        name: "weight", shape: [perChannel ? shape[0] : 1], initialization: .constant(initialSlope))
    ]
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    let channels = perChannel ? shape[0] : 1
    return try PlannedPReLU(
      ChannelsProblem(batch: problem.batchSize, channels: channels, plane: shape.count / channels), problem, kind)
  }
}

private final class PlannedPReLU: PlannedLayer {
  let workspaceByteCount: Int
  private let needsParameterGradients: Bool
  private let forward: Plan<PReLUForward>
  private let backward: Plan<PReLUBackward>?

  init(_ channels: ChannelsProblem, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    needsParameterGradients = problem.needsParameterGradients
    forward = try problem.kernel(PReLUForward.self, channels, for: kind)
    backward = try problem.backwardKernel(PReLUBackward.self, channels, for: kind)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var runsInPlace: Bool { true }
  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      PReLUForward.Operands(
        input: memory.input, weight: UnsafePointer(memory.parameters[0]), output: memory.output),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    backward?.run(
      PReLUBackward.Operands(
        input: memory.input, outputGradient: memory.outputGradient, weight: UnsafePointer(memory.parameters[0]),
        inputGradient: memory.inputGradient,
        weightGradient: needsParameterGradients ? memory.parameterGradients[0] : nil),
      workspace: memory.workspace)
  }
}
