/// Ends a training early, when a metric has not improved for some epochs.
///
///     try trainer.fit(training, validation: validation, epochs: 100, earlyStopping: EarlyStopping(patience: 5))
///
/// The decision depends on the history alone, so a resumed training stops at the same epoch as an uninterrupted one.
public struct EarlyStopping: Sendable, Hashable, Codable {
  /// The metric that is watched.
  public var metric: Metric
  /// The number of epochs without improvement that are tolerated; the next one ends the training.
  public var patience: Int
  /// The least change from the best value so far that counts as an improvement.
  public var leastChange: Double
  /// Whether the training ends with the parameters after its best epoch.
  public var restoresBest: Bool

  /// Watches a metric, by default the validation loss.
  public init(
    metric: Metric = .validationLoss, patience: Int = 5, leastChange: Double = 0, restoresBest: Bool = true
  ) {
    self.metric = metric
    self.patience = patience
    self.leastChange = leastChange
    self.restoresBest = restoresBest
  }

  /// The index in the history of the last improvement, and whether the training ends after the history's last epoch;
  /// nil without epochs.
  func judge(_ history: TrainingHistory) -> (best: Int, stops: Bool)? {
    guard let best = history.bestIndex(metric, leastChange: leastChange) else { return nil }
    return (best, history.epochs.count - 1 - best > patience)
  }
}
