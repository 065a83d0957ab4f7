import Foundation

/// PyTorch's `StepLR`: the learning rate is multiplied by `gamma` every `period` units.
public struct StepDecay: Schedule {
  public var period: Int
  public var gamma: Double

  public init(period: Int, gamma: Double = 0.1) {
    self.period = period
    self.gamma = gamma
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    base * pow(gamma, Double(time / max(period, 1)))
  }
}

/// PyTorch's `MultiStepLR`: the learning rate is multiplied by `gamma` at each of the milestones; a milestone that is
/// named twice counts twice.
public struct MultiStepDecay: Schedule {
  public var milestones: [Int]
  public var gamma: Double

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
  public var gamma: Double

  public init(gamma: Double) { self.gamma = gamma }

  public func learningRate(at time: Int, from base: Double) -> Double { base * pow(gamma, Double(time)) }
}

/// PyTorch's `CosineAnnealingLR` (Loshchilov and Hutter, 2017, without restarts): half a cosine from the learning rate to
/// `minimum` in `period` units, then back.
public struct Cosine: Schedule {
  public var period: Int
  public var minimum: Double

  public init(period: Int, minimum: Double = 0) {
    self.period = period
    self.minimum = minimum
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    minimum + (base - minimum) * (1 + cos(.pi * Double(time) / Double(max(period, 1)))) / 2
  }
}
