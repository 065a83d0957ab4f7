import Kernels

/// Dropout: in training each value becomes 0 with a probability, and what is kept is divided by the probability of being
/// kept; any shape. In inference it does nothing, at no cost.
///
/// What is dropped differs from layer to layer and from pass to pass, and follows from the model's seed.
public struct Dropout: Layer {
  /// How likely a value is dropped.
  public let probability: Double

  public init(_ probability: Double = 0.5) { self.probability = probability }

  public var name: String { "Dropout" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireProbability(probability, layer: name)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try requireProbability(probability, layer: name)
    guard !problem.runsAsInference, probability > 0 else { return nil }
    return try PlannedDropout(problem, name, probability: probability)
  }
}
