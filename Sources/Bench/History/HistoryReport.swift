import Foundation

/// The series and changes of a history for programs, schema `bench.history.changes/1`.
struct HistoryReport: Encodable {
  private(set) var schema = "bench.history.changes/1"
  /// The chance that a history without any change shows one, at most.
  let level: Double
  /// The level of the test of one series.
  let seriesLevel: Double
  let permutations: Int
  /// The shortest series in which changes are looked for.
  let leastRuns: Int
  let series: [Series]

  struct Series: Encodable {
    let cpu: String
    let isa: String?
    let threads: Int?
    let kind: HistoryRun.Kind
    let name: String
    let figure: HistorySeries.Figure
    let old: String?
    let runs: Int
    let isLongEnough: Bool
    let last: Last
    let changes: [Change]
  }

  /// The latest run.
  struct Last: Encodable {
    let commit: String
    let dirty: Bool
    let value: Double
    let imagesPerSecond: Double?
    /// The median since the last change.
    let median: Double
  }

  struct Change: Encodable {
    let commit: String
    /// Of the commit, or of the recording where that is unknown; UTC.
    let date: String
    /// From 0.
    let run: Int
    /// Speed after over that before: below 1 is slower.
    let speedRatio: Double
    /// Of the permutation test; absent where a comparison's verdict found the change.
    let pValue: Double?
    let old: String?
    let algorithm: String?
    let algorithmBefore: String?
  }

  init(_ analysis: HistoryAnalysis) {
    level = HistoryAnalysis.level
    seriesLevel = analysis.significance
    permutations = analysis.permutations
    leastRuns = HistoryAnalysis.leastRuns
    series = analysis.series.compactMap { one in
      guard let last = one.series.points.last, let stretch = one.stretches.last else { return nil }
      return Series(
        cpu: one.series.cpu, isa: one.series.isa, threads: one.series.threads, kind: one.series.kind,
        name: one.series.name, figure: one.series.figure, old: one.series.old, runs: one.series.points.count,
        isLongEnough: one.isLongEnough,
        last: Last(
          commit: last.commit, dirty: last.isDirty, value: last.value, imagesPerSecond: last.entry.imagesPerSecond,
          median: one.median(stretch)),
        changes: one.changes.map { change in
          let point = one.series.points[change.index]
          return Change(
            commit: point.commit, date: point.date.ISO8601Format(), run: change.index, speedRatio: change.speedRatio,
            pValue: change.pValue, old: point.old, algorithm: point.entry.algorithm,
            algorithmBefore: change.index > 0 ? one.series.points[change.index - 1].entry.algorithm : nil)
        })
    }
  }
}
