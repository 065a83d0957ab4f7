import Kernels

/// Replaces negative values by 0; any shape. NaN stays NaN.
///
/// In a ``Sequential``, behind a ``Conv2D``, ``Linear``, normalisation or sum of branches, it runs as part of that layer.
public struct ReLU: Layer {
  public init() {}
  public var name: String { "ReLU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ReLUForward, ReLUBackward>(problem, name)
  }
}
