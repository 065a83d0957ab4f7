import Kernels

/// log(1 + exp(beta · x)) / beta of each value x; any shape.
public struct Softplus: Layer {
  /// How sharp the bend is; positive.
  public let beta: Float
  /// Where beta · x is larger, the result is x.
  public let threshold: Float

  public init(beta: Float = 1, threshold: Float = 20) {
    self.beta = beta
    self.threshold = threshold
  }

  public var name: String { "Softplus" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SoftplusForward, SoftplusBackward>(problem, name) {
      SoftplusProblem(count: $0, beta: beta, threshold: threshold)
    }
  }
}
