import Kernels

/// Puts rows and columns around an image: `[C, H, W]` to `[C, top + H + bottom, left + W + right]`.
///
/// PyTorch's `ZeroPad2d`, `ReflectionPad2d`, `ReplicationPad2d` and `CircularPad2d`. ``Conv2D`` pads itself.
public struct Pad2D: Layer {
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int
  public var mode: PaddingMode

  public init(top: Int, bottom: Int, left: Int, right: Int, mode: PaddingMode = .zeros) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
  }

  /// The same on opposite sides; a number for both axes or a ``Size2D``.
  public init(_ padding: any Size2DConvertible, mode: PaddingMode = .zeros) {
    let size = padding.size2D
    self.init(top: size.height, bottom: size.height, left: size.width, right: size.width, mode: mode)
  }

  public var name: String { "Pad2D" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    let shape = try shape(for: inputShape, batchSize: 1)
    return try addressable([inputShape[0], shape.outputHeight, shape.outputWidth], "output", layer: name)
  }

  private func shape(for inputShape: Shape, batchSize: Int) throws(LayerError) -> Pad2DShape {
    try requireImage(inputShape, layer: name)
    for (option, value, count) in [
      ("top", top, inputShape[1]), ("bottom", bottom, inputShape[1]), ("left", left, inputShape[2]),
      ("right", right, inputShape[2]),
    ] {
      let largest = min(Pad2DShape.largestPadding(mode, count: count), 1 << 20)
      guard 0...largest ~= value else {
        throw .invalidValue(
          layer: name, name: option, value: "\(value)",
          expected: "0 to \(largest) around \(count) pixels in mode \(mode)")
      }
    }
    return Pad2DShape(
      planes: batchSize * inputShape[0], inputHeight: inputShape[1], inputWidth: inputShape[2], top: top,
      bottom: bottom, left: left, right: right, mode: mode)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try PlannedPad2D(shape(for: problem.inputShape, batchSize: problem.batchSize), problem, name)
  }
}

private final class PlannedPad2D: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<Pad2DForward>
  private let backward: Plan<Pad2DBackward>?

  init(_ shape: Pad2DShape, _ problem: LayerProblem, _ name: String) throws(LayerError) {
    forward = try problem.kernel(Pad2DForward.self, shape, for: name)
    backward = try problem.backwardKernel(Pad2DBackward.self, shape, for: name, if: problem.needsInputGradient)
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
