import Kernels

/// Layer normalisation (Ba and others, 2016): normalises over the last dimensions of each image, then scales and shifts
/// each value. Any shape, which is unchanged.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias, where mean and variance are over the dimensions of
/// ``normalizedShape``; in training and inference alike. Parameters: `weight` and `bias` of that shape, initially 1 and
/// 0, as in PyTorch.
///
/// In a ``Sequential``, a following ``ReLU`` is fused into this layer.
public struct LayerNorm: Layer {
  /// The sizes of the dimensions that are normalised over, the last ones of an image's shape.
  public var normalizedShape: Shape
  /// Added to the variance before its square root is taken.
  public var epsilon: Float
  /// Whether the layer has a learned `weight`, and with ``bias`` also a `bias`.
  public var affine: Bool
  /// Whether the layer has a learned `bias`, if it is ``affine``.
  public var bias: Bool

  /// A layer normalisation over the last dimensions.
  public init(_ normalizedShape: Shape, epsilon: Float = 1e-5, affine: Bool = true, bias: Bool = true) {
    self.normalizedShape = normalizedShape
    self.epsilon = epsilon
    self.affine = affine
    self.bias = bias
  }

  public var kind: String { "LayerNorm" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard normalizedShape.rank >= 1, normalizedShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .invalidValue(
        layer: kind, name: "normalizedShape", value: "\(normalizedShape)",
        expected: "at least one dimension, each at least 1")
    }
    guard inputShape.dimensions.suffix(normalizedShape.rank) == normalizedShape.dimensions[...],
      inputShape.dimensions.allSatisfy({ $0 >= 1 })
    else {
      throw .inputShape(layer: kind, given: inputShape, expected: "a shape that ends in \(normalizedShape)")
    }
    try checkEpsilon(epsilon, layer: kind)
    return try addressable(inputShape, "input", layer: kind)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    _ = try outputShape(for: inputShape)
    return affine ? affineParameters(shape: normalizedShape, bias: bias) : []
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    let (rows, overflow) = problem.batchSize.multipliedReportingOverflow(by: shape.count / normalizedShape.count)
    guard !overflow else { throw .kernel(layer: kind, .tooLarge(operation: GroupNormForward.name)) }
    return try PlannedGroupNorm(
      GroupNormProblem(
        batch: rows, groups: 1, channels: normalizedShape.count, plane: 1, epsilon: epsilon,
        relu: problem.activation == .relu),
      hasWeight: affine, hasBias: affine && bias, problem, kind)
  }
}
