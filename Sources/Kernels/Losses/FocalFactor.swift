import KernelsISA

extension Lanes {
  /// xᵞ for x of 0 to 1 and a γ of at least 0; 1 where both are 0. NaN stays.
  @inline(always) static func power(_ x: Vector, _ gamma: Vector) -> Vector {
    // 0·log 0 is no number.
    let exponent = (gamma * fullLogarithm(x)).replacing(with: splat(0), where: gamma .== splat(0))
    let result = exponential(exponent)
    // The exponent 2 is the usual one, and exact as a product.
    return result.replacing(with: x * x, where: gamma .== splat(2))
  }
}
