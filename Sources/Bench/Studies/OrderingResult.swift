/// What our figures say of an ordering that the reports found.
struct OrderingResult {
  enum Outcome: Equatable {
    /// Every seed of the better setting beats every seed of the worse one.
    case reproduced
    /// Some seeds of the worse setting are as good as some of the better one.
    case withinSpread
    case notReproduced
    case quick
    case notRun

    var text: String {
      switch self {
      case .reproduced: "reproduced"
      case .withinSpread: "within the spread over seeds"
      case .notReproduced: "not reproduced"
      case .quick: "quick run, not judged"
      case .notRun: "not run"
      }
    }
  }

  let ordering: Ordering
  let better: Spread?
  let worse: Spread?
  let outcome: Outcome

  /// Whether one of the settings has one seed only, so that the outcome is without a spread.
  var hasOneSeed: Bool { better?.count == 1 || worse?.count == 1 }

  /// The outcome in words.
  var text: String {
    switch outcome {
    case .reproduced, .notReproduced: hasOneSeed ? "\(outcome.text) (one seed, no spread)" : outcome.text
    default: outcome.text
    }
  }

  /// The two figures: `71.2 % against 56.3 %`.
  var figures: String {
    guard let better, let worse else { return "not run" }
    return "\(ordering.figure.text(better)) against \(ordering.figure.text(worse))"
  }

  init(_ ordering: Ordering, _ record: StudyRecord) {
    self.ordering = ordering
    better = record.spread(of: ordering.figure, in: ordering.better)
    worse = record.spread(of: ordering.figure, in: ordering.worse)
    let isQuick = (record.runs(of: ordering.better) + record.runs(of: ordering.worse)).contains { $0.start.isQuick }
    guard let better, let worse else {
      outcome = .notRun
      return
    }
    if isQuick {
      outcome = .quick
      return
    }
    // A loss that is no number is worse than any.
    func goodness(_ spread: Spread) -> (least: Double, greatest: Double) {
      let values = spread.values.map { $0.isNaN ? -Double.infinity : ordering.figure.prefersSmaller ? -$0 : $0 }
      return (values.min() ?? -.infinity, values.max() ?? -.infinity)
    }
    let (high, low) = (goodness(better), goodness(worse))
    if high.least > low.greatest {
      outcome = .reproduced
    } else if high.greatest < low.least || (better.count == 1 && worse.count == 1) {
      outcome = .notReproduced
    } else {
      outcome = .withinSpread
    }
  }
}
