import Foundation

/// PyTorch's `CosineAnnealingWarmRestarts` (Loshchilov and Hutter, 2017): half a cosine from the learning rate to `minimum`,
/// again and again, each period `periodFactor` times as long as the one before.
public struct CosineWarmRestarts: Schedule {
  /// The units of the first period, PyTorch's `T_0`.
  public var period: Int
  /// PyTorch's `T_mult`, at least 1.
  public var periodFactor: Int
  /// PyTorch's `eta_min`.
  public var minimum: Double

  public init(period: Int, periodFactor: Int = 1, minimum: Double = 0) {
    self.period = period
    self.periodFactor = periodFactor
    self.minimum = minimum
  }

  public func learningRate(at time: Int, from base: Double) -> Double {
    var length = max(period, 1)
    var start = 0
    if periodFactor <= 1 {
      start = time / length * length
    } else {
      while time - start >= length {
        start += length
        let (next, overflow) = length.multipliedReportingOverflow(by: periodFactor)
        length = overflow ? .max : next
      }
    }
    return minimum + (base - minimum) * (1 + cos(.pi * Double(time - start) / Double(length))) / 2
  }
}
