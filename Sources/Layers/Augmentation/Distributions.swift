import Foundation

extension SplitMix64 {
  /// A number from 0 up to, not including, 1: the top 53 bits of ``next()``, scaled.
  mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number of a range.
  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A number of a range, of the top 24 bits of ``next()``.
  mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    uniform(range.lowerBound, range.upperBound)
  }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool {
    uniform() < probability
  }

  /// A number of the normal distribution with mean 0 and standard deviation 1, by Marsaglia and Tsang's ziggurat ("The
  /// ziggurat method for generating random variables", J. Stat. Softw. 5, 2000) with 128 layers of equal area.
  ///
  /// 98.8 of 100 numbers take one step of the generator, one product and one comparison.
  public mutating func normal() -> Float {
    Float(standardNormal())
  }

  mutating func standardNormal() -> Double {
    let tables = Ziggurat.shared
    while true {
      // Seven bits for the layer, one for the sign, the upper 53 for the place.
      let bits = next()
      let layer = Int(bits & 127)
      let sign = (bits & 128) << 56
      let x = Double(bits >> 11) * 0x1p-53 * tables.edges[layer]
      var result = x
      if x >= tables.edges[layer + 1] {
        if layer == 0 {
          result = normalTail(from: Ziggurat.start)
        } else {
          let (low, high) = (tables.heights[layer], tables.heights[layer + 1])
          if low + uniform() * (high - low) >= exp(-0.5 * x * x) { continue }
        }
      }
      return Double(bitPattern: result.bitPattern | sign)
    }
  }

  /// A number of the normal distribution's part above `start` (Marsaglia 1964).
  private mutating func normalTail(from start: Double) -> Double {
    while true {
      let x = -log(1 - uniform()) / start
      let y = -log(1 - uniform())
      if 2 * y > x * x { return start + x }
    }
  }

  /// A number of the gamma distribution with a shape of at least 1 and scale 1 (Marsaglia and Tsang, "A simple method for
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

  /// A number of the beta distribution, 0 to 1.
  ///
  /// Where both parameters are at most 1, by Jöhnk's method (U^(1/a) / (U^(1/a) + V^(1/b)) where the sum is at most 1),
  /// in logarithms, as the powers may vanish; else from two numbers of gamma distributions, where a shape below 1 is that
  /// of 1 + shape times U^(1/shape).
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

  private mutating func logarithmOfGamma(_ shape: Double) -> Double {
    shape >= 1 ? log(gamma(shape)) : log(gamma(shape + 1)) + log(1 - uniform()) / shape
  }
}

/// The layers of the ziggurat over exp(−x²/2): as many rectangles of one area, the lowest with the tail. They live as
/// long as the process.
private struct Ziggurat: @unchecked Sendable {
  static let shared = Ziggurat()

  /// Where the tail begins, and the area of a layer, for 128 layers; from the paper.
  static let start = 3.442619855899
  private static let area = 9.91256303526217e-3

  /// The right edge of each layer; the lowest is as wide as a rectangle of its area would be. One more at the end, 0.
  let edges: UnsafePointer<Double>
  /// exp(−edge²/2), which is the lower side of each layer; of the lowest, 0.
  let heights: UnsafePointer<Double>

  private init() {
    let edges = UnsafeMutablePointer<Double>.allocate(capacity: 129)
    let heights = UnsafeMutablePointer<Double>.allocate(capacity: 129)
    edges[0] = Ziggurat.area / exp(-0.5 * Ziggurat.start * Ziggurat.start)
    edges[1] = Ziggurat.start
    for layer in 2..<128 {
      let height = Ziggurat.area / edges[layer - 1] + exp(-0.5 * edges[layer - 1] * edges[layer - 1])
      edges[layer] = (-2 * log(height)).squareRoot()
    }
    edges[128] = 0
    heights[0] = 0
    for layer in 1...128 { heights[layer] = exp(-0.5 * edges[layer] * edges[layer]) }
    self.edges = UnsafePointer(edges)
    self.heights = UnsafePointer(heights)
  }
}
