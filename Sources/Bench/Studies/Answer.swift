/// The answer to a study's question: one sentence, made from its figures.
struct Answer {
  let text: String
  /// The same without the findings, where they are listed beside it.
  let best: String

  init(_ study: Study, _ record: StudyRecord) {
    let figure = study.mainFigure(record)
    let ran = study.settings.filter { !record.runs(of: $0.label).isEmpty }
    guard !ran.isEmpty else {
      best = "Not answered yet: no setting has run."
      text = best
      return
    }
    var clauses: [String] = []
    if let best = study.best(by: figure, record) {
      clauses.append(Answer.best(best, figure, ran.count, study, record))
    } else {
      clauses.append("\(ran.count == 1 ? "the setting" : "none of the \(ran.count) settings") came to a \(figure.name)")
    }
    let prefix = record.hasQuickRuns ? "Quick runs, which show only that the study runs: " : ""
    func sentence(_ clauses: [String]) -> String {
      let text = clauses.joined(separator: "; ")
      return prefix + (prefix.isEmpty ? text.capitalizedFirst : text) + "."
    }
    best = sentence(clauses)
    let results = study.findings(record)
    for (outcome, phrase) in [
      (OrderingResult.Outcome.reproduced, "reproduced"), (.withinSpread, "within the spread over seeds"),
      (.notReproduced, "not reproduced"),
    ] {
      let found = results.filter { $0.outcome == outcome }
      if found.isEmpty { continue }
      let claims = found.map { "\($0.claim) (\($0.figures)\($0.hasOneSeed ? ", one seed" : ""))" }
      clauses.append("\(phrase): \(claims.joined(separator: ", "))")
    }
    text = sentence(clauses)
  }

  private static func best(
    _ best: (setting: Setting, spread: Spread), _ figure: ComparedFigure, _ count: Int, _ study: Study,
    _ record: StudyRecord
  ) -> String {
    let value = figure.textWithSeeds(best.spread)
    if count == 1 { return "“\(best.setting.label)” comes to a \(figure.name) of \(value)" }
    let others = study.settings.compactMap { setting in
      record.spread(of: figure, in: setting.label).map { (setting, $0) }
    }.filter { $0.0.label != best.setting.label }
    let last = others.max { a, b in
      func badness(_ value: Double) -> Double { value.isNaN ? .infinity : figure.prefersSmaller ? value : -value }
      return badness(a.1.mean) < badness(b.1.mean)
    }
    let (rank, lowest) = figure == .seconds ? ("fastest", "slowest") : ("best", "worst")
    let tail = last.map { ", “\($0.0.label)” the \(lowest) with \(figure.text($0.1))" }
    return "of \(count) settings, “\(best.setting.label)” is the \(rank) with a \(figure.name) of \(value)\(tail ?? "")"
  }
}

extension String {
  /// With a capital first letter.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
