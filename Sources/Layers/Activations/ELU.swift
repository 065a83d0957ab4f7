import Kernels

/// x for positive values x, else alpha · (exp(x) − 1); any shape.
public struct ELU: Layer {
  /// What is approached for negative values, negated.
  public let alpha: Float

  public init(alpha: Float = 1) {
    self.alpha = alpha
  }

  public var name: String { "ELU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<ELUForward, ELUBackward>(problem, name) {
      ELUProblem(count: $0, alpha: alpha)
    }
  }
}
