import Foundation

/// PyTorch's `CosineAnnealingWarmRestarts` (Loshchilov and Hutter, 2017): a half cosine from the learning rate to
/// `minimum`, repeated, each period `periodFactor` times as long as the one before.
public struct CosineWarmRestarts: Schedule {
  /// The length of the first period, in units (see ``Schedule``): PyTorch's `T_0`.
  public var period: Int
  /// The ratio of successive periods, at least 1: PyTorch's `T_mult`.
  public var periodFactor: Int
  /// The lowest learning rate: PyTorch's `eta_min`.
  public var minimum: Double

  /// A schedule whose periods, by default, have equal length.
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
