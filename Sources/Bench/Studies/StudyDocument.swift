import Foundation

/// All studies as one page of Markdown: docs/studies.md.
enum StudyDocument {
  static func markdown(_ studies: [(Study, StudyRecord)]) -> String {
    var blocks = [
      """
      # Studies

      Five reports, R0 to R4, describe trainings of small networks that somebody ran with another framework. Each of \
      their experiments is a *study* here: it is run again with this library, and the reported figures stand beside \
      ours. The reports are of mixed quality, and some of their runs went wrong; their figures are there to be \
      compared with, not to be met. What the networks N1 to N12 are is in the table of \
      [layers.md](layers.md#from-a-network-to-a-trained-model).
      """,
      """
      This page is made from the records in Benchmarks/records:

      ```
      bench study show --records Benchmarks/records --document docs/studies.md
      ```

      Figures, answers and verdicts come from the records; the last paragraph of a study, its remark, is written by \
      hand and is part of the study's source. `bench study NAME` runs a study again, `bench study verify NAME` \
      checks that a record's weights come out the same to the bit, and `bench study show NAME` makes a page with \
      curves, confusion matrices and images. How to run them, on one machine or many: \
      [running-studies.md](running-studies.md).
      """,
      """
      How to read it:

      - A figure is of the weights after the last epoch, which are rarely the best ones. Over several seeds it is \
      the mean, with the least and the greatest in brackets. A training accuracy is that on the training images, \
      without augmentation, after the last epoch; a gap is the training accuracy less the test accuracy. Of a \
      setting of two trainings, figures and times are the last one's.
      - A class that differs by a number of points differs by ours less the reported accuracy.
      - A time is that of the training steps of all epochs. Most trainings ran on one thread with other work beside \
      them: their times tell how long a study takes, not how fast the library is. The studies \
      [batch-size-time](#study-batch-size-time) and [speed](#study-speed) are the exceptions, and \
      [performance.md](performance.md) has the speeds of the kernels.
      - *Agrees*: accuracies differ by at most \(Figure.fixed(ReportedVerdict.accuracyTolerance * 100, 0)) \
      percentage points, losses by at most \(Figure.fixed(ReportedVerdict.lossTolerance * 100, 0)) %, or the \
      reported figure lies within our seeds; otherwise it *differs*. Times are of different machines: their ratio is \
      given, and no verdict.
      - *Not comparable*: the report's run went wrong or measured something else; the reason is given.
      - *Reproduced*: the finding, that one setting is better than another, holds for every pair of seeds. *Within \
      the spread over seeds*: it holds for some. With one seed a small difference may be chance.
      """, summary(studies),
    ]
    blocks += studies.map { section($0, $1) }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private static func summary(_ studies: [(Study, StudyRecord)]) -> String {
    table(
      ["study", "from", "settings run", "reported figures that agree", "findings reproduced"],
      studies.map { study, record in
        let counts = StudyCounts(study, record)
        return [
          "[\(escaped(study.id))](#\(anchor(study)))", escaped(study.source), counts.settingsText,
          counts.agreementText, counts.orderingsText,
        ]
      })
  }

  private static func section(_ study: Study, _ record: StudyRecord) -> String {
    var blocks = ["<a id=\"\(anchor(study))\"></a>\n\n## \(escaped(study.title))"]
    let data = commonData(study)
    let images = data.map { ". Data: \(escaped($0))" } ?? ""
    blocks.append("*\(escaped(study.question))* From \(escaped(study.source))\(images).")
    if record.hasQuickRuns {
      blocks.append(
        "**These are quick runs, scaled down to seconds: they show that the study runs, and nothing else.**")
    }
    blocks.append(escaped(Answer(study, record).best))
    blocks.append(
      table(
        ["setting", "seeds", "epochs", "training accuracy", "test accuracy", "test loss", "time", "trained with"],
        study.settings.map { settingRow($0, record, showsData: data == nil) }))
    let comparisons = study.reported.map { ReportedComparison($0, record) }
    if !comparisons.isEmpty {
      var objections: Set<String> = []
      blocks.append(
        table(
          ["setting", "figure", "reported", "ours", "verdict"],
          comparisons.map { comparison in
            let note = comparison.note.isEmpty ? "" : "; \(comparison.note)"
            var verdict = comparison.verdict.text
            if case .objection(let reason) = comparison.verdict, !objections.insert(reason).inserted {
              verdict = "not comparable, as above"
            }
            return [
              escaped(comparison.reported.setting), escaped(comparison.name),
              "\(comparison.reportedText) (\(escaped(comparison.reported.source)))", comparison.oursText,
              escaped(verdict + note),
            ]
          }))
    }
    let findings = study.findings(record)
    if !findings.isEmpty {
      blocks.append(
        findings.map { "- \(escaped($0.claim)): **\($0.text)**\($0.outcome == .notRun ? "" : ", \($0.figures)")." }
          .joined(separator: "\n"))
    }
    if !record.peers.isEmpty { blocks.append(peers(record)) }
    if !study.remarks.isEmpty { blocks.append(escaped(study.remarks)) }
    blocks.append(provenance(study, record))
    return blocks.joined(separator: "\n\n")
  }

  /// The data of all trainings in words; nil where they differ.
  private static func commonData(_ study: Study) -> String? {
    let all = unique(study.settings.flatMap(\.stages).map(\.data.text))
    return all.count == 1 ? all[0] : nil
  }

  /// The network of each stage, its data if wanted, and its recipe.
  private static func training(_ setting: Setting, showsData: Bool) -> String {
    setting.stages.map { stage in
      "\(stage.model.rawValue.uppercased()): \(showsData ? "\(stage.data.text), " : "")\(stage.recipe.text)"
    }.joined(separator: "; then ")
  }

  private static func settingRow(_ setting: Setting, _ record: StudyRecord, showsData: Bool) -> [String] {
    let label = setting.label
    func cell(_ figure: ComparedFigure) -> String {
      record.spread(of: figure, in: label).map { figure.text($0) } ?? ""
    }
    return [
      escaped(label), record.progress(of: label), record.epochCount(in: label).map { "\($0)" } ?? "",
      cell(.trainingAccuracy), cell(.testAccuracy), cell(.testLoss), cell(.seconds),
      escaped(training(setting, showsData: showsData)),
    ]
  }

  private static func peers(_ record: StudyRecord) -> String {
    table(
      ["setting", "beside", "figure", "theirs", "ours", "theirs by ours"],
      record.peers.map { peer in
        let ours = record.spread(of: peer.figure, in: peer.setting)
        return [
          escaped(peer.setting), escaped("\(peer.peer), \(peer.cpu), \(peer.threads) threads"), peer.figure.name,
          peer.figure.text(peer.value), ours.map { peer.figure.text($0) } ?? "not run",
          ours.map { Figure.fixed(peer.value / $0.mean, 2) } ?? "",
        ]
      })
  }

  /// The command that runs the study again, and what the figures were measured with.
  private static func provenance(_ study: Study, _ record: StudyRecord) -> String {
    let starts = record.runs.filter(\.isFinished).map(\.start)
    guard !starts.isEmpty else { return "Not run. Command: `bench study \(study.id)`." }
    let seeds = Set(starts.map(\.seed)).sorted().map { "\($0)" }.joined(separator: ", ")
    let machines = unique(starts.map { "\($0.cpu), \($0.isa), \($0.threads) thread\($0.threads == 1 ? "" : "s")" })
    let versions = unique(starts.map(\.version))
    return """
      Command: `bench study \(study.id)`. Seeds \(seeds); \(escaped(machines.joined(separator: "; "))); version \
      \(escaped(versions.joined(separator: ", "))).
      """
  }

  private static func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  private static func anchor(_ study: Study) -> String {
    "study-" + study.id.filter { $0.isLetter || $0.isNumber || $0 == "-" }
  }

  private static func table(_ titles: [String], _ rows: [[String]]) -> String {
    ([titles, titles.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  /// Text that Markdown takes for neither markup nor the end of a cell.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "|", "*", "_", "`", "[", "]", "\\": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\n", "\r", "\r\n": result += " "
      default: result.append(character)
      }
    }
    return result
  }
}

/// How much of a study has run, agrees and is reproduced.
struct StudyCounts {
  let settings: Int
  let settingsRun: Int
  let reported: Int
  /// Figures with a verdict of agreeing or differing.
  let judged: Int
  let agreeing: Int
  /// Reported figures that are not compared, because the report's run went wrong or measured something else.
  let objections: Int
  let orderings: Int
  let reproduced: Int
  let withinSpread: Int
  let isQuick: Bool

  init(_ study: Study, _ record: StudyRecord) {
    settings = study.settings.count
    settingsRun = study.settings.count { !record.runs(of: $0.label).isEmpty }
    reported = study.reported.count
    let verdicts = study.reported.map { ReportedComparison($0, record).verdict }
    agreeing = verdicts.count { $0 == .agrees }
    judged = agreeing + verdicts.count { $0 == .differs }
    objections = verdicts.count { if case .objection = $0 { true } else { false } }
    let outcomes = study.findings(record).map(\.outcome)
    orderings = outcomes.count
    reproduced = outcomes.count { $0 == .reproduced }
    withinSpread = outcomes.count { $0 == .withinSpread }
    isQuick = record.hasQuickRuns
  }

  var settingsText: String { settingsRun == settings ? "all \(settings)" : "\(settingsRun) of \(settings)" }

  var agreementText: String {
    if isQuick { return "quick run" }
    var parts = judged > 0 ? ["\(agreeing) of \(judged)"] : []
    if objections > 0 { parts.append("\(objections) not comparable") }
    if !parts.isEmpty { return parts.joined(separator: ", ") }
    if reported == 0 { return "none reported" }
    return settingsRun == 0 ? "not run" : "times only"
  }

  var orderingsText: String {
    if isQuick { return "quick run" }
    if orderings == 0 { return "none stated" }
    if settingsRun == 0 { return "not run" }
    let spread = withinSpread > 0 ? ", \(withinSpread) within the spread" : ""
    return "\(reproduced) of \(orderings)\(spread)"
  }
}
