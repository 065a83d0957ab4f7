import Foundation

/// A history as text: a table a machine, a row a series.
struct HistoryText {
  let analysis: HistoryAnalysis
  /// Whether series without changes have rows, too.
  let showsAll: Bool

  /// The lines, without those of the runs.
  var text: String {
    let shown = analysis.series.filter { showsAll || !$0.changes.isEmpty }
    var machines: [String] = []
    for one in shown where !machines.contains(one.series.machineLabel) { machines.append(one.series.machineLabel) }
    var parts: [String] = []
    for machine in machines {
      let rows = shown.filter { $0.series.machineLabel == machine }
      let table = Table(columns: [
        .text("series", width: rows.map(\.series.label.count).max() ?? 0), .figure("runs"), .figure("last", width: 8),
        .figure("speed", width: 8), .text("changes"),
      ])
      parts.append(([machine, "", table.header] + rows.map { table.line(cells($0)) }).joined(separator: "\n") + "\n")
    }
    return (parts + [summary]).joined(separator: "\n")
  }

  private func cells(_ one: AnalyzedSeries) -> [String] {
    let points = one.series.points
    let changes =
      one.isLongEnough
      ? one.changes.map { HistoryText.change($0, in: one.series) }.joined(separator: "; ")
      : "too short: \(HistoryAnalysis.leastRuns) runs are needed"
    return [
      one.series.label, "\(points.count)", points.last.map { one.series.text($0.value) } ?? "-",
      one.changes.last.map { HistorySeries.signed($0.speedRatio) } ?? "-", changes.isEmpty ? "none" : changes,
    ]
  }

  /// `1a2b3c4d5e −7.1 % (p 0.0004)`.
  static func change(_ change: SpeedChange, in series: HistorySeries) -> String {
    let point = series.points[change.index]
    let size = "\(point.label) \(HistorySeries.signed(change.speedRatio))"
    if let pValue = change.pValue { return "\(size) (p \(HistoryText.pValue(pValue)))" }
    return "\(size) against \(HistorySeries.short(point.old ?? ""))"
  }

  static func pValue(_ value: Double) -> String { String(format: "%.2g", value) }

  /// The number of series, changes, and what could not be looked at.
  var summary: String {
    let series = analysis.series
    let changed = series.count { !$0.changes.isEmpty }
    let short = series.count { !$0.isLongEnough }
    var text = "\(series.count) series, \(changed) with changes"
    if short > 0 { text += ", \(short) too short: \(HistoryAnalysis.leastRuns) runs are needed" }
    return text
  }
}
