import Kernels

/// log(1 + exp(beta · x)) / beta of each value x; any shape.
public struct Softplus: Layer {
  /// The sharpness of the bend; above 0.
  public let beta: Float
  /// Where beta · x is above this, the result is x.
  public let threshold: Float

  /// A softplus, by default with PyTorch's options.
  public init(beta: Float = 1, threshold: Float = 20) {
    self.beta = beta
    self.threshold = threshold
  }

  public var kind: String { "Softplus" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<SoftplusForward, SoftplusBackward>(problem, kind) {
      SoftplusProblem(count: $0, beta: beta, threshold: threshold)
    }
  }
}
