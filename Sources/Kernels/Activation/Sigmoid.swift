import ISA

/// 1 / (1 + exp(-x)), within 2 ulp of the exact value, also where that is denormal.
public enum SigmoidForward: KernelOperation {
  public static let name = "sigmoid"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(functions, multiplyAdds: 12) { _, x in
    x < 0 ? Float(exp(Double(x)) / (1 + exp(Double(x)))) : Float(1 / (1 + exp(-Double(x))))
  }
}

/// The gradient of ``SigmoidForward`` from its output y: sigmoid' = (1 - y)·y.
public enum SigmoidBackward: KernelOperation {
  public static let name = "sigmoid"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(functions) { _, y, gradient in gradient * (1 - y) * y }
}

private struct Sigmoid: Activation {
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
  /// Where exp(-x) overflows it is exp(x), as near as Float can tell; where exp(x) does, it is 1.
  @inline(always) static func sigmoid(_ x: Vector) -> Vector {
    let isNormal = normalBound .>= magnitude(x)
    let result = splat(1) / (splat(1) + normalExponential(negative(x)))
    if all(isNormal) { return result }
    let far = farExponential(x.replacing(with: splat(0), where: x .> splat(0)))
    return far.replacing(with: result, where: isNormal)
  }
}

#if arch(arm64)
  @c(sigmoid_activation_neon_body) private func neon(_ p: UnsafePointer<ActivationArguments>) {
    activate(NEONLanes.self, Sigmoid.self, p)
  }

  private let functions = LevelFunctions(neon: sigmoid_activation_neon)
#else
  @c(sigmoid_activation_baseline_body) private func baseline(_ p: UnsafePointer<ActivationArguments>) {
    activate(BaselineLanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_activation_avx2_body) private func avx2(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX2PairLanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_activation_avx512_body) private func avx512(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX512Lanes.self, Sigmoid.self, p)
  }

  private let functions = LevelFunctions(
    baseline: sigmoid_activation_baseline, avx2: sigmoid_activation_avx2, avx512: sigmoid_activation_avx512)
#endif
