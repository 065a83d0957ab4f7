import Kernels

/// Stochastic gradient descent with momentum, as in PyTorch.
///
/// With gradient g, learning rate η, momentum μ, dampening τ and weight decay λ: g ← g + λp; v ← g in the first step,
/// then μv + (1 − τ)g; p ← p − ηv, or p − η(g + μv) with Nesterov's momentum.
public struct SGD: GroupableOptimizer {
  /// The learning rate η.
  public var learningRate: Float
  /// The momentum μ.
  public var momentum: Float
  /// Whether Nesterov's momentum is used.
  public var nesterov: Bool
  /// The weight decay λ.
  public var weightDecay: Float
  /// The dampening τ of the momentum.
  public var dampening: Float
  /// Whether the loss is maximised: parameters move along the gradient instead of against it.
  public var maximize: Bool

  /// The optimiser, by default with PyTorch's options.
  public init(
    learningRate: Float, momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0, dampening: Float = 0,
    maximize: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.dampening = dampening
    self.maximize = maximize
  }

  public var name: String { "SGD" }
}

extension SGD: KernelOptimizer {
  typealias Step = SGDStep
  static var stateNames: [String] { ["momentum_buffer"] }
  var firstStates: [Float?] { [momentum == 0 ? nil : 0] }

  var cyclesMomentum: Bool { momentum != 0 }
  var cycledMomentum: Float {
    get { momentum }
    set { momentum = newValue }
  }

  func check() throws(OptimizerError) {
    try require("learningRate", learningRate, atLeast: 0)
    try require("momentum", momentum, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    guard !nesterov || (momentum > 0 && dampening == 0) else {
      throw .invalidValue(
        optimizer: name, name: "nesterov", value: "true", expected: "false, or a momentum above 0 and a dampening of 0")
    }
  }

  func problem(count: Int) -> SGDStep.Problem {
    SGDStep.Problem(
      count: count, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay, dampening: dampening,
      maximize: maximize)
  }

  func operands(_ memory: StepMemory) -> SGDStep.Operands {
    SGDStep.Operands(
      parameters: memory.parameters, gradients: memory.gradients, velocity: memory.states.0,
      learningRate: learningRate, isFirst: memory.step == 1, momentum: momentum)
  }
}
