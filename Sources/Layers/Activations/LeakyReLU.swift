import Kernels

/// x for positive values x, else negativeSlope · x; any shape.
public struct LeakyReLU: Layer {
  /// The slope for negative values.
  public let negativeSlope: Float

  /// A leaky ReLU with the given slope.
  public init(negativeSlope: Float = 0.01) {
    self.negativeSlope = negativeSlope
  }

  public var kind: String { "LeakyReLU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedActivation<LeakyReLUForward, LeakyReLUBackward>(problem, kind) {
      LeakyReLUProblem(count: $0, negativeSlope: negativeSlope)
    }
  }
}
