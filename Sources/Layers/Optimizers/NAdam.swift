import Kernels

/// NAdam (Dozat, 2016), Adam with Nesterov's momentum, as in PyTorch.
///
/// With gradient g, learning rate η, weight decay λ, in step t: g ← g + λp, or with decoupled weight decay p ← p − ηλp;
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; μₜ = β₁(1 − ½·0.96^(t·momentumDecay)), Πₜ = μ₁·…·μₜ; p ← p − η · ((1 −
/// μₜ)/(1 − Πₜ)·g + μₜ₊₁/(1 − Πₜ₊₁)·m) / (√(v/(1 − β₂ᵗ)) + ε).
public struct NAdam: GroupableOptimizer {
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
  /// The rate at which the momentum μₜ rises from β₁/2 to β₁.
  public var momentumDecay: Double
  /// Whether the weight decay is applied to the parameters directly, as in ``AdamW``, instead of to the gradient.
  public var decoupledWeightDecay: Bool
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.002, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0, momentumDecay: Double = 0.004, decoupledWeightDecay: Bool = false, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentumDecay = momentumDecay
    self.decoupledWeightDecay = decoupledWeightDecay
    self.maximize = maximize
  }

  public var name: String { "NAdam" }
}

extension NAdam: KernelOptimizer {
  typealias Step = NAdamStep
  static var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }
  var firstStates: [Float?] { [0, 0] }
  static var productName: String? { "mu_product" }

  var cyclesMomentum: Bool { true }
  var cycledMomentum: Float {
    get { Float(beta1) }
    set { beta1 = newValue.asWritten }
  }

  func check() throws(OptimizerError) {
    try checkMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    try require("momentumDecay", Float(momentumDecay), atLeast: 0)
  }

  func problem(count: Int) -> NAdamStep.Problem {
    NAdamStep.Problem(
      count: count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
      momentumDecay: momentumDecay, decoupled: decoupledWeightDecay, maximize: maximize)
  }

  func advanced(_ product: Float, toStep step: Int) -> Float {
    Float(Double(product) * NAdamStep.momentum(atStep: step, beta1: beta1, decay: momentumDecay))
  }

  func operands(_ memory: StepMemory) -> NAdamStep.Operands {
    NAdamStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, firstMoments: memory.states.0 ?? memory.parameters,
      secondMoments: memory.states.1 ?? memory.parameters, learningRate: learningRate, step: memory.step,
      momentumProduct: Double(memory.product), beta1: beta1)
  }
}
