import Kernels

/// x · tanh(log(1 + exp(x))) of each value x; any shape.
public struct Mish: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "Mish" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<MishForward, MishBackward>(problem, kind)
  }
}
