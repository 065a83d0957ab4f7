import Kernels

/// The hyperbolic tangent of each value; any shape.
public struct Tanh: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "Tanh" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<TanhForward, TanhBackward>(problem, kind)
  }
}
