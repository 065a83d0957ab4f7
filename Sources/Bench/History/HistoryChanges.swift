import Benchmarking
import Dispatch
import Foundation

/// A change of speed in a series.
struct SpeedChange: Equatable {
  /// The first run after the change.
  let index: Int
  /// The speed after over that before: below 1 is slower. Of medians between changes; of a comparison, its own.
  let speedRatio: Double
  /// Of the permutation test; nil where a comparison's verdict found the change.
  let pValue: Double?

  var isSlowdown: Bool { speedRatio < 1 }
}

/// A series with its changes.
struct AnalyzedSeries {
  let series: HistorySeries
  let changes: [SpeedChange]
  /// Whether there are enough runs to look for changes.
  let isLongEnough: Bool

  /// The runs between changes.
  var stretches: [Range<Int>] {
    let bounds = [0] + (series.figure == .step ? [] : changes.map(\.index)) + [series.points.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The median over a stretch.
  func median(_ stretch: Range<Int>) -> Double { series.points[stretch].map(\.value).median }

  /// Whether the last change is a slowdown at one of the last runs.
  func endsInSlowdown(lastRuns: Int) -> Bool {
    guard let last = changes.last else { return false }
    return last.isSlowdown && last.index >= series.points.count - lastRuns
  }
}

/// The search for changes in all series of a history.
struct HistoryAnalysis {
  /// The chance that a history without any change shows one, at most. Each test gets its share of it (Bonferroni): with
  /// permutations, whose p-values have a least value, Holm's correction gains nothing.
  static let level = 0.05

  let leastLength: Int
  /// The level of each test.
  let significance: Double
  let permutations: Int
  let series: [AnalyzedSeries]

  /// The shortest series in which changes are looked for.
  static var leastRuns: Int { 2 * ChangePoints().leastLength }

  /// - Parameter lastRuns: the runs of each series that count.
  init(runs: [HistoryRun], lastRuns: Int) {
    let all = HistorySeries.all(of: runs, leastRuns: HistoryAnalysis.leastRuns).map { series in
      var series = series
      series.points = Array(series.points.suffix(lastRuns))
      return series
    }
    let tested = all.count { $0.figure != .step && $0.points.count >= HistoryAnalysis.leastRuns }
    var points = ChangePoints()
    points.significance = HistoryAnalysis.level / Double(max(tested, 1))
    // The least p-value is half of what a test has to pass.
    points.permutations = max(199, Int((2 / points.significance).rounded(.up)) - 1)
    (leastLength, significance, permutations) = (points.leastLength, points.significance, points.permutations)
    let found = Found(count: all.count)
    DispatchQueue.concurrentPerform(iterations: all.count) { [points] in
      found.set($0, HistoryAnalysis.changes(of: all[$0], points))
    }
    series = zip(all, found.changes).map { one, changes in
      AnalyzedSeries(
        series: one, changes: changes,
        isLongEnough: one.figure == .step || one.points.count >= HistoryAnalysis.leastRuns)
    }
  }

  private final class Found: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var changes: [[SpeedChange]]
    init(count: Int) { changes = Array(repeating: [], count: count) }
    func set(_ index: Int, _ value: [SpeedChange]) { lock.withLock { changes[index] = value } }
  }

  private static func changes(of series: HistorySeries, _ points: ChangePoints) -> [SpeedChange] {
    if series.figure == .step {
      return series.points.enumerated().compactMap { index, point in
        guard point.entry.verdict == .slower || point.entry.verdict == .faster else { return nil }
        return SpeedChange(index: index, speedRatio: 1 / point.value, pValue: nil)
      }
    }
    // Of logarithms, so that a change weighs the same in a fast row and in a slow one.
    let found = points.changes(in: series.points.map { log($0.value) })
    let bounds = [0] + found.map(\.index) + [series.points.count]
    let medians = zip(bounds, bounds.dropFirst()).map { series.points[$0..<$1].map(\.value).median }
    return found.enumerated().map { number, change in
      let ratio = medians[number + 1] / medians[number]
      return SpeedChange(
        index: change.index, speedRatio: series.figure.isTime ? 1 / ratio : ratio, pValue: change.pValue)
    }
  }
}
