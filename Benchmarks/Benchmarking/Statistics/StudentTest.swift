/// Student's test of a mean: few values of about a normal distribution, such as the medians of several processes.
public struct StudentTest: Sendable {
  public let mean: Double
  /// Of the mean: the sample's standard deviation over the root of its size; NaN below two values.
  public let standardError: Double
  public let degreesOfFreedom: Double

  public init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardError = values.count < 2 ? .nan : (squares / (count - 1) / count).squareRoot()
    degreesOfFreedom = count - 1
  }

  /// P(a mean as high or higher) when the true mean is `center`; 1 where fewer than two values say nothing.
  public func upperTail(center: Double = 0) -> Double {
    guard degreesOfFreedom >= 1 else { return 1 }
    if standardError == 0 { return mean > center ? 0 : 1 }
    return Distributions.studentUpperTail((mean - center) / standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// P(a mean as low or lower) when the true mean is `center`.
  public func lowerTail(center: Double = 0) -> Double {
    guard degreesOfFreedom >= 1 else { return 1 }
    if standardError == 0 { return mean < center ? 0 : 1 }
    return Distributions.studentUpperTail((center - mean) / standardError, degreesOfFreedom: degreesOfFreedom)
  }

  /// The interval that holds the true mean with probability `level`; the whole line below two values.
  public func interval(level: Double) -> ClosedRange<Double> {
    guard degreesOfFreedom >= 1 else { return -Double.infinity...Double.infinity }
    let half =
      standardError * Distributions.studentCriticalValue((1 - level) / 2, degreesOfFreedom: degreesOfFreedom)
    return (mean - half)...(mean + half)
  }
}
