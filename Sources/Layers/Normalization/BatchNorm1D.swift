import Kernels

/// Normalises each feature by its mean and variance over the batch, or each channel of a line also over its length, then
/// scales and shifts it: `[features]` or `[channels, length]`, kept.
///
/// The same as ``BatchNorm2D`` with one position, or one row.
public struct BatchNorm1D: Layer {
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

  public var name: String { "BatchNorm1D" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  private var normalization: BatchNormalization {
    BatchNormalization(
      layer: name, epsilon: epsilon, momentum: momentum, affine: affine, tracks: tracksRunningStatistics,
      usesRunning: usesRunningStatistics)
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard 1...2 ~= inputShape.rank, inputShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      let advice = inputShape.rank == 3 ? "; BatchNorm2D takes images" : ""
      throw .inputShape(
        layer: name, given: inputShape, expected: "[features] or [channels, length], each at least 1\(advice)")
    }
    try normalization.check()
    return try addressable(inputShape, "input", layer: name)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    normalization.parameters(channels: try outputShape(for: inputShape)[0])
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    return try PlannedBatchNorm(normalization, channels: shape[0], plane: shape.count / shape[0], problem)
  }
}
