import Kernels

/// The logistic function of each value, 1 / (1 + exp(−x)); any shape.
public struct Sigmoid: Layer {
  public init() {}
  public var name: String { "Sigmoid" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SigmoidForward, SigmoidBackward>(problem, name)
  }
}
