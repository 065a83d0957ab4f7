import Kernels

/// scale · x for positive values x, else scale · α · (exp(x) − 1), with α = 1.6732632… and scale = 1.0507010…, which
/// preserve mean 0 and variance 1 of activations (Klambauer and others, 2017); any shape.
public struct SELU: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "SELU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SELUForward, SELUBackward>(problem, kind)
  }
}
