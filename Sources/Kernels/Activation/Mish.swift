import KernelsISA

/// x·tanh(log(1 + exp(x))), within 6 ulp, also of denormal results; NaN at -infinity, as in PyTorch.
///
/// Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
public enum MishForward: KernelOperation {
  public static let name = "mish"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.mishActivation, multiplyAdds: 16) { _, x in
    Float(Double(x) * tanh(softplus(Double(x))))
  }
}

/// The gradient of ``MishForward`` from its input x, with t = tanh(log(1 + exp(x))) and s = 1 / (1 + exp(-x)): t +
/// x·s·(1 - t²), within 8 units in the last place of the sum of its terms' magnitudes, t + |x|·s·(1 - t²); NaN at
/// infinities, as in PyTorch.
public enum MishBackward: KernelOperation {
  public static let name = "mish"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.mishActivation, multiplyAdds: 20) { _, x, gradient in
    let x = Double(x)
    let t = tanh(softplus(x))
    // 1 - t² without cancellation.
    let secant = 1 / cosh(softplus(x))
    return Float(Double(gradient) * (t + x / (1 + exp(-x)) * secant * secant))
  }
}

private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

struct Mish: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  /// With e = exp(x) and n = e·(e + 2): tanh(log(1 + e)) = ((1 + e)² - 1) / ((1 + e)² + 1) = n / (n + 2), without
  /// cancellation. Above 20, where the quotient rounds to 1, x is clamped to 20.
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let isNormal = x .>= L.splat(-87)
    let e = L.normalExponential(Mish.bounded(lanes, x))
    let n = e * (e + L.splat(2))
    let result = x * (n / (n + L.splat(2)))
    if L.all(isNormal) { return result }
    // Below -87: x·exp(x).
    let low = x.replacing(with: L.splat(-112), where: L.splat(-112) .> x)
    let far = L.exponential(low, times: low).replacing(with: x, where: x .> L.splat(0))
    return L.nanAtNegativeInfinity(far, x).replacing(with: result, where: isNormal)
  }

  /// With d = n + 2, 1 - t² = 4·(1 + e)²/d² and s = e/(1 + e): the derivative is e/d·(e + 2 + 4·x·(1 + e)/d).
  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let isNormal = L.normalBound .>= L.magnitude(x)
    let bounded = Mish.bounded(lanes, x)
    let e = L.normalExponential(bounded)
    let two = e + L.splat(2)
    let inverse = L.splat(1) / L.multiplyAdd(e, two, L.splat(2))
    let second = (L.splat(4) * bounded) * ((L.splat(1) + e) * inverse)
    var slope = (e * inverse) * (two + second)
    if !L.all(isNormal) {
      // Beyond the bound: 1 for positive x, (1 + x)·exp(x) for negative x. x - x is NaN at infinities.
      let low = x.replacing(with: L.splat(-112), where: L.splat(-112) .> x)
      let far = L.exponential(low, times: L.splat(1) + low).replacing(with: L.splat(1), where: x .> L.splat(0))
      slope = (far + (x - x)).replacing(with: slope, where: isNormal)
    }
    return outputGradient * slope
  }

  /// x, at most 20.
  @inline(always) private static func bounded<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    x.replacing(with: L.splat(20), where: x .> L.splat(20))
  }
}
