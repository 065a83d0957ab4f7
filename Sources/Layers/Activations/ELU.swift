import Kernels

/// x for positive values x, else alpha · (exp(x) − 1); any shape.
public struct ELU: Layer {
  /// The output approaches −alpha as x goes to −∞.
  public let alpha: Float

  /// An ELU with the given alpha.
  public init(alpha: Float = 1) {
    self.alpha = alpha
  }

  public var kind: String { "ELU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ELUForward, ELUBackward>(problem, kind) {
      ELUProblem(count: $0, alpha: alpha)
    }
  }
}
