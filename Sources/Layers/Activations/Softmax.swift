import Kernels

/// exp(x) / Σ exp(x) along one dimension: PyTorch's `Softmax(dim)`.
///
/// Dimensions are counted as PyTorch does, with the batch in front: 1, the default, is the classes of `[classes]` or the
/// channels of each pixel of `[channels, height, width]`; −1 is the last one, 3 or −1 the columns of each row.
public struct Softmax: Layer {
  /// The dimension whose values are added up, counted with the batch as 0, or from the end as −1, −2, ….
  public var dimension: Int

  public init(dimension: Int = 1) { self.dimension = dimension }

  public var name: String { "Softmax" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    _ = try SoftmaxAxis(dimension, of: inputShape, layer: name)
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let axis = try SoftmaxAxis(dimension, of: problem.inputShape, layer: name)
    if let rows = try axis.rows(problem) {
      return try PlannedSoftmax<SoftmaxForward, SoftmaxBackward>(problem, name, rows)
    }
    return try PlannedSoftmax<SoftmaxChannelsForward, SoftmaxChannelsBackward>(
      problem, name, axis.channels(problem))
  }
}
