/// Intervals by resampling with replacement.
///
/// Values that were measured together are a block and are drawn together, since they resemble each other more than others
/// do. Blocks may lie in groups, such as processes: then groups are drawn first and blocks within each (Kalibera and
/// Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013).
public enum Bootstrap {
  /// The percentile interval of any statistic of the pooled values of blocks.
  public static func interval(
    of blocks: [[Double]], level: Double, resamples: Int, using generator: inout SeededGenerator,
    statistic: ([Double]) -> Double
  ) -> ClosedRange<Double> {
    var results: [Double] = []
    results.reserveCapacity(resamples)
    var pooled: [Double] = []
    for _ in 0..<resamples {
      pooled.removeAll(keepingCapacity: true)
      for _ in blocks.indices { pooled += blocks[generator.index(below: blocks.count)] }
      results.append(statistic(pooled))
    }
    return percentiles(results, level: level)
  }

  /// The percentile interval of the median of all values, groups drawn first and blocks within them.
  ///
  /// The values are sorted once, and a resample is counted in place of copied: O(values) each.
  public static func medianInterval(
    ofGroups groups: [[[Double]]], level: Double, resamples: Int, using generator: inout SeededGenerator
  ) -> ClosedRange<Double> {
    let groups = groups.map { $0.filter { !$0.isEmpty } }.filter { !$0.isEmpty }
    guard !groups.isEmpty else { return -Double.infinity...Double.infinity }
    // Blocks are numbered through all groups.
    let firstBlock = groups.reduce(into: [0]) { $0.append($0.last! + $1.count) }
    var values: [(value: Double, block: Int)] = []
    var sizes: [Int] = []
    for (group, first) in zip(groups, firstBlock) {
      for (index, block) in group.enumerated() {
        sizes.append(block.count)
        values += block.map { ($0, first + index) }
      }
    }
    values.sort { $0.value < $1.value }
    var results: [Double] = []
    results.reserveCapacity(resamples)
    var times = [Int](repeating: 0, count: sizes.count)
    for _ in 0..<resamples {
      for index in times.indices { times[index] = 0 }
      var total = 0
      for _ in groups.indices {
        let group = generator.index(below: groups.count)
        for _ in groups[group].indices {
          let block = firstBlock[group] + generator.index(below: groups[group].count)
          times[block] += 1
          total += sizes[block]
        }
      }
      results.append(median(values, times: times, total: total))
    }
    return percentiles(results, level: level)
  }

  private static func median(_ values: [(value: Double, block: Int)], times: [Int], total: Int) -> Double {
    let lower = (total - 1) / 2
    let upper = total / 2
    var seen = 0
    var low = Double.nan
    for (value, block) in values where times[block] > 0 {
      let before = seen
      seen += times[block]
      if before <= lower, lower < seen { low = value }
      if upper < seen { return (low + value) / 2 }
    }
    return low
  }

  private static func percentiles(_ results: [Double], level: Double) -> ClosedRange<Double> {
    let sorted = results.sorted()
    let tail = (1 - level) / 2
    return Quantiles.sorted(sorted, tail)...Quantiles.sorted(sorted, 1 - tail)
  }
}
