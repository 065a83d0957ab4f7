import Foundation
import ISA

/// A step of stochastic gradient descent on an array of parameters, as PyTorch's `torch.optim.SGD` defines it:
///
///     g ← gradient + weightDecay·parameter
///     v ← momentum·v + (1 - dampening)·g       (v ← g at the first step)
///     g ← g + momentum·v with Nesterov's momentum, else v
///     parameter ← parameter - learningRate·g
///
/// The second and third line are left out when momentum is 0. All levels give the same bits.
public enum SGDStep: KernelOperation {
  public static let name = "sgd"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var momentum: Float
    public var nesterov: Bool
    public var weightDecay: Float
    public var dampening: Float

    public init(
      count: Int, momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0, dampening: Float = 0
    ) {
      self.count = count
      self.momentum = momentum
      self.nesterov = nesterov
      self.weightDecay = weightDecay
      self.dampening = dampening
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written; at the first step only written. Needed when the momentum is not 0, else not touched.
    public var velocity: UnsafeMutablePointer<Float>?
    public var learningRate: Float
    /// Whether this is the first step, before which there is no velocity.
    public var isFirst: Bool

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      velocity: UnsafeMutablePointer<Float>?, learningRate: Float, isFirst: Bool
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.velocity = velocity
      self.learningRate = learningRate
      self.isFirst = isFirst
    }
  }

  public static let kernels: [Kernel<SGDStep>] = {
    let levels = Kernel<SGDStep>.levelRows(
      "elementwise", sgdFunctions, work: { Work(bytes: $0.count * ($0.momentum == 0 ? 12 : 20)) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let velocity = problem.momentum == 0 ? nil : operands.velocity.map { $0 + range.lowerBound }
          var arguments = SGDArguments(
            parameters: operands.parameters + range.lowerBound, gradients: operands.gradients + range.lowerBound,
            velocity: velocity, count: range.count, momentum: problem.momentum, weightDecay: problem.weightDecay,
            learningRate: operands.learningRate, gradientShare: 1 - problem.dampening,
            isFirst: operands.isFirst ? 1 : 0, nesterov: problem.nesterov ? 1 : 0)
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

/// Checks that a real parameter is finite and not below a bound.
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
  for i in 0..<problem.count {
    var gradient = operands.gradients[i] + problem.weightDecay * operands.parameters[i]
    if problem.momentum != 0, let velocity = operands.velocity {
      let decayed = problem.momentum * velocity[i]
      velocity[i] = operands.isFirst ? gradient : decayed + (1 - problem.dampening) * gradient
      gradient = problem.nesterov ? gradient + problem.momentum * velocity[i] : velocity[i]
    }
    operands.parameters[i] -= operands.learningRate * gradient
  }
}

/// What a step is, read once: the compiler must take stores of floats to change what `p` points to.
private struct SGDFactors<Vector: SIMD> where Vector.Scalar == Float {
  var learningRate: Vector
  var momentum: Vector
  var gradientShare: Vector
  var weightDecay: Vector
  var nesterov: Bool
}

/// Without momentum. The products are rounded before they are added, at every level.
@inline(always)
private func plainVector<L: Lanes>(
  _ lanes: L.Type, _ factors: SGDFactors<L.Vector>, _ parameter: L.Vector, _ gradient: L.Vector
) -> L.Vector {
  parameter - factors.learningRate * (gradient + factors.weightDecay * parameter)
}

/// With momentum; the velocity that is passed is not used at the first step.
@inline(always)
private func momentumVector<L: Lanes>(
  _ lanes: L.Type, _ factors: SGDFactors<L.Vector>, isFirst: Bool, _ parameter: L.Vector, _ gradient: L.Vector,
  _ velocity: L.Vector
) -> (parameter: L.Vector, velocity: L.Vector) {
  let g = gradient + factors.weightDecay * parameter
  let v = isFirst ? g : factors.momentum * velocity + factors.gradientShare * g
  let step = factors.nesterov ? g + factors.momentum * v : v
  return (parameter - factors.learningRate * step, v)
}

@inline(always)
private func sgd<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SGDArguments>) {
  let factors = SGDFactors<L.Vector>(
    learningRate: L.splat(p.pointee.learningRate), momentum: L.splat(p.pointee.momentum),
    gradientShare: L.splat(p.pointee.gradientShare), weightDecay: L.splat(p.pointee.weightDecay),
    nesterov: p.pointee.nesterov != 0)
  if let velocity = p.pointee.velocity {
    if p.pointee.isFirst != 0 {
      sgdWithMomentum(lanes, p, factors, velocity, isFirst: true)
    } else {
      sgdWithMomentum(lanes, p, factors, velocity, isFirst: false)
    }
  } else {
    sgdWithoutMomentum(lanes, p, factors)
  }
}

@inline(always)
private func sgdWithoutMomentum<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<SGDArguments>, _ factors: SGDFactors<L.Vector>
) {
  let parameters = p.pointee.parameters
  let gradients = p.pointee.gradients
  let count = p.pointee.count
  var i = 0
  while i &+ L.count <= count {
    L.store(plainVector(lanes, factors, L.load(parameters + i), L.load(gradients + i)), parameters + i)
    i &+= L.count
  }
  if i < count {
    let left = count &- i
    let old = L.load(UnsafePointer(parameters + i), first: left)
    let new = plainVector(lanes, factors, old, L.load(gradients + i, first: left))
    L.store(new, parameters + i, first: left)
  }
}

@inline(always)
private func sgdWithMomentum<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<SGDArguments>, _ factors: SGDFactors<L.Vector>,
  _ velocity: UnsafeMutablePointer<Float>, isFirst: Bool
) {
  let parameters = p.pointee.parameters
  let gradients = p.pointee.gradients
  let count = p.pointee.count
  var i = 0
  while i &+ L.count <= count {
    let old = isFirst ? L.splat(0) : L.load(velocity + i)
    let new = momentumVector(
      lanes, factors, isFirst: isFirst, L.load(parameters + i), L.load(gradients + i), old)
    L.store(new.parameter, parameters + i)
    L.store(new.velocity, velocity + i)
    i &+= L.count
  }
  if i < count {
    let left = count &- i
    let old = isFirst ? L.splat(0) : L.load(UnsafePointer(velocity + i), first: left)
    let new = momentumVector(
      lanes, factors, isFirst: isFirst, L.load(UnsafePointer(parameters + i), first: left),
      L.load(gradients + i, first: left), old)
    L.store(new.parameter, parameters + i, first: left)
    L.store(new.velocity, velocity + i, first: left)
  }
}

#if arch(arm64)
  @c(sgd_step_neon_body) private func sgdNEON(_ p: UnsafePointer<SGDArguments>) { sgd(NEONLanes.self, p) }

  private let sgdFunctions = LevelFunctions(neon: sgd_step_neon)
#else
  @c(sgd_step_baseline_body) private func sgdBaseline(_ p: UnsafePointer<SGDArguments>) { sgd(BaselineLanes.self, p) }
  @c(sgd_step_avx2_body) private func sgdAVX2(_ p: UnsafePointer<SGDArguments>) { sgd(AVX2Lanes.self, p) }
  @c(sgd_step_avx512_body) private func sgdAVX512(_ p: UnsafePointer<SGDArguments>) { sgd(AVX512Lanes.self, p) }

  private let sgdFunctions = LevelFunctions(baseline: sgd_step_baseline, avx2: sgd_step_avx2, avx512: sgd_step_avx512)
#endif
