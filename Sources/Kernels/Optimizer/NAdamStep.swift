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
/// - `decoupled`: the gradient stays as it is, and the parameter is multiplied by 1 - learningRate·weightDecay first.
/// - `maximize`: the gradient's sign is turned first.
///
/// Where the denominator is 0, which only an epsilon of 0 permits, there is no step. All levels give the same bits.
public enum NAdamStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "nadam"

  /// What depends on the betas, the momenta and the step alone is computed in Double, as ``AdamStep`` does.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float
    /// How fast the momentum grows from half of beta1 to beta1.
    public var momentumDecay: Double
    /// Whether the weight decay acts on the parameters by itself, not through the gradient.
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
    /// Read and written: the running mean of the gradients.
    public var firstMoments: UnsafeMutablePointer<Float>
    /// Read and written: the running mean of the gradients' squares.
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
            count: range.count, firstShare: factors.firstShare, secondDecay: Float(problem.beta2),
            secondShare: factors.secondShare, momentSize: factors.momentSize, rootScale: factors.rootScale,
            gradientSize: factors.gradientSize, epsilon: problem.epsilon, weightDecay: factors.weightDecay,
            kept: factors.kept, gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceNAdam)]
  }()

  /// - Throws: ``KernelError`` for a negative count, betas outside 0 ..< 1, and an epsilon, weight decay or momentum decay
  ///   that is negative or not finite.
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

/// What a step multiplies by.
private struct NAdamFactors {
  let firstShare: Float
  let secondShare: Float
  /// learningRate·μₜ₊₁/(1 - Πₜ₊₁)
  let momentSize: Float
  /// learningRate·(1 - μₜ)/(1 - Πₜ)
  let gradientSize: Float
  /// 1 / √(1 - beta2ᵗ)
  let rootScale: Float
  let weightDecay: Float
  let kept: Float

  init(_ problem: NAdamStep.Problem, _ operands: NAdamStep.Operands) {
    let beta1 = operands.beta1 ?? problem.beta1
    let rate = Double(operands.learningRate)
    let momentum = NAdamStep.momentum(atStep: operands.step, beta1: beta1, decay: problem.momentumDecay)
    // The largest step has none behind it, and a momentum that has long reached its limit.
    let following = operands.step == .max ? operands.step : operands.step + 1
    let next = NAdamStep.momentum(atStep: following, beta1: beta1, decay: problem.momentumDecay)
    firstShare = Float(1 - beta1)
    secondShare = Float(1 - problem.beta2)
    gradientSize = Float(rate * (1 - momentum) / (1 - operands.momentumProduct))
    momentSize = Float(rate * next / (1 - operands.momentumProduct * next))
    rootScale = Float(1 / (1 - pow(problem.beta2, Double(operands.step))).squareRoot())
    weightDecay = problem.decoupled ? 0 : problem.weightDecay
    kept = problem.decoupled ? Float(1 - rate * Double(problem.weightDecay)) : 1
  }
}

private func referenceNAdam(_ problem: NAdamStep.Problem, _ operands: NAdamStep.Operands) {
  let factors = NAdamFactors(problem, operands)
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + factors.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + factors.firstShare * (gradient - operands.firstMoments[i])
    let v = Float(problem.beta2) * operands.secondMoments[i] + factors.secondShare * gradient * gradient
    operands.firstMoments[i] = m
    operands.secondMoments[i] = v
    let denominator = v.squareRoot() * factors.rootScale + problem.epsilon
    let direction = factors.gradientSize * gradient + factors.momentSize * m
    operands.parameters[i] = factors.kept * operands.parameters[i] - quotient(direction, denominator)
  }
}

struct NAdamArguments {
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
  /// learningRate * next momentum / (1 - product of all momenta up to it).
  var momentSize: Float
  /// 1 / sqrt(1 - beta2^step).
  var rootScale: Float
  /// learningRate * (1 - momentum) / (1 - product of all momenta).
  var gradientSize: Float
  var epsilon: Float
  /// Of the parameter in the gradient.
  var weightDecay: Float
  /// Of the parameter before its step: 1 - learningRate * decoupled decay.
  var kept: Float
  var gradientSign: Float
}

private struct NAdamRule<L: Lanes>: StepRule {
  let firstShare: L.Vector
  let secondDecay: L.Vector
  let secondShare: L.Vector
  let momentSize: L.Vector
  let rootScale: L.Vector
  let gradientSize: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let kept: L.Vector
  let gradientSign: L.Vector

  @inline(always) init(_ p: UnsafePointer<NAdamArguments>) {
    firstShare = L.splat(p.pointee.firstShare)
    secondDecay = L.splat(p.pointee.secondDecay)
    secondShare = L.splat(p.pointee.secondShare)
    momentSize = L.splat(p.pointee.momentSize)
    rootScale = L.splat(p.pointee.rootScale)
    gradientSize = L.splat(p.pointee.gradientSize)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    kept = L.splat(p.pointee.kept)
    gradientSign = L.splat(p.pointee.gradientSign)
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + firstShare * (g - state.first)
    state.second = secondDecay * state.second + secondShare * g * g
    let denominator = state.second.squareRoot() * rootScale + epsilon
    let direction = gradientSize * g + momentSize * state.first
    parameter = kept * parameter - L.quotient(direction, denominator)
  }
}

@inline(always)
func nadam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<NAdamArguments>) {
  let (first, second) = (p.pointee.firstMoments, p.pointee.secondMoments)
  let arrays = StepArrays(first: first, second: second, third: second, count: 2)
  stepAll(NAdamRule<L>(p), p.pointee.parameters, p.pointee.gradients, arrays, count: p.pointee.count)
}
