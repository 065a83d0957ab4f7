import Kernels

/// Normalises over the last dimensions of each image, then scales and shifts each value: any shape, kept.
///
/// y = (x − mean) / √(variance + epsilon) · weight + bias, where mean and variance are those of all values that differ in
/// the last dimensions only; in training and inference alike. Parameters: `weight` and `bias` of the normalised shape,
/// which begin as 1 and 0, as in PyTorch.
///
/// In a ``Sequential``, a ``ReLU`` behind it runs as part of it.
public struct LayerNorm: Layer {
  /// The sizes of the dimensions that are normalised together, the last ones of an image's shape.
  public var normalizedShape: Shape
  /// Added to the variance.
  public var epsilon: Float
  /// Whether there is a `weight`, and a `bias` if ``bias`` says so, too.
  public var affine: Bool
  public var bias: Bool

  public init(_ normalizedShape: Shape, epsilon: Float = 1e-5, affine: Bool = true, bias: Bool = true) {
    self.normalizedShape = normalizedShape
    self.epsilon = epsilon
    self.affine = affine
    self.bias = bias
  }

  public var name: String { "LayerNorm" }
  public func canApply(_ activation: FusedActivation) -> Bool { activation == .relu }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard normalizedShape.rank >= 1, normalizedShape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .invalidValue(
        layer: name, name: "normalizedShape", value: "\(normalizedShape)",
        expected: "at least one dimension, each at least 1")
    }
    guard inputShape.dimensions.suffix(normalizedShape.rank) == normalizedShape.dimensions[...],
      inputShape.dimensions.allSatisfy({ $0 >= 1 })
    else {
      throw .inputShape(layer: name, given: inputShape, expected: "a shape that ends in \(normalizedShape)")
    }
    try checkEpsilon(epsilon, layer: name)
    return try addressable(inputShape, "input", layer: name)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    _ = try outputShape(for: inputShape)
    return affine ? affineParameters(shape: normalizedShape, bias: bias) : []
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = try outputShape(for: problem.inputShape)
    let (rows, overflow) = problem.batchSize.multipliedReportingOverflow(by: shape.count / normalizedShape.count)
    guard !overflow else { throw .kernel(layer: name, .tooLarge(operation: GroupNormForward.name)) }
    return try PlannedGroupNorm(
      GroupNormProblem(
        batch: rows, groups: 1, channels: normalizedShape.count, plane: 1, epsilon: epsilon,
        relu: problem.activation == .relu),
      hasWeight: affine, hasBias: affine && bias, problem, name)
  }
}
