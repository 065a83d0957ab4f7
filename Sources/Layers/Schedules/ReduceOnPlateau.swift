/// PyTorch's `ReduceLROnPlateau`: the learning rate shrinks when a figure has not improved for some time.
///
///     var plateau = ReduceOnPlateau(patience: 5)
///     trainer.learningRate = Float(plateau.update(Double(trainer.learningRate), after: test.loss))
///
/// Unlike a ``Schedule`` it depends on what came before, so it is a value that remembers; it can be stored with a
/// checkpoint.
public struct ReduceOnPlateau: Sendable, Codable, Equatable {
  /// Whether a smaller or a larger figure is better.
  public enum Goal: String, Sendable, Codable { case smaller, larger }
  /// What `threshold` is a share of, or an amount.
  public enum ThresholdMode: String, Sendable, Codable { case relative, absolute }

  public let goal: Goal
  /// What the learning rate is multiplied by.
  public let factor: Double
  /// Figures without improvement that are borne; the one after them shrinks the learning rate.
  public let patience: Int
  /// By how much a figure has to be better to count as an improvement.
  public let threshold: Double
  public let thresholdMode: ThresholdMode
  /// Figures after a reduction in which none is counted.
  public let cooldown: Int
  /// The learning rate does not fall below this.
  public let minimum: Double
  /// Reductions smaller than this are left out.
  public let epsilon: Double

  /// The best figure so far; nil before the first.
  public private(set) var best: Double?
  private var badCount = 0
  private var cooldownLeft = 0

  public init(
    goal: Goal = .smaller, factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
    thresholdMode: ThresholdMode = .relative, cooldown: Int = 0, minimum: Double = 0, epsilon: Double = 1e-8
  ) {
    self.goal = goal
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.thresholdMode = thresholdMode
    self.cooldown = cooldown
    self.minimum = minimum
    self.epsilon = epsilon
  }

  /// Takes note of a figure; returns the learning rate to go on with.
  public mutating func update(_ learningRate: Double, after figure: Double) -> Double {
    if isBetter(figure) {
      best = figure
      badCount = 0
    } else {
      badCount += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      badCount = 0
    }
    guard badCount > patience else { return learningRate }
    cooldownLeft = cooldown
    badCount = 0
    let reduced = max(learningRate * factor, minimum)
    return learningRate - reduced > epsilon ? reduced : learningRate
  }

  private func isBetter(_ figure: Double) -> Bool {
    guard let best else { return !figure.isNaN }
    return switch (goal, thresholdMode) {
    case (.smaller, .relative): figure < best * (1 - threshold)
    case (.smaller, .absolute): figure < best - threshold
    case (.larger, .relative): figure > best * (1 + threshold)
    case (.larger, .absolute): figure > best + threshold
    }
  }
}
