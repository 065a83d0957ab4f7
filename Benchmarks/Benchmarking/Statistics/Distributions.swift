import Foundation

/// The distributions that the tests refer to.
public enum Distributions {
  /// P(Z ≥ z) of the standard normal distribution.
  public static func normalUpperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// The z with P(Z ≤ z) = p, by bisection.
  public static func normalQuantile(_ p: Double) -> Double {
    bisect(from: -40, to: 40) { normalUpperTail(-$0) < p }
  }

  /// P(T ≥ t) of Student's distribution.
  public static func studentUpperTail(_ t: Double, degreesOfFreedom: Double) -> Double {
    let tail =
      0.5 * incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), a: degreesOfFreedom / 2, b: 0.5)
    return t >= 0 ? tail : 1 - tail
  }

  /// The t with P(T ≥ t) = p, for p below a half: the critical value of a one-sided test.
  public static func studentCriticalValue(_ p: Double, degreesOfFreedom: Double) -> Double {
    var bound = 1.0
    while studentUpperTail(bound, degreesOfFreedom: degreesOfFreedom) > p, bound < 1e12 { bound *= 2 }
    return bisect(from: 0, to: bound) { studentUpperTail($0, degreesOfFreedom: degreesOfFreedom) > p }
  }

  /// P(X ≥ successes) of a binomial distribution.
  public static func binomialUpperTail(_ successes: Int, of trials: Int, probability: Double) -> Double {
    if successes <= 0 { return 1 }
    if successes > trials { return 0 }
    return incompleteBeta(probability, a: Double(successes), b: Double(trials - successes + 1))
  }

  /// The regularised incomplete beta function I_x(a, b), by the continued fraction of DLMF 8.17.22 with Lentz's method.
  public static func incompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast only below the mean of the distribution.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, a: b, b: a) }
    let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var fraction = d
    for m in 1..<500 {
      let m = Double(m)
      for numerator in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 + numerator * d
        d = 1 / (abs(d) < tiny ? tiny : d)
        c = 1 + numerator / c
        if abs(c) < tiny { c = tiny }
        fraction *= d * c
      }
      if abs(d * c - 1) < 1e-15 { break }
    }
    return front * fraction
  }

  private static func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

  /// ln Γ(x) for positive x: Stirling's series (DLMF 5.11.1) after raising x above 10 by Γ(x + 1) = x Γ(x).
  static func logGamma(_ x: Double) -> Double {
    var (x, shift) = (x, 0.0)
    while x < 10 {
      shift -= log(x)
      x += 1
    }
    let s = 1 / (x * x)
    let series = (1 / 12.0 - s * (1 / 360.0 - s * (1 / 1260.0 - s * (1 / 1680.0 - s / 1188)))) / x
    return shift + (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series
  }

  /// The point at which a condition that holds from below ceases to hold.
  private static func bisect(from low: Double, to high: Double, while holds: (Double) -> Bool) -> Double {
    var (low, high) = (low, high)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if holds(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
