import Foundation

/// A study's results as a table in the terminal, and as comma-separated values.
enum StudyTable {
  /// The table, what the reports say beside ours, and the orderings.
  static func text(_ study: Study, _ record: StudyRecord) -> String {
    var blocks = ["\(study.title)\(record.hasQuickRuns ? " (quick runs: they show only that it runs)" : "")"]
    blocks[0] += "\n\(study.question)\n\(Answer(study, record).text)"
    blocks.append(
      table(
        [
          .text("setting"), .text("seeds"), .figure("epochs"), .figure("train accuracy"), .figure("test accuracy"),
          .figure("test loss"), .figure("time"), .figure("images/s"), .text("reported"), .text("verdict"),
        ], study.settings.map { row($0, study, record) }))
    let comparisons = study.reported.map { ReportedComparison($0, record) }
    if !comparisons.isEmpty {
      blocks.append(
        table(
          [.text("setting"), .text("figure"), .figure("reported"), .text("ours"), .text("verdict")],
          comparisons.map {
            [$0.reported.setting, $0.name, $0.reportedText, $0.oursText, $0.verdict.text]
          }))
    }
    let findings = study.findings(record)
    if !findings.isEmpty {
      blocks.append(
        table(
          [.text("finding"), .text("ours"), .text("outcome")],
          findings.map { [$0.claim, $0.figures, $0.text] }))
    }
    if !record.peers.isEmpty {
      blocks.append(
        table(
          [.text("setting"), .text("peer"), .text("figure"), .figure("value"), .text("ours")],
          record.peers.map { peer in
            [
              peer.setting, peer.peer, peer.figure.name, peer.figure.text(peer.value),
              record.spread(of: peer.figure, in: peer.setting).map { peer.figure.text($0) } ?? "not run",
            ]
          }))
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private static func row(_ setting: Setting, _ study: Study, _ record: StudyRecord) -> [String] {
    let label = setting.label
    func cell(_ figure: ComparedFigure) -> String {
      record.spread(of: figure, in: label).map { figure.text($0) } ?? "-"
    }
    let reported = study.reported.filter { $0.setting == label }.map { ReportedComparison($0, record) }
    let main = study.mainFigure(record)
    let first = reported.first { $0.figure == main } ?? reported.first
    return [
      label, record.progress(of: label), record.epochCount(in: label).map { "\($0)" } ?? "-", cell(.trainingAccuracy),
      cell(.testAccuracy), cell(.testLoss), cell(.seconds),
      record.imagesPerSecond(in: label).map(Figure.rate) ?? "-", first?.reportedText ?? "-",
      first?.verdict.word ?? "-",
    ]
  }

  /// A table whose columns are as wide as their widest cells.
  private static func table(_ columns: [Table.Column], _ rows: [[String]]) -> String {
    let fitted = columns.indices.map { i in
      let width = rows.map { $0[i].count }.max() ?? 0
      return columns[i].isText
        ? Table.Column.text(columns[i].title, width: width) : .figure(columns[i].title, width: width)
    }
    let table = Table(columns: fitted)
    return ([table.header] + rows.map(table.line)).joined(separator: "\n")
  }
}

extension StudyTable {
  /// A line a finished run: what it came to, and what it was run with.
  static func csv(_ study: Study, _ record: StudyRecord) -> String {
    var lines = [
      [
        "study", "setting", "seed", "quick", "epochs", "parameters", "batch_size", "test_accuracy", "test_loss",
        "training_accuracy", "validation_accuracy", "training_loss", "seconds", "images_per_second", "reported",
        "cpu", "isa", "threads", "version", "date", "weights_sha256", "command",
      ]
    ]
    for setting in study.settings {
      let reported = study.reported.first { $0.setting == setting.label }.map {
        ReportedComparison($0, record).reportedText
      }
      for run in record.runs(of: setting.label) {
        guard let stage = run.lastStage, let result = run.result else { continue }
        let start = run.start
        func value(_ figure: ComparedFigure) -> String { run.value(of: figure).map { "\($0)" } ?? "" }
        let rates = run.lastEpochs.map(\.training.imagesPerSecond)
        lines.append([
          study.id, start.setting, "\(start.seed)", "\(start.isQuick)", "\(run.lastEpochs.count)",
          "\(stage.parameters)", "\(stage.recipe.batchSize)", value(.testAccuracy), value(.testLoss),
          value(.trainingAccuracy), value(.validationAccuracy), value(.trainingLoss), value(.seconds),
          rates.isEmpty ? "" : "\(rates.median)", reported ?? "", start.cpu, start.isa, "\(start.threads)",
          start.version, start.date, result.weights, start.command,
        ])
      }
    }
    return CSV.text(lines)
  }

  /// A line an epoch of every run, those that are not finished too.
  static func epochsCSV(_ study: Study, _ record: StudyRecord) -> String {
    var lines = [
      [
        "setting", "seed", "stage", "epoch", "learning_rate", "training_loss", "training_accuracy", "validation_loss",
        "validation_accuracy", "seconds", "images_per_second",
      ]
    ]
    for run in record.runs {
      for stage in run.epochs.keys.sorted() {
        for epoch in run.epochs[stage] ?? [] {
          lines.append(
            [run.start.setting, "\(run.start.seed)", "\(stage + 1)", "\(epoch.epoch)"]
              + [
                epoch.learningRate, epoch.training.loss, epoch.training.accuracy, epoch.validation?.loss,
                epoch.validation?.accuracy, epoch.training.seconds, epoch.training.imagesPerSecond,
              ].map { $0.map { String(format: "%.6g", $0) } ?? "" })
        }
      }
    }
    return CSV.text(lines)
  }
}

/// Comma-separated values, as RFC 4180 has them but for the line's end.
enum CSV {
  static func text(_ lines: [[String]]) -> String {
    lines.map { $0.map(cell).joined(separator: ",") + "\n" }.joined()
  }

  /// A cell, in quotes where it has to be.
  static func cell(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) || $0 == "\r\n" }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
