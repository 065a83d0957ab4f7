import Benchmarking
import Foundation

/// One figure over the runs of a history, in the order of commits.
struct HistorySeries {
  /// Which figure it is.
  enum Figure: String, Encodable {
    /// The share of the limit that a kernel reaches.
    case limitFraction = "limit_fraction"
    /// The share of the peak that a training reaches.
    case peakFraction = "peak_fraction"
    /// New time over old, always against the same old program.
    case ratio
    /// New time over old, against a program that differs from run to run.
    case step

    /// Whether more is slower.
    var isTime: Bool { self == .ratio || self == .step }
  }

  /// A run's value.
  struct Point {
    let commit: String
    let date: Date
    let isDirty: Bool
    let value: Double
    /// What the value is known to lie between; nil for shares.
    var interval: ClosedRange<Double>?
    var entry: HistoryEntry
    /// The old program of a comparison.
    var old: String?

    /// The commit, short, with a + where the tree differed from it.
    var label: String { HistorySeries.short(commit) + (isDirty ? "+" : "") }
  }

  let cpu: String
  let isa: String?
  let threads: Int?
  let kind: HistoryRun.Kind
  /// The entries' name.
  let name: String
  let figure: Figure
  /// Of ratios, the old program.
  var old: String?
  var points: [Point]

  /// Kernels and cases of comparisons by their operation, trainings by their command: what a page is divided by.
  var operation: String {
    switch kind {
    case .kernels: firstWord
    case .comparison: firstWord + ", compared"
    case .conv, .mlp: kind.rawValue
    }
  }

  private var firstWord: String { name.split(separator: " ").first.map(String.init) ?? name }

  /// What is measured where.
  var machineLabel: String {
    [cpu, isa, threads.map { "\($0) thread\($0 == 1 ? "" : "s")" }].compactMap { $0 }.joined(separator: ", ")
  }

  /// The name, and for comparisons with what.
  var label: String {
    switch figure {
    case .ratio: "\(name) against \(HistorySeries.short(old ?? ""))"
    case .step: "\(name) against other versions"
    case .limitFraction: name
    case .peakFraction: "\(kind.rawValue) \(name)"
    }
  }

  /// The value as people read it.
  func text(_ value: Double) -> String {
    figure.isTime ? "time " + HistorySeries.signed(value) : Bench.Figure.percent(value)
  }

  /// A ratio as a change: 1.02 is `+2.0 %`.
  static func signed(_ ratio: Double) -> String {
    let text = Bench.Figure.fixed((ratio - 1) * 100, 1)
    return (text == "-0.0" ? "+0.0" : text.hasPrefix("-") ? "−" + text.dropFirst() : "+" + text) + " %"
  }

  /// A hash cut to ten digits; other texts as they are, but for the folders of a path.
  static func short(_ commit: String) -> String {
    if commit.count >= 40, commit.allSatisfy(\.isHexDigit) { return String(commit.prefix(10)) }
    return commit.split(separator: "/").last.map(String.init) ?? commit
  }

  /// The series of a history: by processor, level, threads, and what was measured.
  ///
  /// Comparisons with one old program are a series where there are at least `leastRuns` of them; all others of a case
  /// are one, in which each run stands against an old program of its own. Their product would be a speed too, but each
  /// comparison adds its error to it, and no test of change points holds for such a sum.
  static func all(of runs: [HistoryRun], leastRuns: Int) -> [HistorySeries] {
    let ordered = runs.enumerated().sorted { ($0.element.date, $0.offset) < ($1.element.date, $1.offset) }.map(
      \.element)
    var places: [Key: Int] = [:]
    var series: [HistorySeries] = []
    for run in ordered {
      for entry in run.entries {
        guard let value = entry.value(run.kind) else { continue }
        var point = Point(
          commit: run.commit, date: run.date, isDirty: run.dirty, value: value, entry: entry, old: run.old)
        if let lower = entry.lower, let upper = entry.upper, lower <= upper { point.interval = lower...upper }
        let key = Key(
          cpu: run.machine.cpu, isa: run.machine.isa, threads: run.machine.threads, kind: run.kind, name: entry.name)
        if let place = places[key] {
          series[place].points.append(point)
          continue
        }
        places[key] = series.count
        let figure: Figure =
          switch run.kind {
          case .kernels: .limitFraction
          case .conv, .mlp: .peakFraction
          case .comparison: .step
          }
        series.append(
          HistorySeries(
            cpu: key.cpu, isa: key.isa, threads: key.threads, kind: run.kind, name: entry.name, figure: figure,
            points: [point]))
      }
    }
    return series.flatMap { $0.kind == .comparison ? $0.byOldProgram(leastRuns: leastRuns) : [$0] }
  }

  private struct Key: Hashable {
    let cpu: String
    let isa: String?
    let threads: Int?
    let kind: HistoryRun.Kind
    let name: String
  }

  private func byOldProgram(leastRuns: Int) -> [HistorySeries] {
    var parts: [HistorySeries] = []
    var rest = self
    let groups = Dictionary(grouping: points) { $0.old ?? "" }
    var olds: [String] = []
    for point in points where !olds.contains(point.old ?? "") { olds.append(point.old ?? "") }
    for old in olds where groups[old, default: []].count >= leastRuns {
      parts.append(
        HistorySeries(
          cpu: cpu, isa: isa, threads: threads, kind: kind, name: name, figure: .ratio, old: old,
          points: groups[old, default: []]))
      rest.points.removeAll { ($0.old ?? "") == old }
    }
    return rest.points.isEmpty ? parts : parts + [rest]
  }
}
