import KernelsISA

/// A step of RAdam on an array of parameters, as PyTorch's `torch.optim.RAdam` defines it (Liu and others, 2020): Adam
/// whose first steps, as long as the second moment is too uncertain, do without it. At step t, counted from 1:
///
///     g ← gradient + weightDecay·parameter
///     m ← m + (1 - beta1)·(g - m)
///     v ← beta2·v + (1 - beta2)·g²
///     ρ∞ = 2/(1 - beta2) - 1,   ρ = ρ∞ - 2t·beta2ᵗ/(1 - beta2ᵗ)
///     r = √((ρ - 4)(ρ - 2)·ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)·ρ))
///     parameter ← parameter - learningRate/(1 - beta1ᵗ) · m · (ρ > 5: r·√(1 - beta2ᵗ)/(√v + epsilon), else 1)
///
/// Before the first step m and v are 0. Variants, which can be combined:
/// - `decoupled`: the gradient stays as it is, and the parameter is multiplied by 1 - learningRate·weightDecay first.
/// - `maximize`: the gradient's sign is turned first.
///
/// Where the denominator is 0, which only an epsilon of 0 permits, there is no step. All levels give the same bits.
public enum RAdamStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "radam"

  /// What depends on the betas and the step alone is computed in Double, as ``AdamStep`` does.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float
    /// Whether the weight decay acts on the parameters by itself, not through the gradient.
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
    /// Read and written: the running mean of the gradients.
    public var firstMoments: UnsafeMutablePointer<Float>
    /// Read and written: the running mean of the gradients' squares.
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
            count: range.count, firstShare: factors.firstShare, secondDecay: Float(problem.beta2),
            secondShare: factors.secondShare, stepSize: factors.stepSize, epsilon: problem.epsilon,
            weightDecay: factors.weightDecay, kept: factors.kept, gradientSign: problem.maximize ? -1 : 1,
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

/// What a step multiplies by.
private struct RAdamFactors {
  let firstShare: Float
  let secondShare: Float
  /// Whether the second moment is certain enough to divide by its root.
  let isRectified: Bool
  /// learningRate/(1 - beta1ᵗ), where it is rectified times r·√(1 - beta2ᵗ).
  let stepSize: Float
  let weightDecay: Float
  let kept: Float

  init(_ problem: RAdamStep.Problem, _ operands: RAdamStep.Operands) {
    let step = Double(operands.step)
    let beta1 = operands.beta1 ?? problem.beta1
    firstShare = Float(1 - beta1)
    secondShare = Float(1 - problem.beta2)
    let power = pow(problem.beta2, step)
    let longest = 2 / (1 - problem.beta2) - 1
    let length = longest - 2 * step * power / (1 - power)
    isRectified = length > 5
    var size = Double(operands.learningRate) / (1 - pow(beta1, step))
    if isRectified {
      let share = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
      size *= share.squareRoot() * (1 - power).squareRoot()
    }
    stepSize = Float(size)
    weightDecay = problem.decoupled ? 0 : problem.weightDecay
    kept = problem.decoupled ? Float(1 - Double(operands.learningRate) * Double(problem.weightDecay)) : 1
  }
}

private func referenceRAdam(_ problem: RAdamStep.Problem, _ operands: RAdamStep.Operands) {
  let factors = RAdamFactors(problem, operands)
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + factors.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + factors.firstShare * (gradient - operands.firstMoments[i])
    let v = Float(problem.beta2) * operands.secondMoments[i] + factors.secondShare * gradient * gradient
    operands.firstMoments[i] = m
    operands.secondMoments[i] = v
    let direction = factors.isRectified ? quotient(m, v.squareRoot() + problem.epsilon) : m
    operands.parameters[i] = factors.kept * operands.parameters[i] - factors.stepSize * direction
  }
}

struct RAdamArguments {
  var parameters: UnsafeMutablePointer<Float>
  var gradients: UnsafePointer<Float>
  var firstMoments: UnsafeMutablePointer<Float>
  var secondMoments: UnsafeMutablePointer<Float>
  var count: Int
  /// 1 - beta1; of the gradient in the new first moment.
  var firstShare: Float
  /// Beta2.
  var secondDecay: Float
  /// 1 - beta2.
  var secondShare: Float
  /// Of the first moment, over the root of the second where that is rectified.
  var stepSize: Float
  var epsilon: Float
  /// Of the parameter in the gradient.
  var weightDecay: Float
  /// Of the parameter before its step: 1 - learningRate * decoupled decay.
  var kept: Float
  var gradientSign: Float
  var isRectified: Bool
}

private struct RAdamRule<L: Lanes>: StepRule {
  let firstShare: L.Vector
  let secondDecay: L.Vector
  let secondShare: L.Vector
  let stepSize: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let kept: L.Vector
  let gradientSign: L.Vector
  /// A constant where the rule is inlined.
  let isRectified: Bool

  @inline(always) init(_ p: UnsafePointer<RAdamArguments>, isRectified: Bool) {
    firstShare = L.splat(p.pointee.firstShare)
    secondDecay = L.splat(p.pointee.secondDecay)
    secondShare = L.splat(p.pointee.secondShare)
    stepSize = L.splat(p.pointee.stepSize)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    kept = L.splat(p.pointee.kept)
    gradientSign = L.splat(p.pointee.gradientSign)
    self.isRectified = isRectified
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + firstShare * (g - state.first)
    state.second = secondDecay * state.second + secondShare * g * g
    var direction = state.first
    if isRectified { direction = L.quotient(state.first, state.second.squareRoot() + epsilon) }
    parameter = kept * parameter - stepSize * direction
  }
}

@inline(always)
func radam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<RAdamArguments>) {
  let (parameters, gradients, count) = (p.pointee.parameters, p.pointee.gradients, p.pointee.count)
  let (first, second) = (p.pointee.firstMoments, p.pointee.secondMoments)
  let arrays = StepArrays(first: first, second: second, third: second, count: 2)
  if p.pointee.isRectified {
    stepAll(RAdamRule<L>(p, isRectified: true), parameters, gradients, arrays, count: count)
  } else {
    stepAll(RAdamRule<L>(p, isRectified: false), parameters, gradients, arrays, count: count)
  }
}
