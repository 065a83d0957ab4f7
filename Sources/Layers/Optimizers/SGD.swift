import Kernels

/// Stochastic gradient descent with momentum, as in PyTorch.
///
/// With gradient g, learning rate η, momentum μ, dampening τ and weight decay λ: g ← g + λp; v ← g in the first step,
/// then μv + (1 − τ)g; p ← p − ηv, or p − η(g + μv) with Nesterov's momentum.
public struct SGD: Optimizer {
  public var learningRate: Float
  public var momentum: Float
  public var nesterov: Bool
  public var weightDecay: Float
  public var dampening: Float

  public init(
    learningRate: Float, momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0, dampening: Float = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.dampening = dampening
  }

  public var name: String { "SGD" }

  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> any PlannedOptimizer {
    try require("learningRate", learningRate, atLeast: 0)
    try require("momentum", momentum, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    guard !nesterov || (momentum > 0 && dampening == 0) else {
      throw .invalidValue(
        layer: name, name: "nesterov", value: "true", expected: "false, or a momentum above 0 and a dampening of 0")
    }
    let problem = SGDStep.Problem(
      count: model.parameterBuffer.count, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay,
      dampening: dampening)
    return PlannedSGD(
      model, learningRate, hasVelocity: momentum != 0,
      try kernel(SGDStep.self, problem, threads: threads, level: level))
  }
}

private final class PlannedSGD: PlannedOptimizer {
  var learningRate: Float
  private let model: Model
  private let kernel: Plan<SGDStep>
  private let velocity: FloatStorage?
  private let workspace: Workspace
  private var isFirst = true

  init(_ model: Model, _ learningRate: Float, hasVelocity: Bool, _ kernel: Plan<SGDStep>) {
    self.model = model
    self.learningRate = learningRate
    self.kernel = kernel
    velocity = hasVelocity ? FloatStorage(repeating: 0, count: model.parameterBuffer.count) : nil
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  func step() {
    kernel.run(
      SGDStep.Operands(
        parameters: model.values.storage.pointer, gradients: UnsafePointer(model.gradients.storage.pointer),
        velocity: velocity?.pointer, learningRate: learningRate, isFirst: isFirst),
      workspace: workspace)
    isFirst = false
  }
}
