import Foundation

/// PyTorch's `StepLR`: the learning rate is multiplied by `gamma` every `period` units.
public struct StepDecay: Schedule {
  /// The length of a period, in units (see ``Schedule``).
  public var period: Int
  /// The factor of the learning rate.
  public var gamma: Double

  /// The schedule, by default with PyTorch's options.
  public init(period: Int, gamma: Double = 0.1) {
    self.period = period
    self.gamma = gamma
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    base * pow(gamma, Double(time / max(period, 1)))
  }
}

/// PyTorch's `MultiStepLR`: the learning rate is multiplied by `gamma` at each milestone, for one that is listed twice,
/// twice.
public struct MultiStepDecay: Schedule {
  /// The units, counted from 0, at which the learning rate is multiplied.
  public var milestones: [Int]
  /// The factor of the learning rate.
  public var gamma: Double

  /// The schedule, by default with PyTorch's options.
  public init(milestones: [Int], gamma: Double = 0.1) {
    self.milestones = milestones
    self.gamma = gamma
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    base * pow(gamma, Double(milestones.count { $0 <= time }))
  }
}

/// PyTorch's `ExponentialLR`: the learning rate is multiplied by `gamma` in each unit.
public struct ExponentialDecay: Schedule {
  /// The factor of the learning rate.
  public var gamma: Double

  /// The schedule, by default with PyTorch's options.
  public init(gamma: Double) { self.gamma = gamma }

  public func learningRate(at time: Int, from base: Double) -> Double { base * pow(gamma, Double(time)) }
}

/// PyTorch's `CosineAnnealingLR` (Loshchilov and Hutter, 2017, without restarts): a half cosine from the learning rate
/// to `minimum` in `period` units, then back.
public struct Cosine: Schedule {
  /// The length of a period, in units (see ``Schedule``).
  public var period: Int
  /// The lowest learning rate.
  public var minimum: Double

  /// The schedule, by default with PyTorch's options.
  public init(period: Int, minimum: Double = 0) {
    self.period = period
    self.minimum = minimum
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    minimum + (base - minimum) * (1 + cos(.pi * Double(time) / Double(max(period, 1)))) / 2
  }
}
