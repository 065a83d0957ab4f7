import Kernels

/// The mean of each channel: `[channels, height, width]` to `[channels, 1, 1]`.
public struct GlobalAveragePool2D: Layer {
  /// The pooling; it has no options.
  public init() {}

  public var kind: String { "GlobalAveragePool2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: kind)
    return [inputShape[0], 1, 1]
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try requireImage(problem.inputShape, layer: kind)
    let shape = GlobalPoolShape(
      batch: problem.batchSize, channels: problem.inputShape[0], inputHeight: problem.inputShape[1],
      inputWidth: problem.inputShape[2])
    return try PlannedAveragePool<GlobalAveragePool2DForward, GlobalAveragePool2DBackward>(shape, problem, kind)
  }
}
