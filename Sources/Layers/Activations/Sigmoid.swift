import Kernels

/// The logistic function of each value, 1 / (1 + exp(−x)); any shape.
public struct Sigmoid: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "Sigmoid" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SigmoidForward, SigmoidBackward>(problem, kind)
  }
}
