import Kernels

/// A fully connected layer: `[features]` to `[outputFeatures]`, y = W·x + b.
///
/// Parameters: `weight` `[outputFeatures, features]` and `bias` `[outputFeatures]`, as in PyTorch. For a batch, whose
/// rows are images: Y = X·Wᵀ + b.
public struct Linear: Layer {
  /// The number of outputs.
  public var outputFeatures: Int
  /// Whether a learned bias is added to each output.
  public var bias: Bool
  /// How the weight is initialised; nil for PyTorch's default, ``Initialization/uniform(fanIn:)``. The bias always has
  /// the default.
  public var initialization: Initialization?

  /// A fully connected layer with `outputFeatures` outputs.
  public init(_ outputFeatures: Int, bias: Bool = true, initialization: Initialization? = nil) {
    self.outputFeatures = outputFeatures
    self.bias = bias
    self.initialization = initialization
  }

  public var kind: String { "Linear" }
  public func canApply(_ activation: FusedActivation) -> Bool { true }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    _ = try features(inputShape)
    return [outputFeatures]
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let features = try features(inputShape)
    let uniform = Initialization.uniform(fanIn: features)
    let weight = ParameterDescription(
      name: "weight", shape: [outputFeatures, features], initialization: initialization ?? uniform)
    try weight.initialization.check(weight.shape, layer: kind)
    guard bias else { return [weight] }
    return [weight, ParameterDescription(name: "bias", shape: [outputFeatures], initialization: uniform)]
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try features(inputShape) * outputFeatures
  }

  /// The number of input features; checks the options and the input's shape.
  private func features(_ inputShape: Shape) throws(LayerError) -> Int {
    guard 1...Int(Int32.max) ~= outputFeatures else {
      throw .invalidValue(
        layer: kind, name: "outputFeatures", value: "\(outputFeatures)", expected: "1 to \(Int32.max)")
    }
    guard inputShape.rank == 1, 1...Int(Int32.max) ~= inputShape[0] else {
      throw .inputShape(
        layer: kind, given: inputShape,
        expected: inputShape.rank > 1 ? "[features]; put a Flatten before it" : "[features], at least 1")
    }
    _ = try addressable([outputFeatures, inputShape[0]], "weight", layer: kind)
    return inputShape[0]
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedLinear(
      inputs: features(problem.inputShape), outputs: outputFeatures, hasBias: bias, problem, kind)
  }
}

private final class PlannedLinear: PlannedLayer, RunsImagesApart {
  let workspaceByteCount: Int
  let overwritesOutputGradient: Bool
  let readsOutput: Bool
  private let hasBias: Bool
  private let forward: Plan<GEMM>
  private let backwardActivation: FusedActivationGradient
  private let backwardWeights: Plan<GEMM>?
  private let backwardBias: Plan<BiasBackward>?
  private let backwardData: Plan<GEMM>?

  init(
    inputs: Int, outputs: Int, hasBias: Bool, _ problem: LayerProblem, _ kind: String
  ) throws(LayerError) {
    self.hasBias = hasBias
    overwritesOutputGradient = problem.activation != nil
    readsOutput = problem.activation != nil
    let batch = problem.batchSize
    forward = try problem.kernel(
      GEMM.self,
      GEMM.Problem(
        rows: batch, columns: outputs, depth: inputs, transposeB: true, bias: hasBias ? .perColumn : .none,
        activation: problem.activation),
      for: kind)
    backwardActivation = try FusedActivationGradient(problem, count: batch * outputs, for: kind)
    backwardWeights = try problem.backwardKernel(
      GEMM.self, GEMM.Problem(rows: outputs, columns: inputs, depth: batch, transposeA: true), for: kind,
      if: problem.needsParameterGradients)
    backwardBias = try problem.backwardKernel(
      BiasBackward.self, ChannelsProblem(batch: batch, channels: outputs, plane: 1), for: kind,
      if: hasBias && problem.needsParameterGradients)
    backwardData = try problem.backwardKernel(
      GEMM.self, GEMM.Problem(rows: batch, columns: inputs, depth: outputs), for: kind,
      if: problem.needsInputGradient)
    workspaceByteCount = max(
      max(forward.workspaceByteCount, backwardActivation.workspaceByteCount),
      max(backwardWeights?.workspaceByteCount ?? 0, backwardBias?.workspaceByteCount ?? 0),
      backwardData?.workspaceByteCount ?? 0)
  }

  var readsInput: Bool { backwardWeights != nil }
  var runsInManyBlocks: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      GEMM.Operands(
        a: memory.input, b: memory.parameters[0], c: memory.output,
        bias: hasBias ? UnsafePointer(memory.parameters[1]) : nil),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    let gradient = memory.outputGradient
    backwardActivation.run(memory, workspace: memory.workspace)
    backwardWeights?.run(
      GEMM.Operands(a: gradient, b: memory.input, c: memory.parameterGradients[0]), workspace: memory.workspace)
    if hasBias {
      backwardBias?.run(
        BiasBackward.Operands(outputGradient: gradient, biasGradient: memory.parameterGradients[1]),
        workspace: memory.workspace)
    }
    guard let inputGradient = memory.inputGradient else { return }
    backwardData?.run(
      GEMM.Operands(a: gradient, b: memory.parameters[0], c: inputGradient), workspace: memory.workspace)
  }
}
