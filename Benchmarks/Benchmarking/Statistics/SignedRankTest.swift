/// Wilcoxon's signed-rank test: whether differences lie above a value, without assuming more than symmetry.
///
/// Where each difference is of an ABBA quadruple whose order was drawn by a coin, symmetry holds for identical programs
/// whatever the noise, since another throw of the coin changes the sign alone.
public enum SignedRankTest {
  /// The largest sample whose distribution is counted exactly.
  static let exactLimit = 25

  /// P(as many or more high positive ranks) when the differences are symmetric about `center`; 1 for an empty sample.
  ///
  /// Exact up to 25 differences without ties, beyond that the normal approximation with the correction for ties.
  /// Differences equal to `center` are left out. Wilcoxon 1945; tables by the recursion of Hollander and Wolfe 1973.
  public static func upperTail(_ differences: [Double], center: Double = 0) -> Double {
    let shifted = differences.map { $0 - center }.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
    let n = shifted.count
    if n == 0 { return 1 }
    var statistic = 0.0
    var tieCorrection = 0.0
    var first = 0
    while first < n {
      var end = first + 1
      while end < n, abs(shifted[end]) == abs(shifted[first]) { end += 1 }
      let size = Double(end - first)
      tieCorrection += size * size * size - size
      let rank = Double(first + end + 1) / 2
      for index in first..<end where shifted[index] > 0 { statistic += rank }
      first = end
    }
    if n <= exactLimit, tieCorrection == 0 { return exactUpperTail(Int(statistic), n) }
    let count = Double(n)
    let mean = count * (count + 1) / 4
    let variance = count * (count + 1) * (2 * count + 1) / 24 - tieCorrection / 48
    return Distributions.normalUpperTail((statistic - mean) / variance.squareRoot())
  }

  /// The share of the 2ⁿ signs whose positive ranks sum to `statistic` or more.
  private static func exactUpperTail(_ statistic: Int, _ n: Int) -> Double {
    let most = n * (n + 1) / 2
    var shares = [Double](repeating: 0, count: most + 1)
    shares[0] = 1
    var reached = 0
    for rank in 1...n {
      reached += rank
      for sum in stride(from: reached, through: 0, by: -1) {
        shares[sum] = 0.5 * (shares[sum] + (sum >= rank ? shares[sum - rank] : 0))
      }
    }
    return min(shares[statistic...].reduce(0, +), 1)
  }
}
