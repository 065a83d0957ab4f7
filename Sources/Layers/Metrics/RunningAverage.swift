/// The mean of values that come one after another, each with a weight: of the losses of batches, say, by their images.
public struct RunningAverage: Sendable, Equatable {
  /// The sum of the weights.
  public private(set) var weight = 0.0
  private var total = 0.0

  public init() {}

  public mutating func add(_ value: Double, weight: Double = 1) {
    total += value * weight
    self.weight += weight
  }

  /// The weighted mean; 0 of nothing.
  public var mean: Double { weight == 0 ? 0 : total / weight }
}

/// A mean that forgets: each value counts `decay` times as much as the one after it.
///
/// The sum of the weights is divided out, so the mean is right from the first value on and not drawn towards 0.
public struct ExponentialAverage: Sendable, Equatable {
  public let decay: Double
  private var total = 0.0
  private var weight = 0.0

  /// - Parameter decay: at least 0 and below 1; 0 keeps the last value alone.
  public init(decay: Double) { self.decay = decay }

  public mutating func add(_ value: Double) {
    total = decay * total + (1 - decay) * value
    weight = decay * weight + (1 - decay)
  }

  /// The mean; 0 of nothing.
  public var mean: Double { weight == 0 ? 0 : total / weight }
}
