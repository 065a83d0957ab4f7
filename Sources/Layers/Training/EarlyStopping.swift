/// When a training ends before its last epoch: when a figure has not improved for some epochs.
///
///     try trainer.fit(training, validation: validation, epochs: 100, earlyStopping: EarlyStopping(patience: 5))
///
/// What it decides follows from the history alone, so a training that goes on from a checkpoint stops where it would have.
public struct EarlyStopping: Sendable, Hashable, Codable {
  /// The figure that is watched.
  public var metric: Metric
  /// The epochs without improvement that are borne; the one after them ends the training.
  public var patience: Int
  /// By how much a figure has to be better than the best before it to count as an improvement.
  public var leastChange: Double
  /// Whether the model is in the end as it was after its best epoch.
  public var restoresBest: Bool

  public init(
    metric: Metric = .validationLoss, patience: Int = 5, leastChange: Double = 0, restoresBest: Bool = true
  ) {
    self.metric = metric
    self.patience = patience
    self.leastChange = leastChange
    self.restoresBest = restoresBest
  }

  /// The epoch of the last improvement, as an index into the history, and whether the training ends after the history's
  /// last epoch; nil for no epochs.
  func judge(_ history: TrainingHistory) -> (best: Int, stops: Bool)? {
    guard let best = history.bestIndex(metric, leastChange: leastChange) else { return nil }
    return (best, history.epochs.count - 1 - best > patience)
  }
}
