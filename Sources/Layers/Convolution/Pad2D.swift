import Kernels

/// Pads an image with rows and columns: `[C, H, W]` to `[C, top + H + bottom, left + W + right]`.
///
/// PyTorch's `ZeroPad2d`, `ReflectionPad2d`, `ReplicationPad2d` and `CircularPad2d`. ``Conv2D`` has its own padding and
/// needs no layer before it.
public struct Pad2D: Layer {
  /// The rows added above the image.
  public var top: Int
  /// The rows added below the image.
  public var bottom: Int
  /// The columns added left of the image.
  public var left: Int
  /// The columns added right of the image.
  public var right: Int
  /// How the added pixels are made.
  public var mode: PaddingMode

  /// Pads each side by a number of rows or columns.
  public init(top: Int, bottom: Int, left: Int, right: Int, mode: PaddingMode = .zeros) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
  }

  /// Pads opposite sides alike; a number for both axes or a ``Size2D``, in pixels.
  public init(_ padding: any Size2DConvertible, mode: PaddingMode = .zeros) {
    let size = padding.size2D
    self.init(top: size.height, bottom: size.height, left: size.width, right: size.width, mode: mode)
  }

  public var kind: String { "Pad2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return try addressable([inputShape[0], shape.outputHeight, shape.outputWidth], "output", layer: kind)
  }

  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Pad2DShape {
    try requireImage(inputShape, layer: kind)
    for (option, value, count) in [
      ("top", top, inputShape[1]), ("bottom", bottom, inputShape[1]), ("left", left, inputShape[2]),
      ("right", right, inputShape[2]),
    ] {
      let largest = min(Pad2DShape.largestPadding(mode, count: count), 1 << 20)
      guard 0...largest ~= value else {
        throw .invalidValue(
          layer: kind, name: option, value: "\(value)",
          expected: "0 to \(largest) around \(count) pixels in mode \(mode)")
      }
    }
    return Pad2DShape(
      planes: batchSize * inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2], top: top,
      bottom: bottom, left: left, right: right, mode: mode)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedPad2D(shape(for: problem.inputShape, batchSize: problem.batchSize), problem, kind)
  }
}

private final class PlannedPad2D: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<Pad2DForward>
  private let backward: Plan<Pad2DBackward>?

  init(_ shape: Pad2DShape, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(Pad2DForward.self, shape, for: kind)
    backward = try problem.backwardKernel(Pad2DBackward.self, shape, for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(Pad2DForward.Operands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      Pad2DBackward.Operands(outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
