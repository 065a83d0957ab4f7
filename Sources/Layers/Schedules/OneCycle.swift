import Foundation

/// PyTorch's `OneCycleLR` (Smith and Topin, 2018): up from a small learning rate to `maximum`, then down to almost none,
/// and the momentum the other way. The optimiser's own learning rate and momentum are not used.
public struct OneCycle: Schedule {
  /// How values go from one to the next.
  public enum Annealing: Sendable { case cosine, linear }

  public var maximum: Double
  /// The units of the whole cycle; later ones keep the last learning rate.
  public var duration: Int
  /// The share of the cycle in which the learning rate grows.
  public var growingShare: Double
  public var annealing: Annealing
  /// `maximum` over the first learning rate.
  public var divisor: Double
  /// The first learning rate over the last.
  public var finalDivisor: Double
  /// Whether the way down first takes as long as the way up to the first learning rate, and then goes on from there.
  public var threePhases: Bool
  /// The least momentum, at the largest learning rate, and the largest; nil to leave the optimiser's own alone.
  public var momenta: ClosedRange<Double>?

  public init(
    maximum: Double, duration: Int, growingShare: Double = 0.3, annealing: Annealing = .cosine, divisor: Double = 25,
    finalDivisor: Double = 1e4, threePhases: Bool = false, momenta: ClosedRange<Double>? = 0.85...0.95
  ) {
    self.maximum = maximum
    self.duration = duration
    self.growingShare = growingShare
    self.annealing = annealing
    self.divisor = divisor
    self.finalDivisor = finalDivisor
    self.threePhases = threePhases
    self.momenta = momenta
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    let first = maximum / divisor
    return value(at: time, first: first, middle: maximum, last: first / finalDivisor)
  }

  public func momentum(at time: Int) -> Double? {
    momenta.map { value(at: time, first: $0.upperBound, middle: $0.lowerBound, last: $0.upperBound) }
  }

  /// A value that goes from `first` to `middle`, and then to `last`, with three phases by way of `first`.
  private func value(at time: Int, first: Double, middle: Double, last: Double) -> Double {
    let grown = growingShare * Double(duration) - 1
    let end = Double(duration - 1)
    // Where each phase ends, and the values between which it goes.
    let phases =
      threePhases
      ? [(grown, first, middle), (2 * grown, middle, first), (end, first, last)]
      : [(grown, first, middle), (end, middle, last)]
    var start = 0.0
    let time = min(Double(time), end)
    for (i, phase) in phases.enumerated() {
      if time <= phase.0 || i == phases.count - 1 {
        let share = phase.0 > start ? (time - start) / (phase.0 - start) : 1
        return value(from: phase.1, to: phase.2, share)
      }
      start = phase.0
    }
    return last
  }

  private func value(from start: Double, to end: Double, _ share: Double) -> Double {
    switch annealing {
    case .linear: start + (end - start) * share
    case .cosine: end + (start - end) / 2 * (1 + cos(.pi * share))
    }
  }
}
