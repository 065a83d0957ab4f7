import Kernels

/// ``Dropout`` of whole channels: in training each channel of each image of `[channels, height, width]` becomes 0 with a
/// probability. In inference it does nothing, at no cost.
public struct Dropout2D: Layer {
  /// How likely a channel is dropped.
  public let probability: Double

  public init(_ probability: Double = 0.5) { self.probability = probability }

  public var name: String { "Dropout2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireProbability(probability, layer: name)
    try requireImage(inputShape, layer: name)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    guard !problem.runsAsInference, probability > 0 else { return nil }
    return try PlannedDropout(problem, name, probability: probability, sharing: shape[1] * shape[2])
  }
}
