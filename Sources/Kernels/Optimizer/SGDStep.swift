import KernelsISA

/// A step of stochastic gradient descent on an array of parameters, as PyTorch's `torch.optim.SGD` defines it:
///
///     g ← gradient + weightDecay·parameter
///     v ← momentum·v + (1 - dampening)·g       (v ← g at the first step)
///     g ← g + momentum·v with Nesterov's momentum, else v
///     parameter ← parameter - learningRate·g
///
/// Without momentum the second and third line are left out. With `maximize` the gradient is negated first.
/// All levels give the same bits.
public enum SGDStep: KernelOperation {
  public typealias RunError = KernelError
  public static let name = "sgd"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var momentum: Float
    public var nesterov: Bool
    public var weightDecay: Float
    public var dampening: Float
    public var maximize: Bool

    public init(
      count: Int, momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0, dampening: Float = 0,
      maximize: Bool = false
    ) {
      self.count = count
      self.momentum = momentum
      self.nesterov = nesterov
      self.weightDecay = weightDecay
      self.dampening = dampening
      self.maximize = maximize
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written: v; only written at the first step. Needed when the momentum is not 0, else not touched.
    public var velocity: UnsafeMutablePointer<Float>?
    public var learningRate: Float
    /// Whether this is the first step, before which there is no velocity.
    public var isFirst: Bool
    /// The momentum of this step; nil for the problem's. Where it is 0, the velocity is not touched.
    public var momentum: Float?

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      velocity: UnsafeMutablePointer<Float>?, learningRate: Float, isFirst: Bool, momentum: Float? = nil
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.velocity = velocity
      self.learningRate = learningRate
      self.isFirst = isFirst
      self.momentum = momentum
    }
  }

  public static let kernels: [Kernel<SGDStep>] = {
    let levels = Kernel<SGDStep>.levelRows(
      "elementwise", Levels.sgdStep, work: { Work(bytes: $0.count * ($0.momentum == 0 ? 12 : 20)) },
      run: { body, problem, parts, operands in
        let momentum = operands.momentum ?? problem.momentum
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let velocity = momentum == 0 ? nil : operands.velocity.map { $0 + range.lowerBound }
          var arguments = SGDArguments(
            parameters: operands.parameters + range.lowerBound, gradients: operands.gradients + range.lowerBound,
            velocity: velocity, count: range.count, momentum: momentum, weightDecay: problem.weightDecay,
            learningRate: operands.learningRate, oneMinusDampening: 1 - problem.dampening,
            isFirst: operands.isFirst, nesterov: problem.nesterov,
            gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceSGD)]
  }()

  /// - Throws: ``KernelError`` for a negative count, momentum or weight decay, for values that are not finite, and for
  ///   Nesterov's momentum without momentum or with dampening.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
    try requireFinite(name, "momentum", problem.momentum, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
    try requireFinite(name, "dampening", problem.dampening, atLeast: -.greatestFiniteMagnitude)
    if problem.nesterov, problem.momentum == 0 || problem.dampening != 0 {
      throw .invalidParameter(
        operation: name, parameter: "nesterov", value: "true",
        expected: "false, or a momentum above 0 and a dampening of 0")
    }
  }
}

extension SGDStep {
  /// - Throws: ``KernelError`` where there is a momentum, of this step or else the problem's, and no velocity.
  public static func check(_ problem: Problem, _ operands: Operands) throws(KernelError) {
    let momentum = operands.momentum ?? problem.momentum
    try requireOperand(name, "velocity", operands.velocity, if: momentum != 0, "a momentum of \(momentum) needs it")
  }
}

/// Throws where an operand that the problem's options need is missing.
func requireOperand(
  _ operation: String, _ operand: String, _ pointer: UnsafeMutablePointer<Float>?, if isNeeded: Bool,
  _ reason: @autoclosure () -> String
) throws(KernelError) {
  if isNeeded, pointer == nil {
    throw .missingOperand(operation: operation, operand: operand, reason: reason())
  }
}

/// Throws where a real parameter is not finite or below a bound.
func requireFinite<Value: BinaryFloatingPoint>(
  _ operation: String, _ parameter: String, _ value: Value, atLeast least: Value
) throws(KernelError) {
  guard value.isFinite, value >= least else {
    throw .invalidParameter(
      operation: operation, parameter: parameter, value: "\(value)",
      expected: least == -Value.greatestFiniteMagnitude ? "a finite value" : "a finite value of at least \(least)")
  }
}

private func referenceSGD(_ problem: SGDStep.Problem, _ operands: SGDStep.Operands) {
  let momentum = operands.momentum ?? problem.momentum
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    var gradient = sign * operands.gradients[i] + problem.weightDecay * operands.parameters[i]
    if momentum != 0, let velocity = operands.velocity {
      let decayed = momentum * velocity[i]
      let sum = operands.isFirst ? gradient : decayed + (1 - problem.dampening) * gradient
      velocity[i] = normalOrZero(sum)
      gradient = problem.nesterov ? gradient + momentum * sum : sum
    }
    operands.parameters[i] -= operands.learningRate * gradient
  }
}

/// The arguments of the level functions of ``SGDStep``.
struct SGDArguments {
  /// Read and written.
  var parameters: UnsafeMutablePointer<Float>
  /// The gradient of each parameter.
  var gradients: UnsafePointer<Float>
  /// The velocity, read and written; nil without momentum.
  var velocity: UnsafeMutablePointer<Float>?
  /// The number of parameters.
  var count: Int
  var momentum: Float
  var weightDecay: Float
  var learningRate: Float
  /// The weight of the gradient in the new velocity.
  var oneMinusDampening: Float
  /// Whether this is the first step, which writes the velocity without reading it.
  var isFirst: Bool
  var nesterov: Bool
  /// -1 to maximise, else 1.
  var gradientSign: Float
}

private struct SGDRule<L: Lanes>: StepRule {
  let learningRate: L.Vector
  let momentum: L.Vector
  let oneMinusDampening: L.Vector
  let weightDecay: L.Vector
  let gradientSign: L.Vector
  let nesterov: Bool
  /// Compile-time constants after inlining.
  let hasMomentum: Bool
  let isFirst: Bool

  @inline(always) init(_ p: UnsafePointer<SGDArguments>, hasMomentum: Bool, isFirst: Bool) {
    learningRate = L.splat(p.pointee.learningRate)
    momentum = L.splat(p.pointee.momentum)
    oneMinusDampening = L.splat(p.pointee.oneMinusDampening)
    weightDecay = L.splat(p.pointee.weightDecay)
    gradientSign = L.splat(p.pointee.gradientSign)
    nesterov = p.pointee.nesterov
    self.hasMomentum = hasMomentum
    self.isFirst = isFirst
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    guard hasMomentum else {
      parameter = parameter - learningRate * g
      return
    }
    state.first = isFirst ? g : momentum * state.first + oneMinusDampening * g
    parameter = parameter - learningRate * (nesterov ? g + momentum * state.first : state.first)
  }
}

@inline(always)
func sgd<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SGDArguments>) {
  let (parameters, gradients, count) = (p.pointee.parameters, p.pointee.gradients, p.pointee.count)
  if let velocity = p.pointee.velocity {
    var arrays = OptimizerState(first: velocity, second: velocity, third: velocity, count: 1)
    if p.pointee.isFirst {
      arrays.isRead = false
      stepAll(SGDRule<L>(p, hasMomentum: true, isFirst: true), parameters, gradients, arrays, count: count)
    } else {
      stepAll(SGDRule<L>(p, hasMomentum: true, isFirst: false), parameters, gradients, arrays, count: count)
    }
  } else {
    let none = OptimizerState(first: parameters, second: parameters, third: parameters, count: 0)
    stepAll(SGDRule<L>(p, hasMomentum: false, isFirst: false), parameters, gradients, none, count: count)
  }
}
