import Kernels

/// Limits each value to 0 … 6; any shape. NaN stays NaN.
///
/// In a ``Sequential``, behind a ``Conv2D``, ``Linear`` or sum of branches, it runs as part of that layer.
public struct ReLU6: Layer {
  public init() {}
  public var name: String { "ReLU6" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ReLU6Forward, ReLU6Backward>(problem, name)
  }
}
