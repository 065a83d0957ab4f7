import KernelsISA

/// A step of RMSprop on an array of parameters, as PyTorch's `torch.optim.RMSprop` defines it (Hinton, 2012; centred as
/// in Graves, 2013):
///
///     g ← gradient + weightDecay·parameter
///     s ← alpha·s + (1 - alpha)·g²
///     a ← a + (1 - alpha)·(g - a)                        where centred, else a = 0
///     d ← g / (√(s - a²) + epsilon)
///     v ← momentum·v + d                                 with momentum, else v = d
///     parameter ← parameter - learningRate·v
///
/// Before the first step s, a and v are 0. With `maximize` the gradient is negated first. An s - a² that is negative by
/// rounding counts as 0, and d is 0 where the denominator is 0, which only an epsilon of 0 permits. All levels give the
/// same bits.
public enum RMSpropStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "rmsprop"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    /// The decay of the running means.
    public var alpha: Double
    public var epsilon: Float
    public var weightDecay: Float
    public var momentum: Float
    /// Whether the square of the gradients' mean is subtracted, which makes s - a² a variance.
    public var centered: Bool
    public var maximize: Bool

    public init(
      count: Int, alpha: Double = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0, momentum: Float = 0,
      centered: Bool = false, maximize: Bool = false
    ) {
      self.count = count
      self.alpha = alpha
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.momentum = momentum
      self.centered = centered
      self.maximize = maximize
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written: s, the running mean of the squared gradients.
    public var squares: UnsafeMutablePointer<Float>
    /// Read and written: v. Needed when the momentum is not 0, else not touched.
    public var velocity: UnsafeMutablePointer<Float>?
    /// Read and written: a, the running mean of the gradients. Needed where centred, else not touched.
    public var means: UnsafeMutablePointer<Float>?
    public var learningRate: Float
    /// The momentum of this step; nil for the problem's. Where it is 0, the velocity is not touched.
    public var momentum: Float?

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, squares: UnsafeMutablePointer<Float>,
      velocity: UnsafeMutablePointer<Float>? = nil, means: UnsafeMutablePointer<Float>? = nil, learningRate: Float,
      momentum: Float? = nil
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.squares = squares
      self.velocity = velocity
      self.means = means
      self.learningRate = learningRate
      self.momentum = momentum
    }
  }

  public static let kernels: [Kernel<RMSpropStep>] = {
    let levels = Kernel<RMSpropStep>.levelRows(
      "elementwise", Levels.rmspropStep,
      work: { Work(bytes: $0.count * (20 + ($0.momentum == 0 ? 0 : 8) + ($0.centered ? 8 : 0))) },
      run: { body, problem, parts, operands in
        let momentum = operands.momentum ?? problem.momentum
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = RMSpropArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            squares: operands.squares + first, velocity: momentum == 0 ? nil : operands.velocity.map { $0 + first },
            means: problem.centered ? operands.means.map { $0 + first } : nil, count: range.count,
            alpha: Float(problem.alpha), oneMinusAlpha: Float(1 - problem.alpha), epsilon: problem.epsilon,
            weightDecay: problem.weightDecay, learningRate: operands.learningRate, momentum: momentum,
            gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceRMSprop)]
  }()

  /// - Throws: ``KernelError`` for a negative count, and for an alpha, epsilon, weight decay or momentum that is
  ///   negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
    try requireFinite(name, "alpha", problem.alpha, atLeast: 0)
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
    try requireFinite(name, "momentum", problem.momentum, atLeast: 0)
  }
}

extension RMSpropStep {
  /// - Throws: ``KernelError`` where there is a momentum, of this step or else the problem's, and no velocity, and
  ///   where centred without the means.
  public static func check(_ problem: Problem, _ operands: Operands) throws(KernelError) {
    let momentum = operands.momentum ?? problem.momentum
    try requireOperand(name, "velocity", operands.velocity, if: momentum != 0, "a momentum of \(momentum) needs it")
    try requireOperand(name, "means", operands.means, if: problem.centered, "centered needs them")
  }
}

private func referenceRMSprop(_ problem: RMSpropStep.Problem, _ operands: RMSpropStep.Operands) {
  let momentum = operands.momentum ?? problem.momentum
  let sign: Float = problem.maximize ? -1 : 1
  let (alpha, oneMinusAlpha) = (Float(problem.alpha), Float(1 - problem.alpha))
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + problem.weightDecay * operands.parameters[i]
    let square = alpha * operands.squares[i] + oneMinusAlpha * gradient * gradient
    operands.squares[i] = normalOrZero(square)
    var variance = square
    if problem.centered, let means = operands.means {
      let mean = means[i] + oneMinusAlpha * (gradient - means[i])
      means[i] = normalOrZero(mean)
      variance = square - mean * mean
      if variance < 0 { variance = 0 }
    }
    var step = quotient(gradient, variance.squareRoot() + problem.epsilon)
    if momentum != 0, let velocity = operands.velocity {
      step = momentum * velocity[i] + step
      velocity[i] = normalOrZero(step)
    }
    operands.parameters[i] -= operands.learningRate * step
  }
}

/// The arguments of the level functions of ``RMSpropStep``.
struct RMSpropArguments {
  /// Read and written.
  var parameters: UnsafeMutablePointer<Float>
  /// The gradient of each parameter.
  var gradients: UnsafePointer<Float>
  /// The running mean of the squared gradients; read and written.
  var squares: UnsafeMutablePointer<Float>
  /// The velocity, read and written; nil without momentum.
  var velocity: UnsafeMutablePointer<Float>?
  /// The running mean of the gradients, read and written; nil where not centred.
  var means: UnsafeMutablePointer<Float>?
  /// The number of parameters.
  var count: Int
  var alpha: Float
  var oneMinusAlpha: Float
  var epsilon: Float
  var weightDecay: Float
  var learningRate: Float
  var momentum: Float
  /// -1 to maximise, else 1.
  var gradientSign: Float
}

/// The order of the state: the squares, the velocity with momentum, the means where centred.
private struct RMSpropRule<L: Lanes>: StepRule {
  let alpha: L.Vector
  let oneMinusAlpha: L.Vector
  let epsilon: L.Vector
  let weightDecay: L.Vector
  let learningRate: L.Vector
  let momentum: L.Vector
  let gradientSign: L.Vector
  /// Compile-time constants after inlining.
  let hasMomentum: Bool
  let isCentered: Bool

  @inline(always) init(_ p: UnsafePointer<RMSpropArguments>, hasMomentum: Bool, isCentered: Bool) {
    alpha = L.splat(p.pointee.alpha)
    oneMinusAlpha = L.splat(p.pointee.oneMinusAlpha)
    epsilon = L.splat(p.pointee.epsilon)
    weightDecay = L.splat(p.pointee.weightDecay)
    learningRate = L.splat(p.pointee.learningRate)
    momentum = L.splat(p.pointee.momentum)
    gradientSign = L.splat(p.pointee.gradientSign)
    self.hasMomentum = hasMomentum
    self.isCentered = isCentered
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = alpha * state.first + oneMinusAlpha * g * g
    var variance = state.first
    if isCentered {
      var mean = hasMomentum ? state.third : state.second
      mean = mean + oneMinusAlpha * (g - mean)
      if hasMomentum { state.third = mean } else { state.second = mean }
      let difference = state.first - mean * mean
      variance = difference.replacing(with: L.splat(0), where: L.splat(0) .> difference)
    }
    var step = L.quotient(g, variance.squareRoot() + epsilon)
    if hasMomentum {
      step = momentum * state.second + step
      state.second = step
    }
    parameter = parameter - learningRate * step
  }
}

@inline(always)
func rmsprop<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<RMSpropArguments>) {
  let (parameters, gradients, count) = (p.pointee.parameters, p.pointee.gradients, p.pointee.count)
  let squares = p.pointee.squares
  if let velocity = p.pointee.velocity {
    if let means = p.pointee.means {
      let arrays = OptimizerState(first: squares, second: velocity, third: means, count: 3)
      stepAll(RMSpropRule<L>(p, hasMomentum: true, isCentered: true), parameters, gradients, arrays, count: count)
    } else {
      let arrays = OptimizerState(first: squares, second: velocity, third: velocity, count: 2)
      stepAll(RMSpropRule<L>(p, hasMomentum: true, isCentered: false), parameters, gradients, arrays, count: count)
    }
  } else if let means = p.pointee.means {
    let arrays = OptimizerState(first: squares, second: means, third: means, count: 2)
    stepAll(RMSpropRule<L>(p, hasMomentum: false, isCentered: true), parameters, gradients, arrays, count: count)
  } else {
    let arrays = OptimizerState(first: squares, second: squares, third: squares, count: 1)
    stepAll(RMSpropRule<L>(p, hasMomentum: false, isCentered: false), parameters, gradients, arrays, count: count)
  }
}
