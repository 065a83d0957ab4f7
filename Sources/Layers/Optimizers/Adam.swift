import Kernels

/// Adam (Kingma and Ba, 2015, algorithm 1), as in PyTorch.
///
/// With gradient g, learning rate η, weight decay λ, in step t: g ← g + λp; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
/// p ← p − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε).
public struct Adam: Optimizer {
  public var learningRate: Float
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Float
  public var weightDecay: Float

  public init(
    learningRate: Float = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public var name: String { "Adam" }

  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> any PlannedOptimizer {
    try require("learningRate", learningRate, atLeast: 0)
    try require("beta1", Float(beta1), atLeast: 0, below: 1)
    try require("beta2", Float(beta2), atLeast: 0, below: 1)
    try require("epsilon", epsilon, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    let problem = AdamStep.Problem(
      count: model.parameterBuffer.count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    return PlannedAdam(
      model, learningRate, try kernel(AdamStep.self, problem, threads: threads, level: level))
  }
}

private final class PlannedAdam: PlannedOptimizer {
  var learningRate: Float
  private let model: Model
  private let kernel: Plan<AdamStep>
  private let firstMoments: FloatStorage
  private let secondMoments: FloatStorage
  private let workspace: Workspace
  private var stepCount = 0

  init(_ model: Model, _ learningRate: Float, _ kernel: Plan<AdamStep>) {
    self.model = model
    self.learningRate = learningRate
    self.kernel = kernel
    firstMoments = FloatStorage(repeating: 0, count: model.parameterBuffer.count)
    secondMoments = FloatStorage(repeating: 0, count: model.parameterBuffer.count)
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  func step() {
    stepCount += 1
    kernel.run(
      AdamStep.Operands(
        parameters: model.values.storage.pointer, gradients: UnsafePointer(model.gradients.storage.pointer),
        firstMoments: firstMoments.pointer, secondMoments: secondMoments.pointer, learningRate: learningRate,
        step: stepCount),
      workspace: workspace)
  }
}
