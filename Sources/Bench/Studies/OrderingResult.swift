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
    if ordering.relation == .equal {
      outcome = OrderingResult.areEqual(better, worse, ordering.figure) ? .reproduced : .notReproduced
      return
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

  /// Whether two settings' means differ by no more than a percentage point, or a tolerance of losses and times, or their
  /// seeds' values overlap.
  private static func areEqual(_ a: Spread, _ b: Spread, _ figure: ComparedFigure) -> Bool {
    let tolerance = figure.isAccuracy ? 0.01 : ReportedVerdict.lossTolerance * abs(b.mean)
    if abs(a.mean - b.mean) <= tolerance + 1e-9 { return true }
    return (a.count > 1 || b.count > 1) && a.least <= b.greatest && b.least <= a.greatest
  }
}

/// What our figures say of a setting whose validation accuracy is said to be highest before the last epoch, and then to
/// fall.
struct PeakResult {
  let setting: String
  /// Of each seed, the epoch with the highest validation accuracy, that accuracy, and the last one.
  let seeds: [(epoch: Int, highest: Double, last: Double)]
  let outcome: OrderingResult.Outcome

  /// How far the accuracy has to fall to be more than an epoch's chance, as a share of 1.
  static let leastFall = 0.01

  init(_ setting: String, _ record: StudyRecord) {
    self.setting = setting
    let runs = record.runs(of: setting)
    seeds = runs.compactMap { run in
      let accuracies = run.lastEpochs.compactMap { epoch in epoch.validation.map { (epoch.epoch, $0.accuracy) } }
      guard let last = accuracies.last, let best = accuracies.max(by: { $0.1 < $1.1 }) else { return nil }
      return (best.0, best.1, last.1)
    }
    let falling = seeds.count { $0.highest - $0.last >= PeakResult.leastFall - 1e-9 }
    if seeds.isEmpty {
      outcome = .notRun
    } else if runs.contains(where: \.start.isQuick) {
      outcome = .quick
    } else {
      outcome = falling == seeds.count ? .reproduced : falling == 0 ? .notReproduced : .withinSpread
    }
  }

  var claim: String { "\(setting): the validation accuracy is highest before the last epoch, and then falls" }

  var text: String {
    switch outcome {
    case .reproduced, .notReproduced: seeds.count == 1 ? "\(outcome.text) (one seed, no spread)" : outcome.text
    default: outcome.text
    }
  }

  /// `71.2 % after epoch 12, 68.0 % in the end`.
  var figures: String {
    guard let highest = Spread(seeds.map(\.highest)), let last = Spread(seeds.map(\.last)) else { return "not run" }
    let epochs = Set(seeds.map(\.epoch)).sorted()
    let when = epochs.count == 1 ? "\(epochs[0])" : "\(epochs[0]) to \(epochs[epochs.count - 1])"
    let figure = ComparedFigure.validationAccuracy
    return "\(figure.text(highest)) after epoch \(when), \(figure.text(last)) in the end"
  }
}

/// A finding of the reports beside ours, whatever kind it is of.
struct Finding {
  let claim: String
  let figures: String
  let outcome: OrderingResult.Outcome
  /// The outcome in words.
  let text: String
  let hasOneSeed: Bool
}

extension Study {
  /// The reports' findings, orderings first.
  func findings(_ record: StudyRecord) -> [Finding] {
    orderings.map { ordering in
      let result = OrderingResult(ordering, record)
      return Finding(
        claim: ordering.claim, figures: result.figures, outcome: result.outcome, text: result.text,
        hasOneSeed: result.hasOneSeed)
    }
      + peaks.map { setting in
        let result = PeakResult(setting, record)
        return Finding(
          claim: result.claim, figures: result.figures, outcome: result.outcome, text: result.text,
          hasOneSeed: result.seeds.count == 1)
      }
  }
}
