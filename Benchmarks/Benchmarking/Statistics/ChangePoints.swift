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

  /// The changes of a series, in its order. O(n²) a permutation: meant for hundreds of values.
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

  /// The best division of a stretch: the one whose left part of n values and whose right part of m, up to any end, differ
  /// most by Székely and Rizzo's two-sample energy statistic,
  /// n m / (n + m) · (2 E|X − Y| − E|X − X′| − E|Y − Y′|).
  func division(of series: ArraySlice<Double>) -> (offset: Int, statistic: Double)? {
    let values = Array(series)
    let count = values.count
    guard count >= 2 * leastLength else { return nil }
    // within[first]: the sum of |x − y| over all pairs of values first ..< end.
    var within = [Double](repeating: 0, count: count)
    // left[end]: the same of the values 0 ..< end.
    var left = [Double](repeating: 0, count: count + 1)
    let inverses = (0...count).map { 1 / Double($0) }
    var best = (offset: 0, statistic: -1.0)
    for last in 0..<count {
      let end = last + 1
      var sum = 0.0
      for first in Swift.stride(from: last - 1, through: 0, by: -1) {
        sum += abs(values[first] - values[last])
        within[first] += sum
      }
      left[end] = within[0]
      guard end >= 2 * leastLength else { continue }
      for offset in leastLength...(end - leastLength) {
        let between = within[0] - left[offset] - within[offset]
        let (n, m) = (Double(offset), Double(end - offset))
        let distance = between - left[offset] * m * inverses[offset] - within[offset] * n * inverses[end - offset]
        let statistic = 2 * inverses[end] * distance
        if statistic > best.statistic { best = (offset, statistic) }
      }
    }
    return best
  }
}
