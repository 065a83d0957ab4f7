import Kernels

/// Enlarges images by whole factors: `[channels, height, width]` to `[channels, height · scale.height, width ·
/// scale.width]`. PyTorch's `Upsample` with `scale_factor`.
///
///     Upsample(2), Upsample(2, mode: .bilinear())
public struct Upsample: Layer {
  /// How output pixels are computed from input pixels.
  public enum Mode: Hashable, Sendable {
    /// Each output pixel is the nearest input pixel.
    case nearest
    /// Each output pixel is interpolated between the four nearest input pixels.
    ///
    /// - Parameter alignCorners: whether the centres of the corner pixels of input and output coincide, as in PyTorch;
    ///   else the images' edges do.
    case bilinear(alignCorners: Bool = false)
  }

  /// The factors for height and width, at least 1.
  public var scale: Size2D
  /// How output pixels are computed.
  public var mode: Mode

  /// - Parameters:
  ///   - scale: a number for both axes or a ``Size2D``, at least 1.
  ///   - mode: how output pixels are computed.
  public init(_ scale: any Size2DConvertible, mode: Mode = .nearest) {
    self.scale = scale.size2D
    self.mode = mode
  }

  public var kind: String { "Upsample" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: kind)
    let limits = 1...(1 << 20)
    guard limits ~= scale.height, limits ~= scale.width else {
      throw .invalidValue(layer: kind, name: "scale", value: "\(scale)", expected: "1 to \(limits.upperBound)")
    }
    return try addressable(
      [inputShape[0], inputShape[1] * scale.height, inputShape[2] * scale.width], "output", layer: kind)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = problem.inputShape
    let output = try outputShape(for: shape)
    let (planes, overflow) = problem.batchSize.multipliedReportingOverflow(by: shape[0])
    guard !overflow else { throw .kernel(layer: kind, .tooLarge(operation: UpsampleForward.name)) }
    switch mode {
    case .nearest:
      return try PlannedUpsample(
        UpsampleProblem(
          planes: planes, inputHeight: shape[1], inputWidth: shape[2], scaleHeight: scale.height,
          scaleWidth: scale.width),
        problem, kind)
    case .bilinear(let alignCorners):
      return try PlannedBilinearUpsample(
        BilinearProblem(
          planes: planes, inputHeight: shape[1], inputWidth: shape[2], outputHeight: output[1], outputWidth: output[2],
          alignCorners: alignCorners),
        problem, kind)
    }
  }
}

private final class PlannedUpsample: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<UpsampleForward>
  private let backward: Plan<UpsampleBackward>?

  init(_ upsample: UpsampleProblem, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(UpsampleForward.self, upsample, for: kind)
    backward = try problem.backwardKernel(UpsampleBackward.self, upsample, for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(UpsampleForward.Operands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      UpsampleBackward.Operands(outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}

private final class PlannedBilinearUpsample: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<BilinearUpsampleForward>
  private let backward: Plan<BilinearUpsampleBackward>?

  init(_ upsample: BilinearProblem, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    forward = try problem.kernel(BilinearUpsampleForward.self, upsample, for: kind)
    backward = try problem.backwardKernel(
      BilinearUpsampleBackward.self, upsample, for: kind, if: problem.needsInputGradient)
    workspaceByteCount = max(forward.workspaceByteCount, backward?.workspaceByteCount ?? 0)
  }

  var overwritesOutputGradient: Bool { false }
  var readsOutput: Bool { false }

  func forward(_ memory: ForwardMemory) {
    forward.run(
      BilinearUpsampleForward.Operands(input: memory.input, output: memory.output), workspace: memory.workspace)
  }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    backward?.run(
      BilinearUpsampleBackward.Operands(outputGradient: memory.outputGradient, inputGradient: inputGradient),
      workspace: memory.workspace)
  }
}
