import Kernels

/// RAdam (Liu and others, 2020), as in PyTorch: ``Adam`` without the division by √v while the variance of v is too
/// large, which makes a warm-up unnecessary.
///
/// With gradient g, learning rate η, weight decay λ, in step t: g ← g + λp, or with decoupled weight decay p ← p − ηλp;
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ), r = √((ρ − 4)(ρ − 2)ρ∞ /
/// ((ρ∞ − 4)(ρ∞ − 2)ρ)); p ← p − η · m/(1 − β₁ᵗ) · (ρ > 5: r·√(1 − β₂ᵗ)/(√v + ε), else 1).
public struct RAdam: GroupableOptimizer {
  /// The learning rate η.
  public var learningRate: Float
  /// The decay rate β₁ of the gradients' mean.
  public var beta1: Double
  /// The decay rate β₂ of the squared gradients' mean.
  public var beta2: Double
  /// The term ε that bounds the divisor away from 0.
  public var epsilon: Float
  /// The weight decay λ.
  public var weightDecay: Float
  /// Whether the weight decay is applied to the parameters directly, as in ``AdamW``, instead of to the gradient.
  public var decoupledWeightDecay: Bool
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0, decoupledWeightDecay: Bool = false, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupledWeightDecay = decoupledWeightDecay
    self.maximize = maximize
  }

  public var name: String { "RAdam" }
}

extension RAdam: KernelOptimizer {
  typealias Step = RAdamStep
  static var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }
  var firstStates: [Float?] { [0, 0] }

  var cyclesMomentum: Bool { true }
  var cycledMomentum: Float {
    get { Float(beta1) }
    set { beta1 = newValue.asWritten }
  }

  func check() throws(OptimizerError) {
    try checkMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }

  func problem(count: Int) -> RAdamStep.Problem {
    RAdamStep.Problem(
      count: count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
      decoupled: decoupledWeightDecay, maximize: maximize)
  }

  func operands(_ memory: StepMemory) -> RAdamStep.Operands {
    RAdamStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, firstMoments: memory.states.0 ?? memory.parameters,
      secondMoments: memory.states.1 ?? memory.parameters, learningRate: learningRate, step: memory.step, beta1: beta1)
  }
}
