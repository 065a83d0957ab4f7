import KernelsISA

/// x·Φ(x), Φ(x) = (1 + erf(x/√2)) / 2 being the standard normal distribution's cumulative function; within 8 ulp, 1 on
/// average, also of small and denormal results; NaN at -infinity, as in PyTorch.
///
/// Hendrycks, Gimpel, Gaussian Error Linear Units, 2016.
public enum GELUForward: KernelOperation {
  public static let name = "gelu"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.geluActivation, multiplyAdds: 24) { _, x in
    Float(Double(x) * normalDistribution(Double(x)))
  }
}

/// The gradient of ``GELUForward`` from its input x: Φ(x) + x·φ(x), φ(x) = exp(-x²/2)/√(2π), within 8 units in the last
/// place of Φ(x) + |x|·φ(x); NaN at infinities, as in PyTorch.
public enum GELUBackward: KernelOperation {
  public static let name = "gelu"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.geluActivation, multiplyAdds: 26) { _, x, gradient in
    let x = Double(x)
    return Float(Double(gradient) * (normalDistribution(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()))
  }
}

private func normalDistribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

struct GELU: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  /// With a = |x| and h = 1 - Φ(a): Φ(x) = h for x < 0 and 1 - h for x ≥ 0, so that x·Φ(x) = max(x, 0) - a·h.
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let a = L.magnitude(x)
    let isNear = GELU.bound(lanes) .>= a
    let (q, power, ratio) = GELU.tail(lanes, a)
    let positive = L.larger(x, L.splat(-0.0))
    let result = L.multiplyAdd(L.negative(a), L.scale(L.splat(1) + q, power) * ratio, positive)
    if L.all(isNear) { return result }
    // Beyond the bound: x for positive x, -a·h for negative x, which becomes denormal.
    let far = L.scaleFar((L.splat(1) + q) * (GELU.bounded(lanes, a) * L.negative(ratio)), power)
      .replacing(with: x, where: x .> L.splat(0))
    return L.nanAtNegativeInfinity(far, x).replacing(with: result, where: isNear)
  }

  /// With d = h - a·φ(a), the derivative is d for x < 0 and 1 - d for x ≥ 0.
  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let a = L.magnitude(x)
    let isNear = GELU.bound(lanes) .>= a
    let (q, power, ratio) = GELU.tail(lanes, a)
    let difference = L.multiplyAdd(GELU.bounded(lanes, a), L.splat(-0.398_942_28), ratio)
    let tail = L.scale(L.splat(1) + q, power) * difference
    var slope = tail.replacing(with: L.splat(1) - tail, where: x .> L.splat(0))
    if !L.all(isNear) {
      // Beyond the bound: 1 for positive x, h - a·φ(a) for negative x, which becomes denormal. x - x is NaN at
      // infinities.
      let far = L.scaleFar((L.splat(1) + q) * difference, power).replacing(with: L.splat(1), where: x .> L.splat(0))
      slope = (far + (x - x)).replacing(with: slope, where: isNear)
    }
    return outputGradient * slope
  }

  /// The largest |x| for which Φ(-|x|) is a normal number.
  @inline(always) private static func bound<L: Lanes>(_ lanes: L.Type) -> L.Vector { L.splat(12.5) }

  /// a, at most 15: from there on Φ(-a) rounds to 0.
  @inline(always) private static func bounded<L: Lanes>(_ lanes: L.Type, _ a: L.Vector) -> L.Vector {
    a.replacing(with: L.splat(15), where: a .> L.splat(15))
  }

  /// 1 - Φ(a) = (1 + q)·2ⁿ·ratio with (1 + q)·2ⁿ = exp(-a²/2), as from ``exponentialParts(_:roundingError:)``, for a ≥
  /// 0.
  ///
  /// The rounding error of a² is added to the exponent, which may be as large as 90. The ratio, exp(a²/2)·(1 - Φ(a)),
  /// falls from 1/2 like 1/a. It is the minimax quotient of polynomials of degrees 4 and 5 up to a = 14.3, with a
  /// relative error of 0.1 ulp. All coefficients are positive, so that its evaluation rounds little: 5.4 ulp at most, 1
  /// on average.
  @inline(always) private static func tail<L: Lanes>(
    _ lanes: L.Type, _ a: L.Vector
  ) -> (q: L.Vector, power: L.Bits, ratio: L.Vector) {
    let a = bounded(lanes, a)
    let half = a * L.splat(-0.5)
    let exponent = half * a
    let (q, power) = L.exponentialParts(exponent, roundingError: L.roundingError(half, a, product: exponent))
    var numerator = L.multiplyAdd(L.splat(0.006_773_058_3), a, L.splat(0.066_937_95))
    var denominator = L.multiplyAdd(L.splat(0.016_977_336), a, L.splat(0.167_799_44))
    numerator = L.multiplyAdd(numerator, a, L.splat(0.302_118_12))
    denominator = L.multiplyAdd(denominator, a, L.splat(0.774_024))
    numerator = L.multiplyAdd(numerator, a, L.splat(0.723_185_36))
    denominator = L.multiplyAdd(denominator, a, L.splat(1.983_899_7))
    numerator = L.multiplyAdd(numerator, a, L.splat(0.825_772_7))
    denominator = L.multiplyAdd(denominator, a, L.splat(2.764_114))
    denominator = L.multiplyAdd(denominator, a, L.splat(1.651_545_4))
    return (q, power, numerator / denominator)
  }
}
