/// PyTorch's `ReduceLROnPlateau`: reduces the learning rate when a metric has not improved for some epochs.
///
///     trainer.schedule = ReduceOnPlateau(metric: .validationLoss, patience: 5)
///     try trainer.fit(training, validation: validation, epochs: 100)
///
/// It depends on the training's history alone, see ``Trainer/history``, which is stored in checkpoints. In your own
/// loop, pass the values so far to ``learningRate(from:after:)``.
public struct ReduceOnPlateau: Schedule, Hashable {
  /// Whether ``threshold`` is relative to the best value, or absolute.
  public enum ThresholdMode: String, Sendable, Codable { case relative, absolute }

  /// The metric that is watched.
  public var watched: Metric
  /// The factor of a reduction.
  public var factor: Double
  /// The number of values without improvement that are tolerated; the next one reduces the learning rate.
  public var patience: Int
  /// The least change that counts as an improvement.
  public var threshold: Double
  /// Whether ``threshold`` is relative to the best value, or absolute.
  public var thresholdMode: ThresholdMode
  /// The number of values after a reduction during which missing improvement is not counted.
  public var cooldown: Int
  /// The lowest learning rate.
  public var minimum: Double
  /// Reductions by less than this are skipped.
  public var epsilon: Double

  /// The schedule, by default with PyTorch's options.
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

  /// The learning rate before the first value.
  public func learningRate(at time: Int, from base: Double) -> Double { base }

  public func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double {
    var plateau = Plateau(base)
    for epoch in history.epochs {
      if let value = epoch.value(of: watched) { plateau.take(value, by: self) }
    }
    return plateau.learningRate
  }

  /// The learning rate after a series of values, in order.
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

/// The state after the values so far.
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
