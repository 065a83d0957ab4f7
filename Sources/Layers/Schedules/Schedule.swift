/// The learning rate as a function of time, counted in epochs or steps.
///
///     let schedule = Cosine(period: 30).warmedUp(over: 5)
///     trainer.learningRate = Float(schedule.learningRate(at: epoch, from: 0.1))
///
/// The formulas are PyTorch's in closed form. As in PyTorch, the caller chooses the unit of time, an epoch or a step.
public protocol Schedule: Sendable {
  /// The learning rate of unit `time`, counted from 0.
  ///
  /// - Parameters:
  ///   - time: the number of completed epochs or steps.
  ///   - base: the optimiser's learning rate.
  func learningRate(at time: Int, from base: Double) -> Double

  /// The momentum of unit `time`, for Adam β₁; nil for schedules that do not change it.
  func momentum(at time: Int) -> Double?

  /// The learning rate of unit `time`, for schedules that also depend on the results of earlier epochs, such as
  /// ``ReduceOnPlateau``; by default the history is ignored.
  func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double

  /// The metric on which the learning rate depends; nil for none.
  var metric: Metric? { get }
}

extension Schedule {
  public func momentum(at time: Int) -> Double? { nil }
  public func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double {
    learningRate(at: time, from: base)
  }
  public var metric: Metric? { nil }
}

/// A constant learning rate.
public struct Constant: Schedule {
  /// The schedule; it has no options.
  public init() {}

  public func learningRate(at time: Int, from base: Double) -> Double { base }
}

/// PyTorch's `LinearLR`: the learning rate's factor changes linearly from one value to another, and then stays
/// constant.
public struct LinearRamp: Schedule {
  /// The first factor.
  public var startFactor: Double
  /// The last factor.
  public var endFactor: Double
  /// The length of the ramp, in units.
  public var duration: Int

  /// A ramp, by default with PyTorch's options.
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
