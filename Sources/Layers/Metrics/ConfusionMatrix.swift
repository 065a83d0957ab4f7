/// How often images of each class were given each class.
///
///     var matrix = ConfusionMatrix(classCount: 10)
///     matrix.add(labels: labels, predictions: predictions)
///     print(matrix.accuracy, matrix.classAccuracy(3))
///     print(matrix.report(classNames: names))
public struct ConfusionMatrix: Sendable, Equatable {
  /// The number of classes.
  public let classCount: Int
  private var counts: [Int]

  /// A matrix of no images.
  /// - Parameter classCount: the number of classes, at least 0.
  public init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// The images of class `label` that were given class `prediction`.
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

  /// Counts images; where one is not valid, none is counted.
  /// - Throws: ``MetricError`` for a class that the matrix does not have, and for
  ///   unequal numbers of labels and predictions.
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
  /// The images that were given their own class.
  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }
  /// The share of images that were given their own class; 0 of no images.
  public var accuracy: Double { share(correct, of: total) }
  /// The number of images of a class.
  public func support(_ label: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[label, $1] } }
  /// The number of images that were given a class.
  public func predicted(_ prediction: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[$1, prediction] } }
  /// The share of a class's images that were given it, which is the class's recall; 0 where there are none.
  public func classAccuracy(_ label: Int) -> Double { share(self[label, label], of: support(label)) }

  /// Precision, recall and F1 of each class, and their averages.
  ///
  /// - Parameter classNames: one a class; numbers where there are none.
  public func report(classNames: [String]? = nil) -> ClassificationReport {
    ClassificationReport(self, classNames: classNames)
  }
}

/// A share of a whole; 0 of nothing, as scikit-learn has it.
func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
