import Kernels

/// exp(x) / Σ exp(x) along one dimension: PyTorch's `Softmax(dim)`.
///
/// Dimensions are counted as PyTorch does, with the batch in front: 1, the default, is the classes of `[classes]` or
/// the channels of each pixel of `[channels, height, width]`; −1 is the last dimension, for an image the columns of
/// each row.
public struct Softmax: Layer {
  /// The dimension over which the sum runs, the batch being dimension 0; negative numbers count from the end.
  public var dimension: Int

  /// A softmax, by default over classes or channels.
  public init(dimension: Int = 1) { self.dimension = dimension }

  public var kind: String { "Softmax" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    _ = try SoftmaxAxis(dimension, of: inputShape, layer: kind)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let axis = try SoftmaxAxis(dimension, of: problem.inputShape, layer: kind)
    if let rows = try axis.rows(problem) {
      return try PlannedSoftmax<SoftmaxForward, SoftmaxBackward>(problem, kind, rows)
    }
    return try PlannedSoftmax<SoftmaxChannelsForward, SoftmaxChannelsBackward>(
      problem, kind, axis.channels(problem))
  }
}
