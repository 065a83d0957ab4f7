import Kernels

/// RMSprop (Hinton, 2012), as in PyTorch.
///
/// With gradient g, learning rate η, momentum μ and weight decay λ: g ← g + λp; s ← αs + (1 − α)g²; d ← g / (√s + ε); v
/// ← μv + d; p ← p − ηv. If centred (Graves, 2013), √(s − a²) replaces √s, with the gradients' mean a ← αa + (1 − α)g.
public struct RMSprop: GroupableOptimizer {
  /// The learning rate η.
  public var learningRate: Float
  /// The decay rate α of the squared gradients' mean.
  public var alpha: Double
  /// The term ε that bounds the divisor away from 0.
  public var epsilon: Float
  /// The weight decay λ.
  public var weightDecay: Float
  /// The momentum μ.
  public var momentum: Float
  /// Whether the gradients' mean is subtracted, see above.
  public var centered: Bool
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float = 0.01, alpha: Double = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0,
    momentum: Float = 0, centered: Bool = false, maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.centered = centered
    self.maximize = maximize
  }

  public var name: String { "RMSprop" }
}

extension RMSprop: KernelOptimizer {
  typealias Step = RMSpropStep
  static var stateNames: [String] { ["square_avg", "momentum_buffer", "grad_avg"] }
  var firstStates: [Float?] { [0, momentum == 0 ? nil : 0, centered ? 0 : nil] }

  var cyclesMomentum: Bool { momentum != 0 }
  var cycledMomentum: Float {
    get { momentum }
    set { momentum = newValue }
  }

  func check() throws(OptimizerError) {
    try require("learningRate", learningRate, atLeast: 0)
    try require("alpha", Float(alpha), atLeast: 0)
    try require("epsilon", epsilon, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    try require("momentum", momentum, atLeast: 0)
  }

  func problem(count: Int) -> RMSpropStep.Problem {
    RMSpropStep.Problem(
      count: count, alpha: alpha, epsilon: epsilon, weightDecay: weightDecay, momentum: momentum, centered: centered,
      maximize: maximize)
  }

  func operands(_ memory: StepMemory) -> RMSpropStep.Operands {
    RMSpropStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, squares: memory.states.0 ?? memory.parameters,
      velocity: memory.states.1, means: memory.states.2, learningRate: learningRate, momentum: momentum)
  }
}
