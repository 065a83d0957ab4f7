/// A metric of an epoch, as watched by early stopping, the best checkpoint and ``ReduceOnPlateau``.
public enum Metric: String, Sendable, Codable, CaseIterable {
  case trainingLoss = "training-loss"
  case trainingAccuracy = "training-accuracy"
  case validationLoss = "validation-loss"
  case validationAccuracy = "validation-accuracy"

  /// Whether smaller values are better, as for a loss.
  public var prefersSmaller: Bool { self == .trainingLoss || self == .validationLoss }

  /// Whether `value` is better than `best` by more than `leastChange`. NaN is never better; every number is better than
  /// NaN.
  func isBetter(_ value: Double, than best: Double, by leastChange: Double = 0) -> Bool {
    if best.isNaN { return !value.isNaN }
    return prefersSmaller ? value < best - leastChange : value > best + leastChange
  }
}

extension EpochRecord {
  /// The value of a metric; nil if it needs a validation that the epoch did not have.
  public func value(of metric: Metric) -> Double? {
    switch metric {
    case .trainingLoss: training.loss
    case .trainingAccuracy: training.accuracy
    case .validationLoss: validation?.loss
    case .validationAccuracy: validation?.accuracy
    }
  }
}
