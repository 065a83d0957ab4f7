import KernelsISA

/// A step of Adagrad on an array of parameters, as PyTorch's `torch.optim.Adagrad` defines it (Duchi, Hazan and Singer,
/// 2011):
///
///     g ← gradient + weightDecay·parameter
///     s ← s + g²
///     parameter ← parameter - learningRate·g / (√s + epsilon)
///
/// The caller chooses the initial s. With `maximize` the gradient is negated first. A parameter whose denominator is 0,
/// which only an epsilon of 0 permits, stays unchanged. All levels give the same bits.
public enum AdagradStep: KernelOperation {
  public static let name = "adagrad"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var epsilon: Float
    public var weightDecay: Float
    public var maximize: Bool

    public init(count: Int, epsilon: Float = 1e-10, weightDecay: Float = 0, maximize: Bool = false) {
      self.count = count
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.maximize = maximize
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written: s, the sum of the squared gradients of each parameter.
    public var sums: UnsafeMutablePointer<Float>
    public var learningRate: Float

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>,
      learningRate: Float
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.sums = sums
      self.learningRate = learningRate
    }
  }

  public static let kernels: [Kernel<AdagradStep>] = {
    let levels = Kernel<AdagradStep>.levelRows(
      "elementwise", Levels.adagradStep, work: { Work(bytes: $0.count * 20) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AdagradArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            sums: operands.sums + first, count: range.count, weightDecay: problem.weightDecay,
            epsilon: problem.epsilon, learningRate: operands.learningRate, gradientSign: problem.maximize ? -1 : 1)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceAdagrad)]
  }()

  /// - Throws: ``KernelError`` for a negative count, and for an epsilon or weight decay that is negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
  }
}

private func referenceAdagrad(_ problem: AdagradStep.Problem, _ operands: AdagradStep.Operands) {
  let sign: Float = problem.maximize ? -1 : 1
  for i in 0..<problem.count {
    let gradient = sign * operands.gradients[i] + problem.weightDecay * operands.parameters[i]
    let sum = operands.sums[i] + gradient * gradient
    operands.sums[i] = normalOrZero(sum)
    let denominator = sum.squareRoot() + problem.epsilon
    operands.parameters[i] -= operands.learningRate * quotient(gradient, denominator)
  }
}

/// The arguments of the level functions of ``AdagradStep``.
struct AdagradArguments {
  /// Read and written.
  var parameters: UnsafeMutablePointer<Float>
  /// The gradient of each parameter.
  var gradients: UnsafePointer<Float>
  /// The sum of the squared gradients of each parameter; read and written.
  var sums: UnsafeMutablePointer<Float>
  /// The number of parameters.
  var count: Int
  var weightDecay: Float
  var epsilon: Float
  var learningRate: Float
  /// -1 to maximise, else 1.
  var gradientSign: Float
}

private struct AdagradRule<L: Lanes>: StepRule {
  let weightDecay: L.Vector
  let epsilon: L.Vector
  let learningRate: L.Vector
  let gradientSign: L.Vector

  @inline(always) init(_ p: UnsafePointer<AdagradArguments>) {
    weightDecay = L.splat(p.pointee.weightDecay)
    epsilon = L.splat(p.pointee.epsilon)
    learningRate = L.splat(p.pointee.learningRate)
    gradientSign = L.splat(p.pointee.gradientSign)
  }

  @inline(always)
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>) {
    let g = gradientSign * gradient + weightDecay * parameter
    state.first = state.first + g * g
    parameter = parameter - learningRate * L.quotient(g, state.first.squareRoot() + epsilon)
  }
}

@inline(always)
func adagrad<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AdagradArguments>) {
  let sums = p.pointee.sums
  stepAll(
    AdagradRule<L>(p), p.pointee.parameters, p.pointee.gradients,
    OptimizerState(first: sums, second: sums, third: sums, count: 1), count: p.pointee.count)
}
