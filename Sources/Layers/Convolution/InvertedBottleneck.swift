import Kernels

/// A 1×1 convolution, a depthwise convolution and another 1×1 convolution, with the activations behind them, as one layer
/// of inference: what is between them never leaves the caches.
///
/// An image has the bits that it has with layers apart. Without the first convolution, layers apart are as fast.
struct InvertedBottleneck: Layer {
  private let expansion: Conv2D
  private let depthwise: Conv2D
  private let projection: Conv2D
  private let expansionActivation: FusedActivation?
  private let depthwiseActivation: FusedActivation?
  private let activation: FusedActivation?

  /// The convolutions at the front of `layers`, and how many layers they replace; nil where there are none, or only the
  /// reference computes them as one.
  static func front(
    of layers: ArraySlice<PlacedLayer>, _ problem: LayerProblem
  ) throws(LayerError) -> (layer: InvertedBottleneck, count: Int)? {
    guard problem.mode == .inference else { return nil }
    var rest = layers
    func next(
      where isExpected: (Conv2DShape) -> Bool
    ) throws(LayerError) -> (layer: Conv2D, activation: FusedActivation?)? {
      guard let first = rest.first, let convolution = first.layer as? Conv2D else { return nil }
      var own = problem
      own.inputShape = first.inputShape
      guard let shape = try convolution.kernelShape(own), isExpected(shape) else { return nil }
      rest = rest.dropFirst()
      let activation = rest.first.flatMap { FusedActivation($0.layer) }
      if activation != nil { rest = rest.dropFirst() }
      return (convolution, activation)
    }
    guard let expansion = try next(where: \.isPointwise), let depthwise = try next(where: \.isDepthwise),
      let projection = try next(where: \.isPointwise)
    else { return nil }
    let layer = InvertedBottleneck(
      expansion: expansion.layer, depthwise: depthwise.layer, projection: projection.layer,
      expansionActivation: expansion.activation, depthwiseActivation: depthwise.activation,
      activation: projection.activation)
    guard let shape = try layer.shape(problem),
      try !problem.kernel(InvertedBottleneckForward.self, shape, for: layer.kind).kernel.isReference
    else { return nil }
    return (layer, layers.count - rest.count)
  }

  private var convolutions: [Conv2D] { [expansion, depthwise, projection] }

  var kind: String {
    zip(convolutions, [expansionActivation, depthwiseActivation, activation])
      .map { $0.kind + ($1.map { " + \($0)" } ?? "") }.joined(separator: " + ")
  }

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try Sequential(convolutions).outputShape(for: inputShape)
  }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try Sequential(convolutions).parameters(for: inputShape)
  }

  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try Sequential(convolutions).multiplyAddsPerImage(for: inputShape)
  }

  /// The kernels' problem for a batch of inputs.
  private func shape(_ problem: LayerProblem) throws(LayerError) -> InvertedBottleneckShape? {
    var own = problem
    own.inputShape = try expansion.outputShape(for: problem.inputShape)
    guard let shape = try depthwise.kernelShape(own) else { return nil }
    return InvertedBottleneckShape(
      inputChannels: problem.inputShape[0], depthwise: shape, outputChannels: projection.outputChannels,
      expansionActivation: expansionActivation, depthwiseActivation: depthwiseActivation, activation: activation)
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    guard let shape = try shape(problem) else { return nil }
    return try PlannedInvertedBottleneck(shape, hasBias: convolutions.map(\.bias), problem, kind)
  }
}

extension Conv2DShape {
  fileprivate var isPointwise: Bool {
    kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1 && paddingHeight == 0
      && paddingWidth == 0 && groups == 1
  }

  fileprivate var isDepthwise: Bool { groups == inputChannels && groups == outputChannels }
}

private final class PlannedInvertedBottleneck: PlannedLayer, PacksParameters, RunsImagesApart {
  private let forward: Plan<InvertedBottleneckForward>
  /// The places of the weights and biases among the parameters.
  private let weights: [Int]
  private let biases: [Int?]
  /// The packed weights. Unchecked: written before the first run, then only read.
  nonisolated(unsafe) private var packedWeights: Workspace?

  init(
    _ shape: InvertedBottleneckShape, hasBias: [Bool], _ problem: LayerProblem, _ kind: String
  ) throws(LayerError) {
    forward = try problem.kernel(InvertedBottleneckForward.self, shape, for: kind)
    var places: [(weight: Int, bias: Int?)] = []
    var next = 0
    for hasBias in hasBias {
      places.append((next, hasBias ? next + 1 : nil))
      next += hasBias ? 2 : 1
    }
    weights = places.map(\.weight)
    biases = places.map(\.bias)
  }

  var workspaceByteCount: Int { forward.workspaceByteCount }
  var readsInput: Bool { false }
  var convolutionKernels: [String] { [forward.kernel.name] }

  func forward(_ memory: ForwardMemory) {
    func bias(_ i: Int) -> UnsafePointer<Float>? { biases[i].map { UnsafePointer(memory.parameters[$0]) } }
    forward.run(
      InvertedBottleneckForward.Operands(
        input: memory.input,
        weights: InvertedBottleneckWeights(
          expansion: memory.parameters[weights[0]], expansionBias: bias(0), depthwise: memory.parameters[weights[1]],
          depthwiseBias: bias(1), projection: memory.parameters[weights[2]], projectionBias: bias(2)),
        output: memory.output, packedWeights: packedWeights.map { UnsafeRawPointer($0.base) }),
      workspace: memory.workspace)
  }

  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters) {
    guard let packing = forward.weightPacking else { return }
    packedWeights = packed.form(
      packing, weights: weights.map { UnsafePointer(parameters[$0]) },
      biases: biases.map { $0.map { UnsafePointer(parameters[$0]) } })
  }

  func backward(_ memory: BackwardMemory) {
    preconditionFailure("an inverted bottleneck is planned for inference only")
  }
}
