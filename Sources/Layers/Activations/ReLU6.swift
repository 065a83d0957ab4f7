import Kernels

/// Clamps each value to 0 … 6; any shape. NaN stays NaN.
///
/// In a ``Sequential``, after a ``Conv2D``, ``Linear`` or sum of branches, it is fused into that layer.
public struct ReLU6: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "ReLU6" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ReLU6Forward, ReLU6Backward>(problem, kind)
  }
}
