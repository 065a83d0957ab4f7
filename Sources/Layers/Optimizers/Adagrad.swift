import Kernels

/// Adagrad (Duchi, Hazan and Singer, 2011), as in PyTorch.
///
/// With gradient g, learning rate η with decay δ, and weight decay λ, in step t: g ← g + λp; s ← s + g²; p ← p − η/(1 +
/// (t − 1)δ) · g / (√s + ε).
public struct Adagrad: GroupableOptimizer {
  /// The learning rate η.
  public var learningRate: Float
  /// The decay δ of the learning rate.
  public var learningRateDecay: Float
  /// The weight decay λ.
  public var weightDecay: Float
  /// The sum of squared gradients s before the first step.
  public var initialAccumulator: Float
  /// The term ε that bounds the divisor away from 0.
  public var epsilon: Float
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.01, learningRateDecay: Float = 0, weightDecay: Float = 0, initialAccumulator: Float = 0,
    epsilon: Float = 1e-10, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.learningRateDecay = learningRateDecay
    self.weightDecay = weightDecay
    self.initialAccumulator = initialAccumulator
    self.epsilon = epsilon
    self.maximize = maximize
  }

  public var name: String { "Adagrad" }
}

extension Adagrad: KernelOptimizer {
  typealias Step = AdagradStep
  static var stateNames: [String] { ["sum"] }
  var firstStates: [Float?] { [initialAccumulator] }

  var cyclesMomentum: Bool { false }
  var cycledMomentum: Float {
    get { 0 }
    set {}
  }

  func check() throws(OptimizerError) {
    try require("learningRate", learningRate, atLeast: 0)
    try require("learningRateDecay", learningRateDecay, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    try require("initialAccumulator", initialAccumulator, atLeast: 0)
    try require("epsilon", epsilon, atLeast: 0)
  }

  func problem(count: Int) -> AdagradStep.Problem {
    AdagradStep.Problem(count: count, epsilon: epsilon, weightDecay: weightDecay, maximize: maximize)
  }

  func operands(_ memory: StepMemory) -> AdagradStep.Operands {
    let decay = 1 + Double(memory.step - 1) * Double(learningRateDecay)
    return AdagradStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, sums: memory.states.0 ?? memory.parameters,
      learningRate: Float(Double(learningRate) / decay))
  }
}
