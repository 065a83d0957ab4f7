/// How often each class was predicted for images of each class.
///
///     var matrix = ConfusionMatrix(classCount: 10)
///     matrix.add(labels: labels, predictions: predictions)
///     print(matrix.accuracy, matrix.classAccuracy(3))
///     print(matrix.report(classNames: names))
public struct ConfusionMatrix: Sendable, Equatable {
  /// The number of classes.
  public let classCount: Int
  private var counts: [Int]

  /// An empty matrix.
  /// - Parameter classCount: the number of classes, at least 0.
  public init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// The number of images of class `label` for which `prediction` was predicted.
  public subscript(label: Int, prediction: Int) -> Int {
    precondition(0..<classCount ~= label && 0..<classCount ~= prediction, "a class outside of 0 ..< \(classCount)")
    return counts[label * classCount + prediction]
  }

  /// Counts an image.
  /// - Throws: ``MetricError`` for a class that the matrix does not have.
  public mutating func add(label: Int, prediction: Int) throws(MetricError) {
    try check("label", label)
    try check("prediction", prediction)
    counts[label * classCount + prediction] += 1
  }

  /// Counts images; on an error, none is counted.
  /// - Throws: ``MetricError`` for a class that the matrix does not have, and for unequal numbers of labels and
  ///   predictions.
  public mutating func add(labels: [Int], predictions: [Int]) throws(MetricError) {
    guard labels.count == predictions.count else {
      throw MetricError(
        name: "the number of predictions", value: "\(predictions.count)",
        expected: "\(labels.count), one a label")
    }
    var sum = self
    for (label, prediction) in zip(labels, predictions) { try sum.add(label: label, prediction: prediction) }
    self = sum
  }

  private func check(_ name: String, _ value: Int) throws(MetricError) {
    guard 0..<classCount ~= value else {
      throw MetricError(name: name, value: "\(value)", expected: "0 to \(classCount - 1)")
    }
  }

  /// The number of images.
  public var total: Int { counts.reduce(0, +) }
  /// The number of images whose class was predicted.
  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }
  /// The fraction of images whose class was predicted; 0 without images.
  public var accuracy: Double { share(correct, of: total) }
  /// The number of images of a class.
  public func support(_ label: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[label, $1] } }
  /// The number of images for which a class was predicted.
  public func predicted(_ prediction: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[$1, prediction] } }
  /// The fraction of a class's images for which it was predicted, its recall; 0 without images.
  public func classAccuracy(_ label: Int) -> Double { share(self[label, label], of: support(label)) }

  /// Precision, recall and F1 of each class, and their averages.
  ///
  /// - Parameter classNames: one name for each class; nil for their numbers.
  public func report(classNames: [String]? = nil) -> ClassificationReport {
    ClassificationReport(self, classNames: classNames)
  }
}

/// `part` divided by `whole`; 0 for 0/0, as in scikit-learn.
func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
