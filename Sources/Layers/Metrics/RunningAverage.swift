/// The weighted mean of a stream of values, such as batch losses weighted by their numbers of images.
public struct RunningAverage: Sendable, Equatable {
  /// The sum of the weights.
  public private(set) var weight = 0.0
  private var total = 0.0

  /// A mean without values.
  public init() {}

  /// Adds a value.
  public mutating func add(_ value: Double, weight: Double = 1) {
    total += value * weight
    self.weight += weight
  }

  /// The weighted mean; 0 without values.
  public var mean: Double { weight == 0 ? 0 : total / weight }
}

/// An exponential moving average: each value has `decay` times the weight of the one after it.
///
/// It is divided by the sum of the weights, so it is unbiased from the first value on.
public struct ExponentialAverage: Sendable, Equatable {
  /// The factor between the weights of successive values.
  public let decay: Double
  private var total = 0.0
  private var weight = 0.0

  /// - Parameter decay: at least 0 and below 1; with 0, the mean is the last value.
  public init(decay: Double) { self.decay = decay }

  /// Adds a value.
  public mutating func add(_ value: Double) {
    total = decay * total + (1 - decay) * value
    weight = decay * weight + (1 - decay)
  }

  /// The mean; 0 without values.
  public var mean: Double { weight == 0 ? 0 : total / weight }
}
