import Kernels

/// A layer whose parameters stay as they are: no optimiser sees them, and their gradients are not computed. A backward
/// pass ends at the first layer that is trained, so frozen layers at the beginning cost a forward pass only.
///
///     Sequential(Frozen(features), Flatten(), Linear(10))
///     Sequential(features.frozen(inEvaluationMode: true).named("features"), Flatten(), Linear(10).named("fc"))
///
/// What is frozen only for a time is so by ``Model/freeze(_:)-(String...)``.
public struct Frozen: Layer {
  public let layer: any Layer
  /// Whether the layer runs in training as it does in inference: without dropout, and with the running statistics of a
  /// normalisation, which then stay as they are too. PyTorch has the same in `requires_grad_(False)` with `eval()`. Layers
  /// before it may be trained: the gradient passes through.
  public let inEvaluationMode: Bool

  public init(_ layer: any Layer, inEvaluationMode: Bool = false) {
    self.layer = layer
    self.inEvaluationMode = inEvaluationMode
  }

  public var name: String { layer.name }
  public func canApply(_ activation: FusedActivation) -> Bool { layer.canApply(activation) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try layer.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try layer.parameters(for: inputShape).map(\.frozen)
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try layer.multiplyAddsPerImage(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    var problem = problem
    problem.needsParameterGradients = false
    if inEvaluationMode, problem.mode == .training {
      problem.inEvaluationMode = true
      // Without a backward pass nothing need be saved for it.
      if !problem.needsInputGradient { problem.mode = .inference }
    }
    return try layer.plan(problem)
  }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    try layer.innerLayers(for: inputShape)?.map {
      InnerLayer(Frozen($0.layer, inEvaluationMode: inEvaluationMode), path: $0.path, inputShape: $0.inputShape)
    }
  }
}

extension Layer {
  /// The layer with parameters that stay as they are, see ``Frozen``.
  public func frozen(inEvaluationMode: Bool = false) -> Frozen { Frozen(self, inEvaluationMode: inEvaluationMode) }
}
