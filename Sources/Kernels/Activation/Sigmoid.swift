import KernelsISA

/// 1 / (1 + exp(-x)), within 2 ulp, also of denormal results.
public enum SigmoidForward: KernelOperation {
  public static let name = "sigmoid"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.sigmoidActivation, multiplyAdds: 12) { _, x in
    x < 0 ? Float(exp(Double(x)) / (1 + exp(Double(x)))) : Float(1 / (1 + exp(-Double(x))))
  }
}

/// The gradient of ``SigmoidForward`` from its output y: sigmoid' = (1 - y)·y.
public enum SigmoidBackward: KernelOperation {
  public static let name = "sigmoid"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(Levels.sigmoidActivation) { _, y, gradient in gradient * (1 - y) * y }
}

struct Sigmoid: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    L.sigmoid(x)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ y: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    outputGradient * (L.splat(1) - y) * y
  }
}

extension Lanes {
  /// 1 / (1 + exp(-x)), within 2 ulp.
  ///
  /// Where exp(-x) overflows, the result is exp(x), which is as near as Float can tell; where exp(x) overflows, it is
  /// 1.
  @inline(always) static func sigmoid(_ x: Vector) -> Vector {
    let isNormal = normalBound .>= magnitude(x)
    let result = splat(1) / (splat(1) + normalExponential(negative(x)))
    if all(isNormal) { return result }
    let far = farExponential(x.replacing(with: splat(0), where: x .> splat(0)))
    return far.replacing(with: result, where: isNormal)
  }
}
