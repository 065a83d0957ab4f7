import KernelsISA

/// ``ELUForward`` of `count` values.
public struct ELUProblem: ElementwiseSize {
  public var count: Int
  /// The function approaches -alpha for large negative values.
  public var alpha: Float

  public init(count: Int, alpha: Float = 1) {
    self.count = count
    self.alpha = alpha
  }
}

extension KernelOperation where Problem == ELUProblem {
  static var options: @Sendable (Problem) -> ActivationOptions { { ($0.alpha, 1) } }
}

/// x ≥ 0 ? x : α·(exp(x) - 1), within 3 ulp.
///
/// Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.
public enum ELUForward: KernelOperation {
  public static let name = "elu"
  public typealias Problem = ELUProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.eluActivation, multiplyAdds: 12, options: options) { problem, x in
    x >= 0 ? x : Float(Double(problem.alpha) * expm1(Double(x)))
  }
}

/// The gradient of ``ELUForward`` from its input x: x > 0 ? g : g·α·exp(x), within 3 ulp; g for NaN.
public enum ELUBackward: KernelOperation {
  public static let name = "elu"
  public static let pass = "backward-data"
  public typealias Problem = ELUProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.eluActivation, multiplyAdds: 12, options: options) { problem, x, gradient in
    let slope: Double = Double(problem.alpha) * exp(Double(x))
    return x <= 0 ? Float(Double(gradient) * slope) : gradient
  }
}

/// scale·x for x ≥ 0, else alpha·(exp(x) - 1): ELU with a scale of 1, SELU with its own constants.
struct ELU: Activation {
  let alpha: Float
  let scale: Float

  @inline(always) init(_ options: ActivationOptions) { (alpha, scale) = options }

  /// exp(x) - 1 is computed as q·2ⁿ + (2ⁿ - 1), in which only the sum is rounded. Below -25 it rounds to -1.
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let (q, power) = L.exponentialParts(x.replacing(with: L.splat(-25), where: L.splat(-25) .> x))
    let two = L.powerOfTwo(power)
    let result = L.multiplyAdd(q, two, two - L.splat(1)) * L.splat(alpha)
    return result.replacing(with: x * L.splat(scale), where: x .>= L.splat(0))
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let isNormal = x .>= L.splat(-87)
    var slope = L.normalExponential(x) * L.splat(alpha)
    if !L.all(isNormal) {
      slope = (L.farExponential(x) * L.splat(alpha)).replacing(with: slope, where: isNormal)
    }
    return (outputGradient * L.splat(scale)).replacing(with: outputGradient * slope, where: L.splat(0) .>= x)
  }
}
