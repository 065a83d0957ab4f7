import Foundation

/// PyTorch's `OneCycleLR` (Smith and Topin, 2018): rises from a low learning rate to `maximum`, then falls to nearly 0,
/// while the momentum moves in the opposite direction. The optimiser's learning rate and momentum are not used.
public struct OneCycle: Schedule {
  /// How values are interpolated within a phase.
  public enum Annealing: Sendable { case cosine, linear }

  /// The highest learning rate.
  public var maximum: Double
  /// The length of the whole cycle, in units (see ``Schedule``); later units keep the last learning rate.
  public var duration: Int
  /// The fraction of the cycle in which the learning rate rises: PyTorch's `pct_start`.
  public var warmUpFraction: Double
  /// How values are interpolated within a phase.
  public var annealing: Annealing
  /// `maximum` divided by the first learning rate: PyTorch's `div_factor`.
  public var divisor: Double
  /// The first learning rate divided by the last: PyTorch's `final_div_factor`.
  public var finalDivisor: Double
  /// Whether the fall has two phases, as PyTorch's `three_phase`: back to the first learning rate in as many units as
  /// the rise, then on to the last.
  public var threePhases: Bool
  /// The momentum, lowest at the highest learning rate and highest at the ends; nil to keep the optimiser's.
  public var momentumRange: ClosedRange<Double>?

  /// One cycle, by default with PyTorch's options.
  public init(
    maximum: Double, duration: Int, warmUpFraction: Double = 0.3, annealing: Annealing = .cosine, divisor: Double = 25,
    finalDivisor: Double = 1e4, threePhases: Bool = false, momentumRange: ClosedRange<Double>? = 0.85...0.95
  ) {
    self.maximum = maximum
    self.duration = duration
    self.warmUpFraction = warmUpFraction
    self.annealing = annealing
    self.divisor = divisor
    self.finalDivisor = finalDivisor
    self.threePhases = threePhases
    self.momentumRange = momentumRange
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    let first = maximum / divisor
    return value(at: time, first: first, middle: maximum, last: first / finalDivisor)
  }

  public func momentum(at time: Int) -> Double? {
    momentumRange.map { value(at: time, first: $0.upperBound, middle: $0.lowerBound, last: $0.upperBound) }
  }

  /// Interpolates from `first` to `middle` and then to `last`; with three phases, via `first`.
  private func value(at time: Int, first: Double, middle: Double, last: Double) -> Double {
    let grown = warmUpFraction * Double(duration) - 1
    let end = Double(duration - 1)
    // The end of each phase, and its first and last value.
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
