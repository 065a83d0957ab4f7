import Foundation

/// The standard normal distribution.
enum NormalDistribution {
  /// The cumulative distribution function: the probability of a value below x.
  static func probability(below x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  /// The quantile of a probability p, 0 < p < 1: algorithm AS 241 (Wichura, "The percentage points of the normal
  /// distribution", Applied Statistics 37, 1988), to 16 digits.
  static func quantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 { return q * middle.value(at: 0.180625 - q * q) }
    let r = (-log(q < 0 ? p : 1 - p)).squareRoot()
    let x = r <= 5 ? flank.value(at: r - 1.6) : tail.value(at: r - 5)
    return q < 0 ? -x : x
  }

  /// A quotient of polynomials of degree 7, the highest coefficients first.
  private struct Rational {
    let numerator: [Double]
    let denominator: [Double]

    func value(at x: Double) -> Double {
      numerator.reduce(0) { $0 * x + $1 } / denominator.reduce(0) { $0 * x + $1 }
    }
  }

  private static let middle = Rational(
    numerator: [
      2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987,
      13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665,
    ],
    denominator: [
      5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597,
      5394.196021424751, 687.1870074920579, 42.31333070160091, 1,
    ])
  private static let flank = Rational(
    numerator: [
      0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
      3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
    ],
    denominator: [
      1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
      0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
    ])
  private static let tail = Rational(
    numerator: [
      2.0103343992922881e-07, 2.7115555687434876e-05, 0.0012426609473880784, 0.026532189526576124,
      0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
    ],
    denominator: [
      2.0442631033899397e-15, 1.421511758316446e-07, 1.8463183175100548e-05, 0.0007868691311456133,
      0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
    ])
}
