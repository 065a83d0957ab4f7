import Kernels

/// Dropout: in training, each value becomes 0 with probability p, and the others are divided by 1 − p; any shape. In
/// inference it is the identity and costs nothing (Srivastava and others, 2014).
///
/// The dropped values differ from layer to layer and from pass to pass; the model's seed determines them.
public struct Dropout: Layer {
  /// The probability p that a value is dropped, 0 to 1.
  public let probability: Double

  /// A dropout with the given probability.
  public init(_ probability: Double = 0.5) { self.probability = probability }

  public var kind: String { "Dropout" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireProbability(probability, layer: kind)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try requireProbability(probability, layer: kind)
    guard !problem.runsAsInference, probability > 0 else { return nil }
    return try PlannedDropout(problem, kind, probability: probability)
  }
}
