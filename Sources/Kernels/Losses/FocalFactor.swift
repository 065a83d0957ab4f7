import KernelsISA

extension Lanes {
  /// xᵞ for x in 0 to 1 and γ of at least 0, where 0⁰ is 1; NaN for NaN.
  @inline(always) static func power(_ x: Vector, _ gamma: Vector) -> Vector {
    // With γ = 0, 0·log 0 would be NaN.
    let exponent = (gamma * fullLogarithm(x)).replacing(with: splat(0), where: gamma .== splat(0))
    let result = exponential(exponent)
    // γ = 2 is the default; the product is correctly rounded.
    return result.replacing(with: x * x, where: gamma .== splat(2))
  }
}
