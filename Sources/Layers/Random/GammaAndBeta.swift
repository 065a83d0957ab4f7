import Foundation

extension SplitMix64 {
  /// A gamma-distributed number with scale 1 and a shape of at least 1 (Marsaglia and Tsang, "A simple method for
  /// generating gamma variables", ACM TOMS 26, 2000).
  mutating func gamma(_ shape: Double) -> Double {
    let d = shape - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = standardNormal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      if v > 0, log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// A beta-distributed number, 0 to 1.
  ///
  /// If both parameters are at most 1, by Jöhnk's method (U^(1/a) / (U^(1/a) + V^(1/b)) where the sum is at most 1), in
  /// logarithms, since the powers may underflow; else from two gamma-distributed numbers. One with a shape below 1 is
  /// one with 1 + shape, times U^(1/shape).
  mutating func beta(_ a: Double, _ b: Double) -> Double {
    if a <= 1, b <= 1 {
      while true {
        let (x, y) = (log(1 - uniform()) / a, log(1 - uniform()) / b)
        if exp(x) + exp(y) <= 1 { return 1 / (1 + exp(y - x)) }
      }
    }
    let (x, y) = (logarithmOfGamma(a), logarithmOfGamma(b))
    return 1 / (1 + exp(y - x))
  }

  /// The logarithm of a gamma-distributed number with scale 1 and any positive shape.
  private mutating func logarithmOfGamma(_ shape: Double) -> Double {
    shape >= 1 ? log(gamma(shape)) : log(gamma(shape + 1)) + log(1 - uniform()) / shape
  }
}
