import Kernels

/// min(max(x + 3, 0), 6) / 6 of each value x; any shape.
public struct HardSigmoid: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "HardSigmoid" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<HardSigmoidForward, HardSigmoidBackward>(problem, kind)
  }
}
