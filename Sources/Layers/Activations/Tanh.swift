import Kernels

/// The hyperbolic tangent of each value; any shape.
public struct Tanh: Layer {
  public init() {}
  public var name: String { "Tanh" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<TanhForward, TanhBackward>(problem, name)
  }
}
