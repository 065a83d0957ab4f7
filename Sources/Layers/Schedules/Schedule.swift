/// How the learning rate changes from epoch to epoch, or from step to step: a function of their number.
///
///     let schedule = Cosine(period: 30).warmedUp(over: 5)
///     trainer.learningRate = Float(schedule.learningRate(at: epoch, from: 0.1))
///
/// The formulas are PyTorch's in closed form. What counts as a unit is the caller's choice, as there.
public protocol Schedule: Sendable {
  /// The learning rate of unit `time`, counted from 0.
  ///
  /// - Parameters:
  ///   - time: the epochs, or the steps, that are done.
  ///   - base: the optimiser's own learning rate.
  func learningRate(at time: Int, from base: Double) -> Double

  /// The momentum of unit `time`, Adam's β₁ where that stands for it; nil for schedules that leave it alone.
  func momentum(at time: Int) -> Double?

  /// The learning rate of unit `time` where it also follows from what the epochs before came to, as that of
  /// ``ReduceOnPlateau`` does; by default it does not.
  func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double

  /// The figure of the epochs that the learning rate follows from; nil where it follows from none.
  var metric: Metric? { get }
}

extension Schedule {
  public func momentum(at time: Int) -> Double? { nil }
  public func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double {
    learningRate(at: time, from: base)
  }
  public var metric: Metric? { nil }
}

/// The same learning rate throughout.
public struct Constant: Schedule {
  public init() {}

  public func learningRate(at time: Int, from base: Double) -> Double { base }
}

/// PyTorch's `LinearLR`: a factor that goes in equal steps from one value to another, and then stays.
public struct LinearRamp: Schedule {
  public var startFactor: Double
  public var endFactor: Double
  /// The units from the start factor to the end factor.
  public var duration: Int

  public init(startFactor: Double = 1.0 / 3, endFactor: Double = 1, duration: Int = 5) {
    self.startFactor = startFactor
    self.endFactor = endFactor
    self.duration = duration
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    let share = duration > 0 ? Double(min(time, duration)) / Double(duration) : 1
    return base * (startFactor + (endFactor - startFactor) * share)
  }
}
