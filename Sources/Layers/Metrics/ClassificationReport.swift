import Foundation

/// Precision, recall, F1 and support of each class, and their averages: the figures and the text of scikit-learn's
/// `classification_report` over all classes of the matrix.
public struct ClassificationReport: Sendable, Equatable, CustomStringConvertible {
  /// The figures of a class, or an average of them.
  public struct Scores: Sendable, Equatable {
    /// The share of the images given the class that are of it; 0 where none was given it.
    public let precision: Double
    /// The share of the class's images that were given it; 0 where there are none.
    public let recall: Double
    /// The harmonic mean of precision and recall, 0 where both are 0.
    public let f1: Double
    /// The number of images of the class, or of all.
    public let support: Int
  }

  public let classNames: [String]
  /// One entry a class.
  public let classes: [Scores]
  /// The share of images that were given their own class.
  public let accuracy: Double
  /// The plain mean over the classes, those without images included.
  public let macroAverage: Scores
  /// The mean over the classes, each weighted by its support.
  public let weightedAverage: Scores

  init(_ matrix: ConfusionMatrix, classNames: [String]?) {
    let names = classNames ?? []
    self.classNames = (0..<matrix.classCount).map { $0 < names.count ? names[$0] : "\($0)" }
    let classes = (0..<matrix.classCount).map { label in
      let hits = matrix[label, label]
      let support = matrix.support(label)
      let predicted = matrix.predicted(label)
      return Scores(
        precision: share(hits, of: predicted), recall: share(hits, of: support),
        f1: share(2 * hits, of: support + predicted), support: support)
    }
    self.classes = classes
    accuracy = matrix.accuracy
    macroAverage = Self.average(classes, total: matrix.total) { _ in 1 }
    weightedAverage = Self.average(classes, total: matrix.total) { Double($0.support) }
  }

  private static func average(_ classes: [Scores], total: Int, weight: (Scores) -> Double) -> Scores {
    let weights = classes.map(weight)
    let sum = weights.reduce(0, +)
    func mean(_ value: (Scores) -> Double) -> Double {
      sum == 0 ? 0 : zip(classes, weights).reduce(0) { $0 + value($1.0) * $1.1 } / sum
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1), support: total)
  }

  /// The table, with two decimals.
  public var description: String {
    let width = (classNames.map(\.count) + ["weighted avg".count]).max() ?? 0
    func row(_ name: String, _ cells: [String]) -> String {
      String(repeating: " ", count: width - name.count) + name + " "
        + cells.map { " " + String(repeating: " ", count: max(9 - $0.count, 0)) + $0 }.joined()
    }
    func figures(_ scores: Scores) -> [String] {
      [scores.precision, scores.recall, scores.f1].map(decimals) + ["\(scores.support)"]
    }
    var lines = [row("", ["precision", "recall", "f1-score", "support"]), ""]
    lines += zip(classNames, classes).map { row($0, figures($1)) }
    lines += [
      "", row("accuracy", ["", "", decimals(accuracy), "\(macroAverage.support)"]),
      row("macro avg", figures(macroAverage)), row("weighted avg", figures(weightedAverage)), "",
    ]
    return lines.joined(separator: "\n")
  }

  private func decimals(_ value: Double) -> String { String(format: "%.2f", value) }
}
