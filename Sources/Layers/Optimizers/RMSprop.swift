import Kernels

/// RMSprop (Hinton, 2012), as in PyTorch.
///
/// With gradient g, learning rate η, momentum μ and weight decay λ: g ← g + λp; s ← αs + (1 − α)g²; d ← g / (√s + ε);
/// v ← μv + d; p ← p − ηv. Where centred (Graves, 2013), √(s − a²) stands for √s, with the gradients' mean
/// a ← αa + (1 − α)g.
public struct RMSprop: GroupableOptimizer {
  public var learningRate: Float
  /// How much of the mean of the gradients' squares stays at a step.
  public var alpha: Double
  public var epsilon: Float
  public var weightDecay: Float
  public var momentum: Float
  public var centered: Bool
  /// Whether the parameters climb along the gradient.
  public var maximize: Bool

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

  func check() throws(LayerError) {
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
