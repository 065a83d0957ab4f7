import Kernels

/// x · min(max(x + 3, 0), 6) / 6 of each value x; any shape.
public struct HardSwish: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "HardSwish" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<HardSwishForward, HardSwishBackward>(problem, kind)
  }
}
