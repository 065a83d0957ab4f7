import KernelsISA

/// x / (1 + exp(-x)), within 3 ulp, also of denormal results; NaN at -infinity, as in PyTorch.
///
/// Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation, 2017; also known as
/// swish.
public enum SiLUForward: KernelOperation {
  public static let name = "silu"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.siluActivation, multiplyAdds: 14) { _, x in
    Float(Double(x) / (1 + exp(-Double(x))))
  }
}

/// The gradient of ``SiLUForward`` from its input x, with s = 1 / (1 + exp(-x)): s·(1 + x·(1 - s)), within 5 units in
/// the last place of the sum of its terms' magnitudes, s + |x|·s·(1 - s); NaN at infinities, as in PyTorch.
public enum SiLUBackward: KernelOperation {
  public static let name = "silu"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.siluActivation, multiplyAdds: 16) { _, x, gradient in
    let s = 1 / (1 + exp(-Double(x)))
    return Float(Double(gradient) * s * (1 + Double(x) * (1 - s)))
  }
}

struct SiLU: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let isNormal = L.normalBound .>= L.magnitude(x)
    let result = x / (L.splat(1) + L.normalExponential(L.negative(x)))
    if L.all(isNormal) { return result }
    // Beyond the bound: x for positive x, x·exp(x) for negative x.
    let bounded = x.replacing(with: L.splat(-112), where: L.splat(-112) .> x)
    let far = L.exponential(bounded, times: bounded).replacing(with: x, where: x .> L.splat(0))
    return L.nanAtNegativeInfinity(far, x).replacing(with: result, where: isNormal)
  }

  /// With e = exp(-x) and s = 1 / (1 + e), 1 - s = e·s.
  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let isNormal = L.normalBound .>= L.magnitude(x)
    let e = L.normalExponential(L.negative(x))
    let s = L.splat(1) / (L.splat(1) + e)
    var slope = s * L.multiplyAdd(x, e * s, L.splat(1))
    if !L.all(isNormal) {
      // Beyond the bound: 1 for positive x, (1 + x)·exp(x) for negative x. x - x is NaN at infinities.
      let bounded = x.replacing(with: L.splat(-112), where: L.splat(-112) .> x)
      let far = L.exponential(bounded, times: L.splat(1) + bounded)
        .replacing(with: L.splat(1), where: x .> L.splat(0))
      slope = (far + (x - x)).replacing(with: slope, where: isNormal)
    }
    return outputGradient * slope
  }
}
