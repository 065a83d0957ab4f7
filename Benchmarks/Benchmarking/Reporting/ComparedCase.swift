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
    let logResolution: Double
    // The estimate has to pass the critical value and the smallest change; 0.84 standard errors beyond, it does so in
    // four of five cases.
    func seen(_ standardError: Double, critical: Double) -> Double {
      max(critical * standardError, log1p(options.smallestChange)) + 0.84 * standardError
    }
    // Of a test in so many fresh pairs.
    func critical(pairs: Int) -> Double {
      Distributions.studentCriticalValue(
        options.confirmationError / Double(Comparison.confirmationLooks.count * max(candidates, 1)),
        degreesOfFreedom: Double(pairs - 1))
    }
    if series.confirmation.count >= Comparison.confirmationLooks[0] {
      let test = StudentTest(series.confirmation)
      estimate = test.mean
      interval = test.interval(level: 0.95)
      logResolution = seen(test.standardError, critical: critical(pairs: series.confirmation.count))
    } else {
      estimate = Quantiles.median(series.quadruples)
      interval = Bootstrap.medianInterval(
        ofGroups: series.screening, level: 0.95, resamples: options.resamples, using: &generator)
      let standardError = (interval.upperBound - interval.lowerBound) / (2 * 1.96)
      let screening = Distributions.normalQuantile(
        1 - options.screeningError / (series.lookWeight * Double(max(family, 1))))
      // Had it been a suspect, as many fresh pairs would have followed as the rest of the budget has room for.
      let pairSeconds =
        Double(Comparison.slicesPerPair * series.iterations) * ((oldSeconds ?? 0) + (newSeconds ?? 0)) / 2
      let room = (1 - ComparisonOptions.screeningShare) * options.budgetSeconds / pairSeconds
      let fresh =
        Comparison.confirmationLooks.last { Double($0) <= room } ?? Comparison.confirmationLooks[0]
      let freshError = standardError * (Double(series.screening.count) / Double(fresh)).squareRoot()
      logResolution = max(
        seen(standardError, critical: screening), seen(freshError, critical: critical(pairs: fresh)))
    }
    ratio = exp(estimate)
    lower = exp(interval.lowerBound)
    upper = exp(interval.upperBound)
    resolution = expm1(logResolution)
  }
}
