import Foundation
import Layers

/// The page of a study: the question, the answer, the reported figures beside ours, and the pictures.
struct StudyPage {
  let study: Study
  let record: StudyRecord
  /// nil where the data sets are not to be looked for.
  var images: PageImages?

  /// No page is larger, in bytes, however large its study is.
  static let sizeLimit = 500_000
  /// What images may take in any case, in bytes.
  static let leastImageBudget = 100_000

  let figure: ComparedFigure
  let comparisons: [ReportedComparison]
  let findings: [Finding]
  /// The settings that have a finished run.
  let ran: [Setting]

  init(_ study: Study, _ record: StudyRecord, images: PageImages? = nil) {
    self.study = study
    self.record = record
    self.images = images
    figure = study.mainFigure(record)
    comparisons = study.reported.map { ReportedComparison($0, record) }
    findings = study.findings(record)
    ran = study.settings.filter { !record.runs(of: $0.label).isEmpty }
  }

  /// A word for every picture of quick runs.
  var mark: String { record.hasQuickRuns ? "quick run" : "" }
  /// The same behind a caption.
  var captionMark: Markup { record.hasQuickRuns ? " <span class=\"v warn\">quick run</span>" : "" }

  func html() throws -> String {
    var sections: [(id: String, title: String, content: Markup)] = [
      ("reported", "Reported beside ours", comparisonSection), ("curves", "Curves", curveSection),
      ("classes", "Classes", classSection), ("time", "Time", timeSection), ("confusion", "Confusion", confusionSection),
    ]
    var tail: [(id: String, title: String, content: Markup)] = [("settings", "Settings and commands", settingSection)]
    // What the frame and the head need, with room to spare.
    var budget = StudyPage.sizeLimit - 40_000
    budget -= (sections + tail).reduce(0) { $0 + $1.content.text.utf8.count }
    // Images keep a part of what is left.
    let data = downloadSection(budget: budget - StudyPage.leastImageBudget)
    tail.append(("data", "Raw data", data))
    budget -= data.text.utf8.count
    sections.append(("images", "Images", try imageSection(budget: max(budget, 0))))
    let shown = (sections + tail).filter { !$0.content.isEmpty }
    let links = shown.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" as Markup }
    let navigation: Markup = """
      <nav aria-label="Sections"><ul><li><a href="index.html">All studies</a></li>\(links)</ul></nav>
      """
    let body = shown.map { part -> Markup in
      "<section id=\"\(part.id)\" aria-labelledby=\"\(part.id)-h\"><h2 id=\"\(part.id)-h\">\(part.title)</h2>\(part.content)</section>"
    }
    let quick = record.hasQuickRuns ? " (quick runs)" : ""
    return Page(
      title: study.title + quick, summary: Answer(study, record).text, navigation: navigation,
      content: "\(head)\(body)\(footer)"
    ).html
  }

  private var head: Markup {
    let quick: Markup =
      record.hasQuickRuns
      ? """
      <p class="quick">Quick runs: every setting was scaled down to take seconds. The figures show that the study runs, \
      and nothing else.</p>
      """ : ""
    let title = study.title + (record.hasQuickRuns ? " (quick runs)" : "")
    let remarks: Markup = study.remarks.isEmpty ? "" : "<p>\(study.remarks)</p>"
    return """
      <h1>\(title)</h1><p class="question">\(study.question) <small>From \(study.source)</small></p>\(quick)\
      <div class="answer"><p>\(Answer(study, record).text)</p></div>\(tiles)\(remarks)
      """
  }

  /// The study in four figures.
  private var tiles: Markup {
    guard !ran.isEmpty else { return "" }
    let counts = StudyCounts(study, record)
    var tiles: [(String, String)] = []
    if let best = study.best(by: figure, record) {
      tiles.append((figure.text(best.spread.mean), "\(figure.name), \(best.setting.label)"))
    }
    if counts.judged > 0 { tiles.append(("\(counts.agreeing) of \(counts.judged)", "reported figures agree")) }
    if counts.orderings > 0, !counts.isQuick {
      tiles.append(("\(counts.reproduced) of \(counts.orderings)", "findings reproduced"))
    }
    let seconds = record.runs.filter(\.isFinished).flatMap(\.results.values).reduce(0) { $0 + $1.seconds }
    let trainings = record.runs.count(where: \.isFinished)
    tiles.append((Figure.span(seconds), "of training, \(trainings) run\(trainings == 1 ? "" : "s")"))
    return "<ul class=\"tiles\">\(tiles.map { "<li><b>\($0.0)</b><span>\($0.1)</span></li>" as Markup })</ul>"
  }

  private var footer: Markup {
    """
    <footer><p>Made from the study's record by <code>bench study show \(study.id)</code>. Curves are means over seeds, \
    bands and whiskers reach from the least to the greatest seed.</p></footer>
    """
  }

  // MARK: Reported beside ours

  private var comparisonSection: Markup {
    var content: Markup = ""
    if let picture = overview {
      content +=
        "<div class=\"grid two\">\(Page.figure(picture, id: "over", caption: "\(figure.name.capitalizedFirst) of each setting\(captionMark)"))</div>"
    }
    if !findings.isEmpty {
      let items = findings.map { finding -> Markup in
        let figures: Markup = finding.outcome == .notRun ? "" : "<br/><span class=\"soft\">\(finding.figures)</span>"
        return "<li><div>\(finding.claim.capitalizedFirst)\(figures)</div>\(StudyPage.chip(finding))</li>"
      }
      content += "<h3>What the reports found</h3><ul class=\"findings\">\(items)</ul>"
    }
    if !comparisons.isEmpty {
      let rows = comparisons.map { comparison -> [Markup] in
        var verdict = StudyPage.chip(comparison.verdict)
        if case .objection(let reason) = comparison.verdict { verdict += "<br/><small>\(reason)</small>" }
        if !comparison.note.isEmpty { verdict += "<br/><small class=\"soft\">\(comparison.note)</small>" }
        return [
          "\(comparison.reported.setting)", "\(comparison.name)",
          "\(comparison.reportedText) <small class=\"soft\">\(comparison.reported.source)</small>",
          "\(comparison.oursText)", verdict,
        ]
      }
      content += "<h3>Figure by figure</h3>"
      content += Page.table(
        "Reported figures beside ours", ["setting", "figure", "reported", "ours", "verdict"], rows, numbers: [2, 3])
      content += """
        <p class="soft"><small>Accuracies agree within \(Figure.fixed(ReportedVerdict.accuracyTolerance * 100, 0)) percentage \
        points, losses within \(Figure.fixed(ReportedVerdict.lossTolerance * 100, 0)) %, or where the reported figure lies within \
        our seeds. Times are of different machines: the ratio is given.</small></p>
        """
    }
    return content
  }

  /// Each setting's figure as a bar, with what was reported beside it.
  private var overview: Picture? {
    guard !ran.isEmpty, figure != .seconds else { return nil }
    let scale = figure.isAccuracy ? 100.0 : 1
    func bars(_ figure: ComparedFigure) -> [BarChart.Value?] {
      ran.map { record.spread(of: figure, in: $0.label).map { BarChart.Value($0, scale: scale) } }
    }
    func reported(_ figure: ComparedFigure) -> [BarChart.Value?] {
      ran.map { setting in
        comparisons.first { $0.reported.setting == setting.label && $0.figure == figure }.map {
          BarChart.Value($0.reportedValue * scale)
        }
      }
    }
    var series = [BarChart.Series(label: "ours, \(figure.name)", style: .validation, values: bars(figure))]
    if figure == .testAccuracy {
      series.append(
        .init(
          label: "ours, training", style: ChartStyle(color: 1, dash: 1, marker: 1), values: bars(.trainingAccuracy)))
    }
    let markers = [figure] + (figure == .testAccuracy ? [.trainingAccuracy] : [])
    for (i, marked) in markers.enumerated() {
      let values = reported(marked)
      guard values.contains(where: { $0 != nil }) else { continue }
      series.append(
        .init(
          label: "reported, \(i == 0 ? marked.name : "training")", style: ChartStyle(color: 5, dash: 2, marker: 2 + i),
          isMarker: true, row: i, values: values))
    }
    let all = series.flatMap { $0.values.compactMap { $0 } }.flatMap { [$0.mean, $0.high] }
    return BarChart(
      title: "\(figure.name.capitalizedFirst) of each setting of \(study.title)", groups: ran.map(\.label),
      series: series,
      axis: Axis(
        figure.isAccuracy ? "\(figure.name) (%)" : figure.name, values: all, includesZero: true,
        limit: figure.isAccuracy && figure != .accuracyGap ? 0...100 : nil), width: 640, mark: mark,
      valueText: figure.isAccuracy ? { Figure.fixed($0, 1) } : { Figure.loss($0) }
    ).picture
  }

  static func chip(_ verdict: ReportedVerdict) -> Markup {
    switch verdict {
    case .agrees: "<span class=\"v good\">✓ agrees</span>"
    case .differs: "<span class=\"v bad\">≠ differs</span>"
    case .objection: "<span class=\"v warn\">the report’s run is not comparable</span>"
    case .ratio: "<span class=\"v\">\(verdict.text)</span>"
    case .quick, .notRun, .noFigure: "<span class=\"v\">\(verdict.text)</span>"
    }
  }

  static func chip(_ finding: Finding) -> Markup {
    switch finding.outcome {
    case .reproduced: "<span class=\"v good\">✓ \(finding.text)</span>"
    case .withinSpread: "<span class=\"v warn\">≈ \(finding.text)</span>"
    case .notReproduced: "<span class=\"v bad\">≠ \(finding.text)</span>"
    case .quick, .notRun: "<span class=\"v\">\(finding.text)</span>"
    }
  }
}

extension Figure {
  /// A span of time in the unit that suits it: `12.3 s`, `4.5 min`, `2.1 h`.
  static func span(_ seconds: Double) -> String {
    if seconds < 90 { return Figure.seconds(seconds) }
    return seconds < 5400 ? fixed(seconds / 60, 1) + " min" : fixed(seconds / 3600, 1) + " h"
  }
}
