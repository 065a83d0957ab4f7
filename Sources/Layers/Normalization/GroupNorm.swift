import Kernels

/// Group normalisation (Wu and He, 2018): normalises groups of channels of each image by their mean and variance, then
/// scales and shifts each channel. `[channels, height, width]` or `[channels]` is unchanged.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias, in training and inference alike; an image's output does not
/// depend on other images. One group normalises whole images; as many groups as channels normalise each plane
/// separately (instance normalisation). Parameters: `weight` and `bias` `[channels]`, initially 1 and 0, as in PyTorch.
///
/// In a ``Sequential``, a following ``ReLU`` is fused into this layer.
public struct GroupNorm: Layer {
  /// The number of groups, a divisor of the number of channels.
  public var groups: Int
  /// Added to the variance before its square root is taken.
  public var epsilon: Float
  /// Whether the layer has a learned `weight` and `bias`.
  public var affine: Bool

  /// A group normalisation with the given number of groups.
  public init(_ groups: Int, epsilon: Float = 1e-5, affine: Bool = true) {
    self.groups = groups
    self.epsilon = epsilon
    self.affine = affine
  }

  public var kind: String { "GroupNorm" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard inputShape.rank >= 1, inputShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .inputShape(
        layer: kind, given: inputShape, expected: "[channels] or [channels, height, width], each at least 1")
    }
    guard groups >= 1, inputShape[0].isMultiple(of: groups) else {
      throw .invalidValue(
        layer: kind, name: "groups", value: "\(groups)", expected: "a divisor of \(inputShape[0]) channels")
    }
    try checkEpsilon(epsilon, layer: kind)
    return try addressable(inputShape, "input", layer: kind)
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
      hasWeight: affine, hasBias: affine, problem, kind)
  }
}
