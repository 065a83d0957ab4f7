/// A linear ramp followed by another schedule, whose time starts at the ramp's end: PyTorch's `SequentialLR` of a
/// `LinearLR` and that schedule.
public struct WarmUp: Schedule {
  /// The length of the ramp, in units (see ``Schedule``).
  public var duration: Int
  /// The factor of the first unit.
  public var startFactor: Double
  /// The schedule after the ramp.
  public var next: any Schedule

  /// A ramp before `next`.
  public init(duration: Int, startFactor: Double = 1.0 / 3, next: any Schedule) {
    self.duration = duration
    self.startFactor = startFactor
    self.next = next
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    learningRate(at: time, from: base, after: TrainingHistory())
  }

  public func learningRate(at time: Int, from base: Double, after history: TrainingHistory) -> Double {
    time < duration
      ? LinearRamp(startFactor: startFactor, duration: duration).learningRate(at: time, from: base)
      : next.learningRate(at: time - duration, from: base, after: history)
  }

  public var metric: Metric? { next.metric }

  /// The momentum of ``next``; during the ramp, that of its first unit.
  public func momentum(at time: Int) -> Double? { next.momentum(at: max(time - duration, 0)) }
}

extension Schedule {
  /// This schedule after a linear ramp.
  public func warmedUp(over duration: Int, startFactor: Double = 1.0 / 3) -> WarmUp {
    WarmUp(duration: duration, startFactor: startFactor, next: self)
  }
}
