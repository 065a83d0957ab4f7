import Kernels

/// ``Dropout`` of whole channels: in training, each channel of each image of `[channels, height, width]` becomes 0 with
/// probability p, and the others are divided by 1 − p. In inference it is the identity and costs nothing (Tompson and
/// others, 2015).
public struct Dropout2D: Layer {
  /// The probability p that a channel is dropped, 0 to 1.
  public let probability: Double

  /// A dropout with the given probability.
  public init(_ probability: Double = 0.5) { self.probability = probability }

  public var kind: String { "Dropout2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireProbability(probability, layer: kind)
    try requireImage(inputShape, layer: kind)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    guard !problem.runsAsInference, probability > 0 else { return nil }
    return try PlannedDropout(problem, kind, probability: probability, sharing: shape[1] * shape[2])
  }
}
