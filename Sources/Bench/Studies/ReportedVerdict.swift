import Foundation
import Layers

/// A reported figure beside ours.
enum ReportedVerdict: Equatable {
  /// The difference is within the tolerance, or within the spread of our seeds.
  case agrees
  case differs
  /// The report's run went wrong or measured something else, and why.
  case objection(String)
  /// Times on different machines neither agree nor differ: the reported time by ours.
  case ratio(Double)
  /// A run that was scaled down shows that it runs, and nothing else.
  case quick
  case notRun
  /// There is a run, which has no such figure.
  case noFigure

  /// How far an accuracy may lie from a reported one, as a share of 1.
  static let accuracyTolerance = 0.03
  /// How far a loss may lie from a reported one, as a share of that.
  static let lossTolerance = 0.25

  /// In words.
  var text: String {
    switch self {
    case .agrees: "agrees"
    case .differs: "differs"
    case .objection(let reason): "not comparable: \(reason)"
    case .ratio(let ratio):
      ratio >= 1
        ? "\(Figure.fixed(ratio, ratio < 10 ? 1 : 0)) times as fast"
        : "takes \(Figure.fixed(1 / ratio, 1)) times as long"
    case .quick: "quick run, not compared"
    case .notRun: "not run"
    case .noFigure: "no such figure"
    }
  }

  /// A word for a narrow column.
  var word: String {
    switch self {
    case .objection: "not comparable"
    case .ratio(let ratio): "×\(Figure.fixed(ratio, ratio < 10 ? 1 : 0))"
    case .quick: "quick run"
    default: text
    }
  }

  /// - Parameters:
  ///   - ours: over seeds.
  ///   - reported: shares of 1 for accuracies.
  init(_ ours: Spread, reported: Double, figure: ComparedFigure) {
    if figure == .seconds {
      self = .ratio(reported / ours.mean)
      return
    }
    let tolerance =
      figure.isAccuracy ? ReportedVerdict.accuracyTolerance : ReportedVerdict.lossTolerance * abs(reported)
    // The last bits of shares such as 0.7 − 0.67 are not to decide.
    let isWithin = abs(ours.mean - reported) <= tolerance + 1e-9
    self = isWithin || ours.contains(reported) ? .agrees : .differs
  }
}

/// A reported figure, ours, and the verdict.
struct ReportedComparison {
  let reported: ReportedFigure
  /// What is compared, in words: `test accuracy`.
  let name: String
  /// The figure that the values are one of.
  let figure: ComparedFigure
  /// Of class-wise figures and curves, their mean or last value.
  let reportedValue: Double
  let ours: Spread?
  let verdict: ReportedVerdict
  /// More that is to be said, such as the class that differs most; empty for nothing.
  var note = ""

  var reportedText: String { figure.text(reportedValue) }
  var oursText: String { ours.map { figure.text($0) } ?? "not run" }
}

extension ReportedComparison {
  init(_ reported: ReportedFigure, _ record: StudyRecord) {
    let setting = reported.setting
    var note = ""
    switch reported.value {
    case .figure(let figure, let value):
      name = figure.name
      self.figure = figure
      reportedValue = value
      ours = record.spread(of: figure, in: setting)
    case .classAccuracies(let part, let values):
      name = "\(part.rawValue) accuracy, mean of \(values.count) classes"
      figure = part == .training ? .trainingAccuracy : .testAccuracy
      reportedValue = Spread(values)?.mean ?? .nan
      let classes = record.classAccuracies(of: part, in: setting)
      ours = classes.flatMap { ReportedComparison.mean(of: $0) }
      if let classes, classes.count == values.count {
        note = ReportedComparison.largest(
          zip(classes, values).map { $0.mean - $1 }, names: record.classNames(in: setting))
      }
    case .curve(let metric, let values):
      name = "\(metric.name) after \(values.count) epoch\(values.count == 1 ? "" : "s")"
      figure = metric.figure
      reportedValue = values.last ?? .nan
      ours = Spread(
        record.runs(of: setting).compactMap { run in
          run.lastEpochs.first { $0.epoch == values.count }?.value(of: metric)
        })
    case .report(let rows):
      name = "test F1, mean of \(rows.count) classes"
      figure = .testAccuracy
      let scores = rows.compactMap(\.last)
      reportedValue = Spread(scores)?.mean ?? .nan
      ours = Spread(
        record.runs(of: setting).compactMap { $0.result?.testConfusion?.matrix?.report().macroAverage.f1 })
    }
    self.reported = reported
    self.note = note
    let runs = record.runs(of: setting)
    if runs.isEmpty {
      verdict = .notRun
    } else if runs.contains(where: \.start.isQuick) {
      verdict = .quick
    } else if let objection = reported.objection {
      verdict = .objection(objection)
    } else if let ours {
      verdict = ReportedVerdict(ours, reported: reportedValue, figure: figure)
    } else {
      verdict = .noFigure
    }
  }

  /// The mean over the classes, seed by seed.
  private static func mean(of classes: [Spread]) -> Spread? {
    guard let seeds = classes.map(\.count).min(), seeds > 0 else { return nil }
    return Spread((0..<seeds).map { seed in classes.map { $0.values[seed] }.reduce(0, +) / Double(classes.count) })
  }

  private static func largest(_ differences: [Double], names: [String]) -> String {
    guard let (label, difference) = differences.enumerated().max(by: { abs($0.element) < abs($1.element) }) else {
      return ""
    }
    let name = label < names.count ? names[label] : "class \(label)"
    return "\(name) differs most, by \(Figure.fixed(difference * 100, 1)) points"
  }
}

extension StudyRecord {
  /// The names of the classes of a setting's last stage; empty where it did not run.
  func classNames(in setting: String) -> [String] {
    runs.first { $0.start.setting == setting }?.lastStage?.classNames ?? []
  }
}

extension Metric {
  /// In words.
  var name: String { rawValue.replacingOccurrences(of: "-", with: " ") }

  /// The figure that is shown as this one is.
  fileprivate var figure: ComparedFigure {
    switch self {
    case .trainingLoss: .trainingLoss
    case .trainingAccuracy: .trainingAccuracy
    case .validationLoss: .testLoss
    case .validationAccuracy: .validationAccuracy
    }
  }
}
