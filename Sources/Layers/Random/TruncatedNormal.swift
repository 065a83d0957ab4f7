/// A normal distribution truncated to a range, sampled by the inverse of its cumulative distribution function.
struct TruncatedNormal {
  private let mean: Double
  private let standardDeviation: Double
  private let low: Double
  private let high: Double
  /// The untruncated distribution's probabilities of values below `low`, and of values up to `high`.
  private let below: Double
  private let notAbove: Double
  /// Whether the range is reflected at the mean: for a range above the mean, the probabilities are close to 1, where
  /// Double has fewer digits than close to 0.
  private let isTurned: Bool

  init(mean: Float, standardDeviation: Float, low: Float, high: Float) {
    (self.mean, self.standardDeviation) = (Double(mean), Double(standardDeviation))
    (self.low, self.high) = (Double(low), Double(high))
    let (first, last) = (
      (self.low - self.mean) / self.standardDeviation, (self.high - self.mean) / self.standardDeviation
    )
    isTurned = first > 0
    below = NormalDistribution.probability(below: isTurned ? -last : first)
    notAbove = NormalDistribution.probability(below: isTurned ? -first : last)
  }

  /// The quantile of a probability `share`, 0 < share < 1.
  func value(_ share: Double) -> Float {
    let p = below + share * (notAbove - below)
    let quantile = NormalDistribution.quantile(min(max(p, .leastNormalMagnitude), 1 - .ulpOfOne / 2))
    return Float(min(max(mean + standardDeviation * (isTurned ? -quantile : quantile), low), high))
  }
}
