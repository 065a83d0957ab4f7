import KernelsISA

/// A step of Adam on an array of parameters, as PyTorch's `torch.optim.Adam` defines it (Kingma and Ba, 2015, with the
/// weight decay added to the gradient). At step t, counted from 1:
///
///     g ← gradient + weightDecay·parameter
///     m ← m + (1 - beta1)·(g - m)
///     v ← beta2·v + (1 - beta2)·g²
///     parameter ← parameter - learningRate/(1 - beta1ᵗ) · m / (√v/√(1 - beta2ᵗ) + epsilon)
///
/// Before the first step m and v are 0. Variants, which can be combined:
/// - `decoupled`, `torch.optim.AdamW` (Loshchilov and Hutter, 2019): the weight decay is not added to the gradient; the
///   parameter is first multiplied by 1 - learningRate·weightDecay.
/// - `amsgrad` (Reddi, Kale and Kumar, 2018): the last line uses the largest v so far in place of v.
/// - `maximize`: the gradient is negated first.
///
/// A parameter whose denominator is 0, which only an epsilon of 0 permits, stays unchanged. All levels give the same
/// bits.
public enum AdamStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "adam"

  /// Factors that depend only on beta1, beta2 and the step are computed in Double: 1 - beta2 in Float would lose
  /// digits.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float
    /// Whether the weight decay scales the parameters directly instead of adding to the gradient.
    public var decoupled: Bool
    public var amsgrad: Bool
    public var maximize: Bool

    public init(
      count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
      decoupled: Bool = false, amsgrad: Bool = false, maximize: Bool = false
    ) {
      self.count = count
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.decoupled = decoupled
      self.amsgrad = amsgrad
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
    /// Read and written: the largest v so far. Needed for AMSGrad, else not touched.
    public var largestMoments: UnsafeMutablePointer<Float>?
    public var learningRate: Float
    /// The number of this step, counted from 1.
    public var step: Int
    /// The beta1 of this step; nil for the problem's.
    public var beta1: Double?

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>,
      largestMoments: UnsafeMutablePointer<Float>? = nil, learningRate: Float, step: Int, beta1: Double? = nil
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.firstMoments = firstMoments
      self.secondMoments = secondMoments
      self.largestMoments = largestMoments
      self.learningRate = learningRate
      self.step = step
      self.beta1 = beta1
    }
  }

  public static let kernels: [Kernel<AdamStep>] = {
    let levels = Kernel<AdamStep>.levelRows(
      "elementwise", Levels.adamStep, work: { Work(bytes: $0.count * ($0.amsgrad ? 36 : 28)) },
      run: { body, problem, parts, operands in
        let factors = AdamFactors(problem, operands)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AdamArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            firstMoments: operands.firstMoments + first, secondMoments: operands.secondMoments + first,
            largestMoments: problem.amsgrad ? operands.largestMoments.map { $0 + first } : nil, count: range.count,
            oneMinusBeta1: factors.oneMinusBeta1, beta2: Float(problem.beta2), oneMinusBeta2: factors.oneMinusBeta2,
            stepSize: factors.stepSize, rootScale: factors.rootScale, epsilon: problem.epsilon,
            weightDecay: factors.weightDecay, decayFactor: factors.decayFactor, gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceAdam)]
  }()

  /// - Throws: ``KernelError`` for a negative count, betas outside 0 ..< 1, and an epsilon or weight decay that is
  ///   negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateMoments(name, count: problem.count, beta1: problem.beta1, beta2: problem.beta2)
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
  }
}

extension AdamStep {
  /// - Throws: ``KernelError`` for a step below 1, and for AMSGrad without the largest moments.
  public static func check(_ problem: Problem, _ operands: Operands) throws(KernelError) {
    try require(name, "step", operands.step, in: 1...Int.max)
    try requireOperand(
      name, "largestMoments", operands.largestMoments, if: problem.amsgrad, "amsgrad needs them")
  }
}

/// Checks what the steps of Adam, NAdam and RAdam have in common: a count, and two betas of 0 ..< 1.
func validateMoments(_ operation: String, count: Int, beta1: Double, beta2: Double) throws(KernelError) {
  try require(operation, "count", count, in: 0...Int.max)
  _ = try product(operation, count, MemoryLayout<Float>.stride)
  for (parameter, beta) in [("beta1", beta1), ("beta2", beta2)] where !(beta >= 0 && beta < 1) {
    throw .invalidParameter(
      operation: operation, parameter: parameter, value: "\(beta)", expected: "at least 0 and below 1")
  }
}

/// The factors of one step, computed once in Double.
private struct AdamFactors {
  let oneMinusBeta1: Float
  let oneMinusBeta2: Float
  /// learningRate / (1 - beta1ᵗ); it and `rootScale` correct the bias of moments that start at 0.
  let stepSize: Float
  /// 1 / √(1 - beta2ᵗ)
  let rootScale: Float
  let weightDecay: Float
  let decayFactor: Float

  init(_ problem: AdamStep.Problem, _ operands: AdamStep.Operands) {
    let step = Double(operands.step)
    let beta1 = operands.beta1 ?? problem.beta1
    oneMinusBeta1 = Float(1 - beta1)
    oneMinusBeta2 = Float(1 - problem.beta2)
    stepSize = Float(Double(operands.learningRate) / (1 - pow(beta1, step)))
    rootScale = Float(1 / (1 - pow(problem.beta2, step)).squareRoot())
    weightDecay = problem.decoupled ? 0 : problem.weightDecay
    decayFactor = problem.decoupled ? Float(1 - Double(operands.learningRate) * Double(problem.weightDecay)) : 1
  }
}

private func referenceAdam(_ problem: AdamStep.Problem, _ operands: AdamStep.Operands) {
  let factors = AdamFactors(problem, operands)
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + factors.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + factors.oneMinusBeta1 * (gradient - operands.firstMoments[i])
    var v = Float(problem.beta2) * operands.secondMoments[i] + factors.oneMinusBeta2 * gradient * gradient
    operands.firstMoments[i] = normalOrZero(m)
    operands.secondMoments[i] = normalOrZero(v)
    if problem.amsgrad, let largest = operands.largestMoments {
      v = largest[i] > v ? largest[i] : v
      largest[i] = normalOrZero(v)
    }
    let denominator = v.squareRoot() * factors.rootScale + problem.epsilon
    operands.parameters[i] = factors.decayFactor * operands.parameters[i] - factors.stepSize * quotient(m, denominator)
  }
}

/// The arguments of the level functions of ``AdamStep``.
struct AdamArguments {
  /// Read and written.
  var parameters: UnsafeMutablePointer<Float>
  /// The gradient of each parameter.
  var gradients: UnsafePointer<Float>
  /// The running mean of the gradients; read and written.
  var firstMoments: UnsafeMutablePointer<Float>
  /// The running mean of the squared gradients; read and written.
  var secondMoments: UnsafeMutablePointer<Float>
  /// The largest second moment so far, read and written; nil without AMSGrad.
  var largestMoments: UnsafeMutablePointer<Float>?
  /// The number of parameters.
  var count: Int
  /// The weight of the gradient in the new first moment.
  var oneMinusBeta1: Float
  var beta2: Float
  var oneMinusBeta2: Float
  /// learningRate / (1 - beta1ᵗ).
  var stepSize: Float
  /// 1 / √(1 - beta2ᵗ).
  var rootScale: Float
  var epsilon: Float
  /// The weight decay that is added to the gradient; 0 where it is decoupled.
  var weightDecay: Float
  /// What the parameter is multiplied by before its step: 1 - learningRate·weightDecay where decoupled, else 1.
  var decayFactor: Float
  /// -1 to maximise, else 1.
  var gradientSign: Float
}

private struct AdamRule<L: Lanes>: StepRule {
  let oneMinusBeta1: L.Vector
  let beta2: L.Vector
  let oneMinusBeta2: L.Vector
  let stepSize: L.Vector
  let rootScale: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let decayFactor: L.Vector
  let gradientSign: L.Vector
  /// A compile-time constant after inlining.
  let isAMSGrad: Bool

  @inline(always) init(_ p: UnsafePointer<AdamArguments>, isAMSGrad: Bool) {
    oneMinusBeta1 = L.splat(p.pointee.oneMinusBeta1)
    beta2 = L.splat(p.pointee.beta2)
    oneMinusBeta2 = L.splat(p.pointee.oneMinusBeta2)
    stepSize = L.splat(p.pointee.stepSize)
    rootScale = L.splat(p.pointee.rootScale)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    decayFactor = L.splat(p.pointee.decayFactor)
    gradientSign = L.splat(p.pointee.gradientSign)
    self.isAMSGrad = isAMSGrad
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + oneMinusBeta1 * (g - state.first)
    state.second = beta2 * state.second + oneMinusBeta2 * g * g
    if isAMSGrad { state.third = L.larger(state.second, state.third) }
    let square = isAMSGrad ? state.third : state.second
    let denominator = square.squareRoot() * rootScale + epsilon
    parameter = decayFactor * parameter - stepSize * L.quotient(state.first, denominator)
  }
}

@inline(always)
func adam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AdamArguments>) {
  let (parameters, gradients, count) = (p.pointee.parameters, p.pointee.gradients, p.pointee.count)
  let (first, second) = (p.pointee.firstMoments, p.pointee.secondMoments)
  if let largest = p.pointee.largestMoments {
    let arrays = OptimizerState(first: first, second: second, third: largest, count: 3)
    stepAll(AdamRule<L>(p, isAMSGrad: true), parameters, gradients, arrays, count: count)
  } else {
    let arrays = OptimizerState(first: first, second: second, third: second, count: 2)
    stepAll(AdamRule<L>(p, isAMSGrad: false), parameters, gradients, arrays, count: count)
  }
}
