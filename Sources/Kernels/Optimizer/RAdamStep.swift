import KernelsISA

/// A step of RAdam on an array of parameters, as PyTorch's `torch.optim.RAdam` defines it (Liu and others, 2020): Adam
/// that divides by the second moment only once its variance is small enough (ρ > 5). At step t, counted from 1:
///
///     g ← gradient + weightDecay·parameter
///     m ← m + (1 - beta1)·(g - m)
///     v ← beta2·v + (1 - beta2)·g²
///     ρ∞ = 2/(1 - beta2) - 1,   ρ = ρ∞ - 2t·beta2ᵗ/(1 - beta2ᵗ)
///     r = √((ρ - 4)(ρ - 2)·ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)·ρ))
///     parameter ← parameter - learningRate/(1 - beta1ᵗ) · m · (ρ > 5: r·√(1 - beta2ᵗ)/(√v + epsilon), else 1)
///
/// Before the first step m and v are 0. Variants, which can be combined:
/// - `decoupled`: the weight decay is not added to the gradient; the parameter is first multiplied by
///   1 - learningRate·weightDecay.
/// - `maximize`: the gradient is negated first.
///
/// A parameter whose denominator is 0, which only an epsilon of 0 permits, stays unchanged. All levels give the same
/// bits.
public enum RAdamStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "radam"

  /// Factors that depend only on the betas and the step are computed in Double, as in ``AdamStep``.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float
    /// Whether the weight decay scales the parameters directly instead of adding to the gradient.
    public var decoupled: Bool
    public var maximize: Bool

    public init(
      count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
      decoupled: Bool = false, maximize: Bool = false
    ) {
      self.count = count
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
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
    /// The beta1 of this step; nil for the problem's.
    public var beta1: Double?

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, learningRate: Float,
      step: Int, beta1: Double? = nil
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.firstMoments = firstMoments
      self.secondMoments = secondMoments
      self.learningRate = learningRate
      self.step = step
      self.beta1 = beta1
    }
  }

  public static let kernels: [Kernel<RAdamStep>] = {
    let levels = Kernel<RAdamStep>.levelRows(
      "elementwise", Levels.radamStep, work: { Work(bytes: $0.count * 28) },
      run: { body, problem, parts, operands in
        let factors = RAdamFactors(problem, operands)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = RAdamArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            firstMoments: operands.firstMoments + first, secondMoments: operands.secondMoments + first,
            count: range.count, oneMinusBeta1: factors.oneMinusBeta1, beta2: Float(problem.beta2),
            oneMinusBeta2: factors.oneMinusBeta2, stepSize: factors.stepSize, epsilon: problem.epsilon,
            weightDecay: factors.weightDecay, decayFactor: factors.decayFactor, gradientSign: problem.maximize ? -1 : 1,
            isRectified: factors.isRectified)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceRAdam)]
  }()

  /// - Throws: ``KernelError`` for a negative count, betas outside 0 ..< 1, and an epsilon or weight decay that is
  ///   negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateMoments(name, count: problem.count, beta1: problem.beta1, beta2: problem.beta2)
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
  }
}

extension RAdamStep {
  /// - Throws: ``KernelError`` for a step below 1.
  public static func check(_ problem: Problem, _ operands: Operands) throws(KernelError) {
    try require(name, "step", operands.step, in: 1...Int.max)
  }
}

/// The factors of one step, computed once in Double.
private struct RAdamFactors {
  let oneMinusBeta1: Float
  let oneMinusBeta2: Float
  /// Whether ρ > 5: the step divides by the root of the second moment.
  let isRectified: Bool
  /// learningRate/(1 - beta1ᵗ), times r·√(1 - beta2ᵗ) where rectified.
  let stepSize: Float
  let weightDecay: Float
  let decayFactor: Float

  init(_ problem: RAdamStep.Problem, _ operands: RAdamStep.Operands) {
    let step = Double(operands.step)
    let beta1 = operands.beta1 ?? problem.beta1
    oneMinusBeta1 = Float(1 - beta1)
    oneMinusBeta2 = Float(1 - problem.beta2)
    let power = pow(problem.beta2, step)
    let longest = 2 / (1 - problem.beta2) - 1
    let length = longest - 2 * step * power / (1 - power)
    isRectified = length > 5
    var size = Double(operands.learningRate) / (1 - pow(beta1, step))
    if isRectified {
      let rectification = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
      size *= rectification.squareRoot() * (1 - power).squareRoot()
    }
    stepSize = Float(size)
    weightDecay = problem.decoupled ? 0 : problem.weightDecay
    decayFactor = problem.decoupled ? Float(1 - Double(operands.learningRate) * Double(problem.weightDecay)) : 1
  }
}

private func referenceRAdam(_ problem: RAdamStep.Problem, _ operands: RAdamStep.Operands) {
  let factors = RAdamFactors(problem, operands)
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + factors.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + factors.oneMinusBeta1 * (gradient - operands.firstMoments[i])
    let v = Float(problem.beta2) * operands.secondMoments[i] + factors.oneMinusBeta2 * gradient * gradient
    operands.firstMoments[i] = normalOrZero(m)
    operands.secondMoments[i] = normalOrZero(v)
    let direction = factors.isRectified ? quotient(m, v.squareRoot() + problem.epsilon) : m
    operands.parameters[i] = factors.decayFactor * operands.parameters[i] - factors.stepSize * direction
  }
}

/// The arguments of the level functions of ``RAdamStep``.
struct RAdamArguments {
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
  /// learningRate/(1 - beta1ᵗ), times r·√(1 - beta2ᵗ) where rectified.
  var stepSize: Float
  var epsilon: Float
  /// The weight decay that is added to the gradient; 0 where it is decoupled.
  var weightDecay: Float
  /// What the parameter is multiplied by before its step: 1 - learningRate·weightDecay where decoupled, else 1.
  var decayFactor: Float
  /// -1 to maximise, else 1.
  var gradientSign: Float
  /// Whether the step divides by the root of the second moment.
  var isRectified: Bool
}

private struct RAdamRule<L: Lanes>: StepRule {
  let oneMinusBeta1: L.Vector
  let beta2: L.Vector
  let oneMinusBeta2: L.Vector
  let stepSize: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let decayFactor: L.Vector
  let gradientSign: L.Vector
  /// A compile-time constant after inlining.
  let isRectified: Bool

  @inline(always) init(_ p: UnsafePointer<RAdamArguments>, isRectified: Bool) {
    oneMinusBeta1 = L.splat(p.pointee.oneMinusBeta1)
    beta2 = L.splat(p.pointee.beta2)
    oneMinusBeta2 = L.splat(p.pointee.oneMinusBeta2)
    stepSize = L.splat(p.pointee.stepSize)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    decayFactor = L.splat(p.pointee.decayFactor)
    gradientSign = L.splat(p.pointee.gradientSign)
    self.isRectified = isRectified
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + oneMinusBeta1 * (g - state.first)
    state.second = beta2 * state.second + oneMinusBeta2 * g * g
    var direction = state.first
    if isRectified { direction = L.quotient(state.first, state.second.squareRoot() + epsilon) }
    parameter = decayFactor * parameter - stepSize * direction
  }
}

@inline(always)
func radam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<RAdamArguments>) {
  let (parameters, gradients, count) = (p.pointee.parameters, p.pointee.gradients, p.pointee.count)
  let (first, second) = (p.pointee.firstMoments, p.pointee.secondMoments)
  let arrays = OptimizerState(first: first, second: second, third: second, count: 2)
  if p.pointee.isRectified {
    stepAll(RAdamRule<L>(p, isRectified: true), parameters, gradients, arrays, count: count)
  } else {
    stepAll(RAdamRule<L>(p, isRectified: false), parameters, gradients, arrays, count: count)
  }
}
