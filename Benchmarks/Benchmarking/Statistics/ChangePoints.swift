/// Points at which the distribution of a series changes, by E-divisive: hierarchical division by energy statistics with a
/// permutation test (Matteson and James, J. Amer. Statist. Assoc. 109, 2014).
///
/// It assumes neither normal values nor a number of changes, and one outlier is no change.
public struct ChangePoints: Sendable {
  /// The shortest stretch between changes, in values.
  public var leastLength = 5
  /// The level of the test that a division has to pass.
  public var significance = 0.05
  /// The permutations of the test: the least p-value is 1 / (permutations + 1).
  public var permutations = 199
  public var seed: UInt64 = 1

  public init() {}

  public struct Change: Equatable, Sendable {
    /// The first value after the change.
    public let index: Int
    /// Of the permutation test that found it.
    public let pValue: Double
  }

  /// The changes of a series, in its order. O(n²) a permutation, and as much memory: meant for hundreds of values.
  ///
  /// Permutations end where the test cannot be passed any more, so that a stretch without change costs few.
  public func changes(in series: [Double]) -> [Change] {
    var generator = SeededGenerator(seed: seed)
    var found: [Change] = []
    var segments = [0..<series.count]
    while let segment = segments.popLast() {
      guard let division = division(of: series[segment]) else { continue }
      var shuffled = Array(series[segment])
      var asHigh = 0
      for _ in 0..<permutations {
        shuffled.shuffle(using: &generator)
        if let other = self.division(of: shuffled[...]), other.statistic >= division.statistic { asHigh += 1 }
        if permutationPValue(asHigh) > significance { break }
      }
      let pValue = permutationPValue(asHigh)
      guard pValue <= significance else { continue }
      let index = segment.lowerBound + division.offset
      found.append(Change(index: index, pValue: pValue))
      segments += [segment.lowerBound..<index, index..<segment.upperBound]
    }
    return found.sorted { $0.index < $1.index }
  }

  /// Of a statistic that so many permutations reach.
  private func permutationPValue(_ asHigh: Int) -> Double { Double(asHigh + 1) / Double(permutations + 1) }

  /// The best division of a stretch: the one whose left part and whose right part, up to any end, differ most.
  func division(of series: ArraySlice<Double>) -> (offset: Int, statistic: Double)? {
    let values = Array(series)
    let count = values.count
    guard count >= 2 * leastLength else { return nil }
    // within[i * stride + j]: the sum of |x − y| over all pairs of values i ..< j.
    let stride = count + 1
    var within = [Double](repeating: 0, count: stride * stride)
    for last in 0..<count {
      var sum = 0.0
      within[last * stride + last + 1] = 0
      for first in Swift.stride(from: last - 1, through: 0, by: -1) {
        sum += abs(values[first] - values[last])
        within[first * stride + last + 1] = within[first * stride + last] + sum
      }
    }
    var best: (offset: Int, statistic: Double)?
    for offset in leastLength...(count - leastLength) {
      for end in (offset + leastLength)...count {
        let statistic = ChangePoints.energy(
          left: offset, right: end - offset, withinLeft: within[offset],
          withinRight: within[offset * stride + end], withinAll: within[end])
        if statistic > best?.statistic ?? -1 { best = (offset, statistic) }
      }
    }
    return best
  }

  /// n m / (n + m) · (2 E|X − Y| − E|X − X′| − E|Y − Y′|): Székely and Rizzo's two-sample energy statistic.
  private static func energy(
    left: Int, right: Int, withinLeft: Double, withinRight: Double, withinAll: Double
  ) -> Double {
    let (n, m) = (Double(left), Double(right))
    let between = withinAll - withinLeft - withinRight
    let distance = 2 * between / (n * m) - 2 * withinLeft / (n * n) - 2 * withinRight / (m * m)
    return n * m / (n + m) * distance
  }
}
