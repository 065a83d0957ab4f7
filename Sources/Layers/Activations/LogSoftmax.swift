import Kernels

/// x − log Σ exp(x) along one dimension: PyTorch's `LogSoftmax(dim)`.
///
/// Dimensions are counted as PyTorch does, with the batch in front: 1, the default, is the classes of `[classes]` or
/// the channels of each pixel of `[channels, height, width]`; −1 is the last dimension, for an image the columns of
/// each row.
public struct LogSoftmax: Layer {
  /// The dimension over which the sum runs, the batch being dimension 0; negative numbers count from the end.
  public var dimension: Int

  /// A log-softmax, by default over classes or channels.
  public init(dimension: Int = 1) { self.dimension = dimension }

  public var kind: String { "LogSoftmax" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    _ = try SoftmaxAxis(dimension, of: inputShape, layer: kind)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let axis = try SoftmaxAxis(dimension, of: problem.inputShape, layer: kind)
    if let rows = try axis.rows(problem) {
      return try PlannedSoftmax<LogSoftmaxForward, LogSoftmaxBackward>(problem, kind, rows)
    }
    return try PlannedSoftmax<LogSoftmaxChannelsForward, LogSoftmaxChannelsBackward>(
      problem, kind, axis.channels(problem))
  }
}
