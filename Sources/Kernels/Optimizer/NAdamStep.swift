import KernelsISA

/// A step of NAdam on an array of parameters, as PyTorch's `torch.optim.NAdam` defines it (Dozat, 2016): Adam with
/// Nesterov's momentum. At step t, counted from 1:
///
///     g ← gradient + weightDecay·parameter
///     m ← m + (1 - beta1)·(g - m)
///     v ← beta2·v + (1 - beta2)·g²
///     μᵢ = beta1·(1 - ½·0.96^(i·momentumDecay)),   Πᵢ = μ₁·…·μᵢ
///     parameter ← parameter - learningRate · ((1 - μₜ)/(1 - Πₜ)·g + μₜ₊₁/(1 - Πₜ₊₁)·m) / (√v/√(1 - beta2ᵗ) + epsilon)
///
/// Before the first step m and v are 0. Variants, which can be combined:
/// - `decoupled`: the weight decay is not added to the gradient; the parameter is first multiplied by
///   1 - learningRate·weightDecay.
/// - `maximize`: the gradient is negated first.
///
/// A parameter whose denominator is 0, which only an epsilon of 0 permits, stays unchanged. All levels give the same
/// bits.
public enum NAdamStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "nadam"

  /// Factors that depend only on the betas, the momenta and the step are computed in Double, as in ``AdamStep``.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float
    /// How fast the momentum grows from half of beta1 to beta1.
    public var momentumDecay: Double
    /// Whether the weight decay scales the parameters directly instead of adding to the gradient.
    public var decoupled: Bool
    public var maximize: Bool

    public init(
      count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
      momentumDecay: Double = 4e-3, decoupled: Bool = false, maximize: Bool = false
    ) {
      self.count = count
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.momentumDecay = momentumDecay
      self.decoupled = decoupled
      self.maximize = maximize
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written: m, the running mean of the gradients.
    public var firstMoments: UnsafeMutablePointer<Float>
    /// Read and written: v, the running mean of the squared gradients.
    public var secondMoments: UnsafeMutablePointer<Float>
    public var learningRate: Float
    /// The number of this step, counted from 1.
    public var step: Int
    /// The product of the momenta of all steps up to this one, 0 to 1: ``momentum(atStep:beta1:decay:)`` at the first.
    public var momentumProduct: Double
    /// The beta1 of this step; nil for the problem's.
    public var beta1: Double?

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, learningRate: Float,
      step: Int, momentumProduct: Double, beta1: Double? = nil
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.firstMoments = firstMoments
      self.secondMoments = secondMoments
      self.learningRate = learningRate
      self.step = step
      self.momentumProduct = momentumProduct
      self.beta1 = beta1
    }
  }

  /// The momentum μ of a step, counted from 1.
  public static func momentum(atStep step: Int, beta1: Double, decay: Double) -> Double {
    beta1 * (1 - 0.5 * pow(0.96, Double(step) * decay))
  }

  public static let kernels: [Kernel<NAdamStep>] = {
    let levels = Kernel<NAdamStep>.levelRows(
      "elementwise", Levels.nadamStep, work: { Work(bytes: $0.count * 28) },
      run: { body, problem, parts, operands in
        let factors = NAdamFactors(problem, operands)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = NAdamArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            firstMoments: operands.firstMoments + first, secondMoments: operands.secondMoments + first,
            count: range.count, oneMinusBeta1: factors.oneMinusBeta1, beta2: Float(problem.beta2),
            oneMinusBeta2: factors.oneMinusBeta2, momentStepSize: factors.momentStepSize, rootScale: factors.rootScale,
            gradientStepSize: factors.gradientStepSize, epsilon: problem.epsilon, weightDecay: factors.weightDecay,
            decayFactor: factors.decayFactor, gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceNAdam)]
  }()

  /// - Throws: ``KernelError`` for a negative count, betas outside 0 ..< 1, and an epsilon, weight decay or momentum
  ///   decay that is negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateMoments(name, count: problem.count, beta1: problem.beta1, beta2: problem.beta2)
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
    try requireFinite(name, "momentumDecay", problem.momentumDecay, atLeast: 0)
  }
}

extension NAdamStep {
  /// - Throws: ``KernelError`` for a step below 1, and for a product of momenta outside 0 ..< 1.
  public static func check(_ problem: Problem, _ operands: Operands) throws(KernelError) {
    try require(name, "step", operands.step, in: 1...Int.max)
    guard operands.momentumProduct >= 0, operands.momentumProduct < 1 else {
      throw .invalidParameter(
        operation: name, parameter: "momentumProduct", value: "\(operands.momentumProduct)",
        expected: "at least 0 and below 1")
    }
  }
}

/// The factors of one step, computed once in Double.
private struct NAdamFactors {
  let oneMinusBeta1: Float
  let oneMinusBeta2: Float
  /// learningRate·μₜ₊₁/(1 - Πₜ₊₁)
  let momentStepSize: Float
  /// learningRate·(1 - μₜ)/(1 - Πₜ)
  let gradientStepSize: Float
  /// 1 / √(1 - beta2ᵗ)
  let rootScale: Float
  let weightDecay: Float
  let decayFactor: Float

  init(_ problem: NAdamStep.Problem, _ operands: NAdamStep.Operands) {
    let beta1 = operands.beta1 ?? problem.beta1
    let rate = Double(operands.learningRate)
    let momentum = NAdamStep.momentum(atStep: operands.step, beta1: beta1, decay: problem.momentumDecay)
    // Int.max has no successor; its momentum reached the limit long before.
    let following = operands.step == .max ? operands.step : operands.step + 1
    let next = NAdamStep.momentum(atStep: following, beta1: beta1, decay: problem.momentumDecay)
    oneMinusBeta1 = Float(1 - beta1)
    oneMinusBeta2 = Float(1 - problem.beta2)
    gradientStepSize = Float(rate * (1 - momentum) / (1 - operands.momentumProduct))
    momentStepSize = Float(rate * next / (1 - operands.momentumProduct * next))
    rootScale = Float(1 / (1 - pow(problem.beta2, Double(operands.step))).squareRoot())
    weightDecay = problem.decoupled ? 0 : problem.weightDecay
    decayFactor = problem.decoupled ? Float(1 - rate * Double(problem.weightDecay)) : 1
  }
}

private func referenceNAdam(_ problem: NAdamStep.Problem, _ operands: NAdamStep.Operands) {
  let factors = NAdamFactors(problem, operands)
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + factors.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + factors.oneMinusBeta1 * (gradient - operands.firstMoments[i])
    let v = Float(problem.beta2) * operands.secondMoments[i] + factors.oneMinusBeta2 * gradient * gradient
    operands.firstMoments[i] = normalOrZero(m)
    operands.secondMoments[i] = normalOrZero(v)
    let denominator = v.squareRoot() * factors.rootScale + problem.epsilon
    let direction = factors.gradientStepSize * gradient + factors.momentStepSize * m
    operands.parameters[i] = factors.decayFactor * operands.parameters[i] - quotient(direction, denominator)
  }
}

/// The arguments of the level functions of ``NAdamStep``.
struct NAdamArguments {
  /// Read and written.
  var parameters: UnsafeMutablePointer<Float>
  /// The gradient of each parameter.
  var gradients: UnsafePointer<Float>
  /// The running mean of the gradients; read and written.
  var firstMoments: UnsafeMutablePointer<Float>
  /// The running mean of the squared gradients; read and written.
  var secondMoments: UnsafeMutablePointer<Float>
  /// The number of parameters.
  var count: Int
  /// The weight of the gradient in the new first moment.
  var oneMinusBeta1: Float
  var beta2: Float
  var oneMinusBeta2: Float
  /// The step size of the first moment: learningRate·μₜ₊₁/(1 - Πₜ₊₁).
  var momentStepSize: Float
  /// 1 / √(1 - beta2ᵗ).
  var rootScale: Float
  /// The step size of the gradient: learningRate·(1 - μₜ)/(1 - Πₜ).
  var gradientStepSize: Float
  var epsilon: Float
  /// The weight decay that is added to the gradient; 0 where it is decoupled.
  var weightDecay: Float
  /// What the parameter is multiplied by before its step: 1 - learningRate·weightDecay where decoupled, else 1.
  var decayFactor: Float
  /// -1 to maximise, else 1.
  var gradientSign: Float
}

private struct NAdamRule<L: Lanes>: StepRule {
  let oneMinusBeta1: L.Vector
  let beta2: L.Vector
  let oneMinusBeta2: L.Vector
  let momentStepSize: L.Vector
  let rootScale: L.Vector
  let gradientStepSize: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let decayFactor: L.Vector
  let gradientSign: L.Vector

  @inline(always) init(_ p: UnsafePointer<NAdamArguments>) {
    oneMinusBeta1 = L.splat(p.pointee.oneMinusBeta1)
    beta2 = L.splat(p.pointee.beta2)
    oneMinusBeta2 = L.splat(p.pointee.oneMinusBeta2)
    momentStepSize = L.splat(p.pointee.momentStepSize)
    rootScale = L.splat(p.pointee.rootScale)
    gradientStepSize = L.splat(p.pointee.gradientStepSize)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    decayFactor = L.splat(p.pointee.decayFactor)
    gradientSign = L.splat(p.pointee.gradientSign)
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + oneMinusBeta1 * (g - state.first)
    state.second = beta2 * state.second + oneMinusBeta2 * g * g
    let denominator = state.second.squareRoot() * rootScale + epsilon
    let direction = gradientStepSize * g + momentStepSize * state.first
    parameter = decayFactor * parameter - L.quotient(direction, denominator)
  }
}

@inline(always)
func nadam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<NAdamArguments>) {
  let (first, second) = (p.pointee.firstMoments, p.pointee.secondMoments)
  let arrays = OptimizerState(first: first, second: second, third: second, count: 2)
  stepAll(NAdamRule<L>(p), p.pointee.parameters, p.pointee.gradients, arrays, count: p.pointee.count)
}
