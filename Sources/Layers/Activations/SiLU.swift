import Kernels

/// x / (1 + exp(−x)) of each value x, also known as swish; any shape.
public struct SiLU: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "SiLU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SiLUForward, SiLUBackward>(problem, kind)
  }
}
