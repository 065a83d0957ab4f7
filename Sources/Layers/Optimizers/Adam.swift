import Kernels

/// Adam (Kingma and Ba, 2015, algorithm 1), as in PyTorch.
///
/// With gradient g, learning rate η, weight decay λ, in step t: g ← g + λp; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
/// p ← p − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε). AMSGrad (Reddi, Kale and Kumar, 2018) uses the largest v so far in
/// the last formula. A parameter whose gradients were always 0 does not change, even with ε = 0.
public struct Adam: GroupableOptimizer {
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
  /// Whether AMSGrad's largest v so far is used.
  public var amsgrad: Bool
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0, amsgrad: Bool = false, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.amsgrad = amsgrad
    self.maximize = maximize
  }

  public var name: String { "Adam" }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as in PyTorch: p ← p − ηλp, then ``Adam``'s step
/// without weight decay.
public struct AdamW: GroupableOptimizer {
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
  /// Whether AMSGrad's largest v so far is used.
  public var amsgrad: Bool
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0.01, amsgrad: Bool = false, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.amsgrad = amsgrad
    self.maximize = maximize
  }

  public var name: String { "AdamW" }
}

extension Adam: AdamOptimizer {
  var isDecoupled: Bool { false }
}

extension AdamW: AdamOptimizer {
  var isDecoupled: Bool { true }
}

/// The shared implementation of Adam and AdamW, which differ in the weight decay.
protocol AdamOptimizer: KernelOptimizer where Step == AdamStep {
  var beta1: Double { get set }
  var beta2: Double { get }
  var epsilon: Float { get }
  var amsgrad: Bool { get }
  var maximize: Bool { get }
  var isDecoupled: Bool { get }
}

extension AdamOptimizer {
  static var stateNames: [String] { ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] }
  var firstStates: [Float?] { [0, 0, amsgrad ? 0 : nil] }

  var cyclesMomentum: Bool { true }
  var cycledMomentum: Float {
    get { Float(beta1) }
    set { beta1 = newValue.asWritten }
  }

  func check() throws(OptimizerError) {
    try checkMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }

  func problem(count: Int) -> AdamStep.Problem {
    AdamStep.Problem(
      count: count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, decoupled: isDecoupled,
      amsgrad: amsgrad, maximize: maximize)
  }

  func operands(_ memory: StepMemory) -> AdamStep.Operands {
    var operands = AdamStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, firstMoments: memory.parameters,
      secondMoments: memory.parameters, largestMoments: memory.states.2, learningRate: learningRate,
      step: memory.step, beta1: beta1)
    if let first = memory.states.0, let second = memory.states.1 {
      operands.firstMoments = first
      operands.secondMoments = second
    }
    return operands
  }
}

extension Optimizer {
  /// Checks the options that Adam, AdamW, NAdam and RAdam have in common.
  func checkMoments(beta1: Double, beta2: Double, epsilon: Float, weightDecay: Float) throws(OptimizerError) {
    try require("learningRate", learningRate, atLeast: 0)
    try require("beta1", Float(beta1), atLeast: 0, below: 1)
    try require("beta2", Float(beta2), atLeast: 0, below: 1)
    try require("epsilon", epsilon, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
  }
}

extension Float {
  /// The Double with the shortest decimal representation of this Float: 0.9 as Float becomes 0.9 as Double.
  var asWritten: Double { Double("\(self)") ?? Double(self) }
}
