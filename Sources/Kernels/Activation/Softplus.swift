import KernelsISA

/// ``SoftplusForward`` of `count` values.
public struct SoftplusProblem: ElementwiseSize {
  public var count: Int
  /// The sharpness of the bend; positive.
  public var beta: Float
  /// The function is x where beta·x is larger.
  public var threshold: Float

  public init(count: Int, beta: Float = 1, threshold: Float = 20) {
    self.count = count
    self.beta = beta
    self.threshold = threshold
  }
}

extension KernelOperation where Problem == SoftplusProblem {
  /// - Throws: ``KernelError`` when the count is negative or cannot be addressed, or beta is not positive and finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try validateCount(problem)
    guard problem.beta > 0, problem.beta.isFinite else {
      throw .invalidParameter(
        operation: name, parameter: "beta", value: "\(problem.beta)", expected: "a positive number")
    }
  }

  static var options: @Sendable (Problem) -> ActivationOptions { { ($0.beta, $0.threshold) } }
}

/// log(1 + exp(βx)) / β, and x where βx > threshold; within 4 ulp, not counting the rounding of βx.
public enum SoftplusForward: KernelOperation {
  public static let name = "softplus"
  public typealias Problem = SoftplusProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.softplusActivation, multiplyAdds: 24, options: options) { problem, x in
    let t = Double(problem.beta * x)
    if t > Double(problem.threshold) { return x }
    return Float((max(t, 0) + log1p(exp(-abs(t)))) / Double(problem.beta))
  }
}

/// The gradient of ``SoftplusForward`` from its input x: g / (1 + exp(-βx)), and g where βx > threshold; within 3 ulp,
/// not counting the rounding of βx.
public enum SoftplusBackward: KernelOperation {
  public static let name = "softplus"
  public static let pass = "backward-data"
  public typealias Problem = SoftplusProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.softplusActivation, multiplyAdds: 14, options: options) {
    problem, x, gradient in
    let t = Double(problem.beta * x)
    return t > Double(problem.threshold) ? gradient : Float(Double(gradient) / (1 + exp(-t)))
  }
}

struct Softplus: Activation {
  let beta: Float
  let threshold: Float

  @inline(always) init(_ options: ActivationOptions) { (beta, threshold) = options }

  /// With t = βx and e = exp(-|t|) ≤ 1, log(1 + exp(t)) = max(t, 0) + log(1 + e).
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let t = x * L.splat(beta)
    let logarithm = L.logarithm(onePlus: L.exponential(L.negative(L.magnitude(t))))
    let result = (L.larger(t, L.splat(0)) + logarithm) * L.splat(1 / beta)
    return result.replacing(with: x, where: t .> L.splat(threshold))
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let t = x * L.splat(beta)
    let result = outputGradient * L.sigmoid(t)
    return result.replacing(with: outputGradient, where: t .> L.splat(threshold))
  }
}

extension Lanes {
  /// log(1 + e) for 0 ≤ e ≤ 1, within 2 ulp (2.3 without fused multiply-adds).
  ///
  /// e + e²·Q(e), where Q is the minimax polynomial of degree 7 for the result's relative error, fitted by Remez'
  /// exchange in 40 digits: 3.3e-8, half an ulp. Q is computed in pairs, c + c'·e, whose signs differ, so that little
  /// is rounded.
  @inline(always) static func logarithm(onePlus e: Vector) -> Vector {
    let square = e * e
    var q = multiplyAdd(splat(0.005_364_829_7), e, splat(-0.030_065_812))
    q = multiplyAdd(q, square, multiplyAdd(splat(0.079_204_57), e, splat(-0.137_538_05)))
    q = multiplyAdd(q, square, multiplyAdd(splat(0.191_536_56), e, splat(-0.248_571_63)))
    q = multiplyAdd(q, square, multiplyAdd(splat(0.333_213_24), e, splat(-0.499_996_48)))
    return multiplyAdd(square, q, e)
  }
}
