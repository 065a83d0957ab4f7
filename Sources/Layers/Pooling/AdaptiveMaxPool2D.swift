import Kernels

/// Max pooling to a fixed output size: `[channels, height, width]` to `[channels, outputSize.height,
/// outputSize.width]`.
///
/// As in PyTorch, output row i of h is the maximum of input rows ⌊i·H/h⌋ ..< ⌈(i+1)·H/h⌉ of H; likewise for columns. Of
/// equal maxima, the first in row-major order gets the gradient; NaN counts as larger than every number.
public struct AdaptiveMaxPool2D: Layer {
  /// The height and width of the output, in pixels.
  public var outputSize: Size2D

  /// A pooling to `outputSize`, one number for both axes or a ``Size2D``.
  public init(_ outputSize: any Size2DConvertible) { self.outputSize = outputSize.size2D }

  public var kind: String { "AdaptiveMaxPool2D" }

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
    return try PlannedAdaptiveMaxPool2D(
      AdaptivePool2DShape(
        batch: problem.batchSize, channels: input[0], inputHeight: input[1], inputWidth: input[2],
        outputHeight: output[1], outputWidth: output[2]),
      problem, kind)
  }
}

/// Saves the index of each maximum in its plane.
private final class PlannedAdaptiveMaxPool2D: PlannedLayer {
  let savedByteCount: Int
  let workspaceByteCount: Int
  private let forward: Plan<AdaptiveMaxPool2DForward>
  private let backward: Plan<AdaptiveMaxPool2DBackward>?

  init(_ shape: AdaptivePool2DShape, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(AdaptiveMaxPool2DForward.self, shape, for: kind)
    backward = try problem.backwardKernel(
      AdaptiveMaxPool2DBackward.self, shape, for: kind, if: problem.needsInputGradient)
    let outputCount = shape.batch * shape.channels * shape.outputHeight * shape.outputWidth
    savedByteCount = backward == nil ? 0 : outputCount * MemoryLayout<Int32>.stride
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      AdaptiveMaxPool2DForward.Operands(
        input: memory.input, output: memory.output,
        indices: backward == nil ? nil : memory.saved.assumingMemoryBound(to: Int32.self)),
      workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      AdaptiveMaxPool2DBackward.Operands(
        outputGradient: memory.outputGradient, indices: memory.saved.assumingMemoryBound(to: Int32.self),
        inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
