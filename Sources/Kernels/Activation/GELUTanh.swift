import KernelsISA

/// The approximation of ``GELUForward`` by tanh: x·(1 + tanh(u/2)) / 2 = x / (1 + exp(-u)), u = √(8/π)·(x +
/// 0.044715·x³). Within 4 ulp, and for negative u 4 ulp more for each unit of u, as u is rounded; NaN at -infinity, as
/// in PyTorch.
public enum GELUTanhForward: KernelOperation {
  public static let name = "gelu-tanh"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.geluTanhActivation, multiplyAdds: 16) { _, x in
    Float(Double(x) / (1 + exp(-exponent(Double(x)).u)))
  }
}

/// The gradient of ``GELUTanhForward`` from its input x, with s = 1 / (1 + exp(-u)): s·(1 + x·(1 - s)·u'), as accurate
/// relative to the sum of its terms' magnitudes; NaN at infinities, as in PyTorch.
public enum GELUTanhBackward: KernelOperation {
  public static let name = "gelu-tanh"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.geluTanhActivation, multiplyAdds: 20) { _, x, gradient in
    let (u, slope) = exponent(Double(x))
    let s = 1 / (1 + exp(-u))
    return Float(Double(gradient) * s * (1 + Double(x) * (1 - s) * slope))
  }
}

/// u and its derivative.
private func exponent(_ x: Double) -> (u: Double, slope: Double) {
  let factor = (8 / Double.pi).squareRoot()
  return (factor * (x + 0.044715 * x * x * x), factor * (1 + 3 * 0.044715 * x * x))
}

struct GELUTanh: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  /// √(8/π), and the factor of x³ in u.
  @inline(always) private static var linear: Float { 1.595_769_1 }
  @inline(always) private static var cubic: Float { 0.071_354_82 }

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let u = x * L.multiplyAdd(x * x, L.splat(GELUTanh.cubic), L.splat(GELUTanh.linear))
    let isNormal = L.normalBound .>= L.magnitude(u)
    let result = x / (L.splat(1) + L.normalExponential(L.negative(u)))
    if L.all(isNormal) { return result }
    // Beyond the bound: x for positive x, x·exp(u) for negative x.
    let bounded = x.replacing(with: L.splat(-15), where: L.splat(-15) .> x)
    let far = L.exponential(u, times: bounded).replacing(with: x, where: x .> L.splat(0))
    return L.nanAtNegativeInfinity(far, x).replacing(with: result, where: isNormal)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let square = x * x
    let u = x * L.multiplyAdd(square, L.splat(GELUTanh.cubic), L.splat(GELUTanh.linear))
    let factor = L.multiplyAdd(square, L.splat(3 * GELUTanh.cubic), L.splat(GELUTanh.linear)) * x
    let isNormal = L.normalBound .>= L.magnitude(u)
    let e = L.normalExponential(L.negative(u))
    let s = L.splat(1) / (L.splat(1) + e)
    var slope = s * L.multiplyAdd(factor, e * s, L.splat(1))
    if !L.all(isNormal) {
      // Beyond the bound: 1 for positive x, (1 + x·u')·exp(u) for negative x, which is 0 where x·u' is below -310. x -
      // x is NaN at infinities.
      let bounded = factor.replacing(with: L.splat(-310), where: L.splat(-310) .> factor)
      let far = L.exponential(u, times: L.splat(1) + bounded).replacing(with: L.splat(1), where: x .> L.splat(0))
      slope = (far + (x - x)).replacing(with: slope, where: isNormal)
    }
    return outputGradient * slope
  }
}
