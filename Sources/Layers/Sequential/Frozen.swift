import Kernels

/// A layer whose parameters are never updated: no optimiser has them, and their gradients are not computed. A backward
/// pass ends at the first layer with trainable parameters, so frozen layers at the beginning of a network cost their
/// forward pass only.
///
///     Sequential(Frozen(features), Flatten(), Linear(10))
///     Sequential(features.frozen(inEvaluationMode: true).named("features"), Flatten(), Linear(10).named("fc"))
///
/// To freeze parameters for part of a training, call ``Model/freeze(_:)-(String...)`` instead.
public struct Frozen: Layer {
  /// The layer whose parameters are frozen.
  public let layer: any Layer
  /// Whether the layer runs in training as in inference: dropout is off, and batch normalisation uses its running
  /// statistics without updating them. In PyTorch: `requires_grad_(False)` with `eval()`. Layers before this one can
  /// still be trained: the gradient passes through.
  public let inEvaluationMode: Bool

  /// Freezes the parameters of a layer.
  public init(_ layer: any Layer, inEvaluationMode: Bool = false) {
    self.layer = layer
    self.inEvaluationMode = inEvaluationMode
  }

  public var kind: String { layer.kind }
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
      // Without an input gradient there is no backward pass to save anything for.
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
  /// This layer with frozen parameters, see ``Frozen``.
  public func frozen(inEvaluationMode: Bool = false) -> Frozen { Frozen(self, inEvaluationMode: inEvaluationMode) }
}
