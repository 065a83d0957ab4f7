import Kernels

/// Replaces negative values by 0; any shape. NaN stays NaN.
///
/// In a ``Sequential``, after a ``Conv2D``, ``Linear``, normalisation or sum of branches, it is fused into that layer.
public struct ReLU: Layer {
  /// The activation; it has no options.
  public init() {}
  public var kind: String { "ReLU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ReLUForward, ReLUBackward>(problem, kind)
  }
}
