import Kernels

/// Batch normalisation of features or channels: `[features]` is normalised over the batch, `[channels, length]` over
/// batch and length; then each is scaled and shifted. The shape is unchanged.
///
/// It computes what ``BatchNorm2D`` does on images of one pixel, or of one row.
public struct BatchNorm1D: Layer {
  /// Added to the variance before its square root is taken.
  public var epsilon: Float
  /// The weight of the current batch in the running statistics, PyTorch's `momentum`; nil for their plain mean over all
  /// batches.
  public var momentum: Float?
  /// Whether the layer has a learned `weight` and `bias`.
  public var affine: Bool
  /// Whether the layer has running statistics; without them, inference normalises by the batch's statistics, too.
  public var tracksRunningStatistics: Bool
  /// Whether training normalises by the running statistics, too, and does not update them, while `weight` and `bias`
  /// are trained: a PyTorch module in `eval()` whose parameters require gradients.
  public var usesRunningStatistics: Bool

  /// A batch normalisation, by default with PyTorch's options.
  public init(
    epsilon: Float = 1e-5, momentum: Float? = 0.1, affine: Bool = true, tracksRunningStatistics: Bool = true,
    usesRunningStatistics: Bool = false
  ) {
    self.epsilon = epsilon
    self.momentum = momentum
    self.affine = affine
    self.tracksRunningStatistics = tracksRunningStatistics
    self.usesRunningStatistics = usesRunningStatistics
  }

  public var kind: String { "BatchNorm1D" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  private var normalization: BatchNormalization {
    BatchNormalization(
      layer: kind, epsilon: epsilon, momentum: momentum, affine: affine, tracks: tracksRunningStatistics,
      usesRunning: usesRunningStatistics)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard 1...2 ~= inputShape.rank, inputShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      let advice = inputShape.rank == 3 ? "; BatchNorm2D takes images" : ""
      throw .inputShape(
        layer: kind, given: inputShape, expected: "[features] or [channels, length], each at least 1\(advice)")
    }
    try normalization.check()
    return try addressable(inputShape, "input", layer: kind)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    normalization.parameters(channels: try outputShape(for: inputShape)[0])
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    return try PlannedBatchNorm(normalization, channels: shape[0], plane: shape.count / shape[0], problem)
  }
}
