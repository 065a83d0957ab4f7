import Foundation

/// Precision, recall, F1 and support of each class, and their averages, as in scikit-learn's `classification_report`,
/// with the same text.
public struct ClassificationReport: Sendable, Equatable, CustomStringConvertible {
  /// The scores of a class, or an average over classes.
  public struct Scores: Sendable, Equatable {
    /// The fraction of the images predicted as the class that belong to it; 0 if none were.
    public let precision: Double
    /// The fraction of the class's images that were predicted as it; 0 if it has none.
    public let recall: Double
    /// The harmonic mean of precision and recall, 0 where both are 0.
    public let f1: Double
    /// The number of images of the class, or of all classes.
    public let support: Int
  }

  /// The names of the classes.
  public let classNames: [String]
  /// The scores of each class.
  public let classes: [Scores]
  /// The fraction of images whose class was predicted.
  public let accuracy: Double
  /// The unweighted mean over the classes, including those without images.
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

  /// scikit-learn's table, with two decimals.
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
