import Kernels

/// Makes images larger by whole factors, each value becoming a rectangle of equal ones: `[channels, height, width]` to
/// `[channels, height · scale.height, width · scale.width]`. PyTorch's `Upsample` in mode `nearest`.
public struct Upsample: Layer {
  public var scale: Size2D

  /// - Parameter scale: a number for both axes or a ``Size2D``, at least 1.
  public init(_ scale: any Size2DConvertible) { self.scale = scale.size2D }

  public var name: String { "Upsample" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try requireImage(inputShape, layer: name)
    let limits = 1...(1 << 20)
    guard limits ~= scale.height, limits ~= scale.width else {
      throw .invalidValue(layer: name, name: "scale", value: "\(scale)", expected: "1 to \(limits.upperBound)")
    }
    return try addressable(
      [inputShape[0], inputShape[1] * scale.height, inputShape[2] * scale.width], "output", layer: name)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let shape = problem.inputShape
    _ = try outputShape(for: shape)
    let (planes, overflow) = problem.batchSize.multipliedReportingOverflow(by: shape[0])
    guard !overflow else { throw .kernel(layer: name, .tooLarge(operation: UpsampleForward.name)) }
    return try PlannedUpsample(
      UpsampleProblem(
        planes: planes, inputHeight: shape[1], inputWidth: shape[2], scaleHeight: scale.height,
        scaleWidth: scale.width),
      problem, name)
  }
}

private final class PlannedUpsample: PlannedLayer {
  let workspaceByteCount: Int
  private let forward: Plan<UpsampleForward>
  private let backward: Plan<UpsampleBackward>?

  init(_ upsample: UpsampleProblem, _ problem: LayerProblem, _ name: String) throws(LayerError) {
    forward = try problem.kernel(UpsampleForward.self, upsample, for: name)
    backward = try problem.backwardKernel(UpsampleBackward.self, upsample, for: name, if: problem.needsInputGradient)
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
