/// PyTorch's `ReduceLROnPlateau`: the learning rate shrinks when a figure has not improved for some epochs.
///
///     trainer.schedule = ReduceOnPlateau(metric: .validationLoss, patience: 5)
///     try trainer.fit(training, validation: validation, epochs: 100)
///
/// What it depends on besides is the history of the training alone, see ``Trainer/history``, which is stored in
/// checkpoints. In a loop of your own, ``learningRate(from:after:)`` takes the figures so far.
public struct ReduceOnPlateau: Schedule, Hashable {
  /// What ``threshold`` is a share of, or an amount.
  public enum ThresholdMode: String, Sendable, Codable { case relative, absolute }

  /// The figure that is watched.
  public var watched: Metric
  /// What the learning rate is multiplied by.
  public var factor: Double
  /// Figures without improvement that are borne; the one after them shrinks the learning rate.
  public var patience: Int
  /// By how much a figure has to be better to count as an improvement.
  public var threshold: Double
  public var thresholdMode: ThresholdMode
  /// Figures after a reduction in which none is counted.
  public var cooldown: Int
  /// The learning rate does not fall below this.
  public var minimum: Double
  /// Reductions smaller than this are left out.
  public var epsilon: Double

  public init(
    metric: Metric = .validationLoss, factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
    thresholdMode: ThresholdMode = .relative, cooldown: Int = 0, minimum: Double = 0, epsilon: Double = 1e-8
  ) {
    watched = metric
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.thresholdMode = thresholdMode
    self.cooldown = cooldown
    self.minimum = minimum
    self.epsilon = epsilon
  }

  public var metric: Metric? { watched }

  /// The learning rate before the first figure.
  public func learningRate(at time: Int, from base: Double) -> Double { base }

  public func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double {
    var plateau = Plateau(base)
    for epoch in history.epochs {
      if let value = epoch.value(of: watched) { plateau.take(value, by: self) }
    }
    return plateau.learningRate
  }

  /// The learning rate to go on with after some figures, from first to last.
  public func learningRate(from base: Double, after figures: [Double]) -> Double {
    var plateau = Plateau(base)
    for value in figures { plateau.take(value, by: self) }
    return plateau.learningRate
  }

  fileprivate func isBetter(_ value: Double, than best: Double?) -> Bool {
    guard let best else { return !value.isNaN }
    return switch (watched.prefersSmaller, thresholdMode) {
    case (true, .relative): value < best * (1 - threshold)
    case (true, .absolute): value < best - threshold
    case (false, .relative): value > best * (1 + threshold)
    case (false, .absolute): value > best + threshold
    }
  }
}

/// What has been seen so far.
private struct Plateau {
  var learningRate: Double
  private var best: Double?
  private var badCount = 0
  private var cooldownLeft = 0

  init(_ learningRate: Double) { self.learningRate = learningRate }

  mutating func take(_ value: Double, by rule: ReduceOnPlateau) {
    if rule.isBetter(value, than: best) {
      best = value
      badCount = 0
    } else {
      badCount += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      badCount = 0
    }
    guard badCount > rule.patience else { return }
    cooldownLeft = rule.cooldown
    badCount = 0
    let reduced = max(learningRate * rule.factor, rule.minimum)
    if learningRate - reduced > rule.epsilon { learningRate = reduced }
  }
}
