/// A class with its predicted probability.
public struct Classification: Hashable, Sendable, Codable {
  /// The index of the class among the network's outputs.
  public let classIndex: Int
  /// The class's name; nil where the predictor has no names.
  public let className: String?
  /// From 0 to 1; the probabilities of all classes add up to 1.
  public let probability: Float

  /// A class and its probability.
  public init(classIndex: Int, className: String?, probability: Float) {
    self.classIndex = classIndex
    self.className = className
    self.probability = probability
  }

  /// The `count` most probable classes, the most probable first; ties are ordered by index, and NaN comes last.
  static func most(
    _ count: Int, of probabilities: some RandomAccessCollection<Float>, classNames: [String]?
  ) -> [Classification] {
    var best: [(index: Int, probability: Float)] = []
    best.reserveCapacity(count + 1)
    for (index, probability) in probabilities.enumerated() {
      func isBehind(_ other: Float) -> Bool { other >= probability || (probability.isNaN && !other.isNaN) }
      if best.count == count, let last = best.last, isBehind(last.probability) || probability.isNaN { continue }
      let place = best.firstIndex { !isBehind($0.probability) && !(probability.isNaN && $0.probability.isNaN) }
      best.insert((index, probability), at: place ?? best.count)
      if best.count > count { best.removeLast() }
    }
    return best.map { entry in
      Classification(
        classIndex: entry.index, className: classNames?[entry.index], probability: entry.probability)
    }
  }
}
