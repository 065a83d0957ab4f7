import Kernels

/// Normalises groups of channels of each image by their mean and variance, then scales and shifts each channel:
/// `[channels, height, width]` or `[channels]`, kept.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias, in training and inference alike; an image's output does not
/// depend on the others. One group normalises whole images, as many groups as channels each plane on its own (instance
/// normalisation). Parameters: `weight` and `bias` `[channels]`, which begin as 1 and 0, as in PyTorch.
///
/// In a ``Sequential``, a ``ReLU`` behind it runs as part of it.
public struct GroupNorm: Layer {
  /// A divisor of the channels.
  public var groups: Int
  /// Added to the variance.
  public var epsilon: Float
  /// Whether there are `weight` and `bias`.
  public var affine: Bool

  public init(_ groups: Int, epsilon: Float = 1e-5, affine: Bool = true) {
    self.groups = groups
    self.epsilon = epsilon
    self.affine = affine
  }

  public var name: String { "GroupNorm" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard inputShape.rank >= 1, inputShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .inputShape(
        layer: name, given: inputShape, expected: "[channels] or [channels, height, width], each at least 1")
    }
    guard groups >= 1, inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: name, name: "groups", value: "\(groups)", expected: "a divisor of \(inputShape[0]) channels")
    }
    try checkEpsilon(epsilon, layer: name)
    return try addressable(inputShape, "input", layer: name)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    let channels = try outputShape(for: inputShape)[0]
    return affine ? affineParameters(shape: [channels], bias: true) : []
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    return try PlannedGroupNorm(
      GroupNormProblem(
        batch: problem.batchSize, groups: groups, channels: shape[0] / groups, plane: shape.count / shape[0],
        epsilon: epsilon, relu: problem.activation == .relu),
      hasWeight: affine, hasBias: affine, problem, name)
  }
}
