import Kernels

/// Batch normalisation (Ioffe and Szegedy, 2015): normalises each channel by its mean and variance over the batch and
/// all pixels, then scales and shifts it. `[channels, height, width]` is unchanged.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias. In training, mean and variance are those of the batch, and
/// the running statistics are updated; in inference they are the running statistics. Parameters: `weight` and `bias`
/// `[channels]`, initially 1 and 0; buffers: `running_mean` and `running_var` `[channels]`, `num_batches_tracked`. All
/// as in PyTorch.
///
/// Training needs more than one value for each channel in a batch. In a ``Sequential``, a following ``ReLU`` is fused
/// into this layer.
public struct BatchNorm2D: Layer {
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

  public var kind: String { "BatchNorm2D" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  private var normalization: BatchNormalization {
    BatchNormalization(
      layer: kind, epsilon: epsilon, momentum: momentum, affine: affine, tracks: tracksRunningStatistics,
      usesRunning: usesRunningStatistics)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: kind)
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
