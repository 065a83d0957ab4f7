import Kernels

/// Average pooling to a fixed output size: `[channels, height, width]` to `[channels, outputSize.height,
/// outputSize.width]`.
///
/// As in PyTorch, output row i of h is the mean of input rows ⌊i·H/h⌋ ..< ⌈(i+1)·H/h⌉ of H; likewise for columns.
public struct AdaptiveAveragePool2D: Layer {
  /// The height and width of the output, in pixels.
  public var outputSize: Size2D

  /// A pooling to `outputSize`, one number for both axes or a ``Size2D``.
  public init(_ outputSize: any Size2DConvertible) { self.outputSize = outputSize.size2D }

  public var kind: String { "AdaptiveAveragePool2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: kind)
    guard 1...Int(Int32.max) ~= outputSize.height, 1...Int(Int32.max) ~= outputSize.width else {
      throw .invalidValue(layer: kind, name: "outputSize", value: "\(outputSize)", expected: "1 to \(Int32.max)")
    }
    return try addressable([inputShape[0], outputSize.height, outputSize.width], "output", layer: kind)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let input = problem.inputShape
    let output = try outputShape(for: input)
    let shape = AdaptivePool2DShape(
      batch: problem.batchSize, channels: input[0], inputHeight: input[1], inputWidth: input[2],
      outputHeight: output[1], outputWidth: output[2])
    return try PlannedAveragePool<AdaptiveAveragePool2DForward, AdaptiveAveragePool2DBackward>(shape, problem, kind)
  }
}
