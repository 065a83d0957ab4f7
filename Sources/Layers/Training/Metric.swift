/// A figure of an epoch that early stopping, the best checkpoint and ``ReduceOnPlateau`` watch.
public enum Metric: String, Sendable, Codable, CaseIterable {
  case trainingLoss = "training-loss"
  case trainingAccuracy = "training-accuracy"
  case validationLoss = "validation-loss"
  case validationAccuracy = "validation-accuracy"

  /// Whether a smaller figure is better, as of a loss.
  public var prefersSmaller: Bool { self == .trainingLoss || self == .validationLoss }

  /// Whether `value` is better than `best` by more than `leastChange`; no number is better than NaN.
  func isBetter(_ value: Double, than best: Double, by leastChange: Double = 0) -> Bool {
    if best.isNaN { return !value.isNaN }
    return prefersSmaller ? value < best - leastChange : value > best + leastChange
  }
}

extension EpochRecord {
  /// A figure of the epoch; nil where there was no validation.
  public func value(of metric: Metric) -> Double? {
    switch metric {
    case .trainingLoss: training.loss
    case .trainingAccuracy: training.accuracy
    case .validationLoss: validation?.loss
    case .validationAccuracy: validation?.accuracy
    }
  }
}
