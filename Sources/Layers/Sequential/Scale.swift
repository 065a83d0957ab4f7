import Kernels

/// Multiplies every value by a constant; any shape. Before a cross entropy it is the inverse of a temperature.
public struct Scale: Layer {
  /// The factor.
  public var factor: Float

  /// Multiplies by `factor`.
  public init(_ factor: Float) { self.factor = factor }

  public var kind: String { "Scale" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard factor.isFinite else {
      throw .invalidValue(layer: kind, name: "factor", value: "\(factor)", expected: "a finite number")
    }
    return inputShape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    _ = try outputShape(for: problem.inputShape)
    return try PlannedScale(factor, problem, kind)
  }
}

private final class PlannedScale: PlannedLayer {
  let workspaceByteCount: Int
  private let scaling: Plan<ChannelScaling>
  /// The factor, which the kernel reads as the scale of its only channel.
  private let factor: FloatStorage

  init(_ factor: Float, _ problem: LayerProblem, _ kind: String) throws(LayerError) {
    let values = ChannelsProblem(batch: problem.batchSize, channels: 1, plane: problem.inputShape.count)
    scaling = try problem.kernel(ChannelScaling.self, values, for: kind)
    workspaceByteCount = scaling.workspaceByteCount
    self.factor = FloatStorage(repeating: factor, count: 1)
  }

  var runsInPlace: Bool { true }
  var canShareGradients: Bool { true }
  var overwritesOutputGradient: Bool { false }

  func forward(_ memory: ForwardMemory) { run(memory.input, memory.output, memory.workspace) }

  func backward(_ memory: BackwardMemory) {
    guard let inputGradient = memory.inputGradient else { return }
    run(memory.outputGradient, inputGradient, memory.workspace)
  }

  private func run(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ workspace: UnsafeMutableRawPointer
  ) {
    scaling.run(
      ChannelScaling.Operands(input: input, scales: UnsafePointer(factor.pointer), output: output),
      workspace: workspace)
  }
}
