import Foundation

/// A case of a comparison, as it is reported.
public struct ComparedCase: Codable, Sendable {
  public let name: String
  public let verdict: Verdict
  /// Median seconds an iteration; nil where nothing was measured, as all below.
  public private(set) var oldSeconds: Double?
  public private(set) var newSeconds: Double?
  /// New time over old: above 1 is slower. The median over quadruples; of a case that was measured again in fresh
  /// processes, the mean over those.
  public private(set) var ratio: Double?
  /// The interval of 95 % of `ratio`: by bootstrap; of a case that was measured again, Student's.
  public private(set) var lower: Double?
  public private(set) var upper: Double?
  /// The slowdown, as a share, that this measurement would have seen in four of five repetitions.
  public private(set) var resolution: Double?
  public private(set) var quadruples = 0
  /// Pairs of processes of the first part.
  public private(set) var pairs = 0
  /// Fresh pairs of processes in which a suspect was measured again.
  public private(set) var freshPairs = 0
  /// Iterations of a slice.
  public private(set) var iterations: Int?
  /// An iteration takes less than 3 µs: alignment and layout can be worth more than the smallest change that matters.
  public private(set) var isShort = false

  /// Below this, seconds, an iteration is short.
  public static let shortSeconds = 3e-6

  init(name: String, verdict: Verdict) {
    self.name = name
    self.verdict = verdict
  }

  init(
    _ series: CaseSeries, options: ComparisonOptions, family: Int, candidates: Int,
    using generator: inout SeededGenerator
  ) {
    name = series.name
    if case .decided(let verdict) = series.state { self.verdict = verdict } else { verdict = .undecided }
    guard !series.quadruples.isEmpty else { return }
    oldSeconds = Quantiles.median(series.oldSeconds)
    newSeconds = Quantiles.median(series.newSeconds)
    quadruples = series.quadruples.count + series.confirmationQuadruples
    pairs = series.screening.count
    freshPairs = series.confirmation.count
    iterations = series.iterations
    isShort = min(oldSeconds ?? 0, newSeconds ?? 0) < ComparedCase.shortSeconds

    let estimate: Double
    let interval: ClosedRange<Double>
    let standardError: Double
    let critical: Double
    if series.confirmation.count >= Comparison.confirmationLooks[0] {
      let test = StudentTest(series.confirmation)
      estimate = test.mean
      interval = test.interval(level: 0.95)
      standardError = test.standardError
      let level = options.confirmationError / Double(Comparison.confirmationLooks.count * max(candidates, 1))
      critical = Distributions.studentCriticalValue(level, degreesOfFreedom: test.degreesOfFreedom)
    } else {
      estimate = Quantiles.median(series.quadruples)
      interval = Bootstrap.medianInterval(
        ofGroups: series.screening, level: 0.95, resamples: options.resamples, using: &generator)
      standardError = (interval.upperBound - interval.lowerBound) / (2 * 1.96)
      critical = Distributions.normalQuantile(
        1 - options.screeningError / (series.lookWeight * Double(max(family, 1))))
    }
    ratio = exp(estimate)
    lower = exp(interval.lowerBound)
    upper = exp(interval.upperBound)
    // The estimate has to pass the critical value and the smallest change; 0.84 standard errors beyond, it does so in
    // four of five cases.
    resolution = expm1(max(critical * standardError, log1p(options.smallestChange)) + 0.84 * standardError)
  }
}
