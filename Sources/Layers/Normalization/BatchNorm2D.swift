import Kernels

/// Normalises each channel by its mean and variance over the batch and all positions, then scales and shifts it:
/// `[channels, height, width]`, kept.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias. In training, mean and variance are those of the batch, and the
/// running ones follow them; in inference they are the running ones. Parameters: `weight` and `bias` `[channels]`, which
/// begin as 1 and 0; buffers: `running_mean` and `running_var` `[channels]`, `num_batches_tracked`. All as in PyTorch.
///
/// A batch with one value a channel cannot be trained with. In a ``Sequential``, a ``ReLU`` behind it runs as part of it.
public struct BatchNorm2D: Layer {
  /// Added to the variance.
  public var epsilon: Float
  /// The share of a batch in the running statistics; nil gives every batch so far the same share.
  public var momentum: Float?
  /// Whether there are `weight` and `bias`.
  public var affine: Bool
  /// Whether there are running statistics; without, inference normalises by the batch, too.
  public var tracksRunningStatistics: Bool
  /// Whether training normalises by the running statistics as well, which then stay as they are, while `weight` and
  /// `bias` are trained: PyTorch's module in `eval()` whose parameters require gradients.
  public var usesRunningStatistics: Bool

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

  public var name: String { "BatchNorm2D" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  private var normalization: BatchNormalization {
    BatchNormalization(
      layer: name, epsilon: epsilon, momentum: momentum, affine: affine, tracks: tracksRunningStatistics,
      usesRunning: usesRunningStatistics)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: name)
    try normalization.check()
    return inputShape
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    normalization.parameters(channels: try outputShape(for: inputShape)[0])
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    return try PlannedBatchNorm(normalization, channels: shape[0], plane: shape[1] * shape[2], problem)
  }
}
