import Layers

/// What the pages, tables and documents read off a study's record.
extension StudyRecord {
  /// A figure of a setting over its seeds; nil where no run has it.
  ///
  /// Times are those of the runs on the most threads: others say nothing about them.
  func spread(of figure: ComparedFigure, in setting: String) -> Spread? {
    let runs = figure == .seconds ? timedRuns(of: setting) : runs(of: setting)
    return Spread(runs.compactMap { $0.value(of: figure) })
  }

  /// The finished runs of a setting on the most threads.
  private func timedRuns(of setting: String) -> [StudyRun] {
    let runs = runs(of: setting)
    let threads = runs.map(\.start.threads).max()
    return runs.filter { $0.start.threads == threads }
  }

  /// Whether any run was scaled down to take seconds.
  var hasQuickRuns: Bool { runs.contains { $0.start.isQuick } }

  /// The images that a setting trained a second: the median of the last stage's epochs of all seeds.
  func imagesPerSecond(in setting: String) -> Double? {
    let rates = timedRuns(of: setting).flatMap(\.lastEpochs).map(\.training.imagesPerSecond).filter(\.isFinite)
    return rates.isEmpty ? nil : rates.median
  }

  /// The seconds of an epoch of the last stage, over seeds; of each seed the median.
  func epochSeconds(in setting: String) -> Spread? {
    let runs = timedRuns(of: setting).filter { !$0.lastEpochs.isEmpty }
    return Spread(runs.map { $0.lastEpochs.map(\.training.seconds).median })
  }

  /// The epochs that a setting's last stage was trained, of the seed with most.
  func epochCount(in setting: String) -> Int? { runs(of: setting).map(\.lastEpochs.count).max() }

  /// How far a setting is: its finished seeds, and whether there are runs that are not finished.
  func progress(of setting: String) -> String {
    let started = runs.filter { $0.start.setting == setting }
    let finished = started.filter(\.isFinished).count
    if started.isEmpty { return "not run" }
    return finished == started.count ? "\(finished)" : "\(finished) of \(started.count) finished"
  }

  /// The accuracy of each class over seeds, of the images of a part; nil where there is no confusion matrix.
  ///
  /// Runs have matrices of the training and the test images; a report's validation images are compared with the latter.
  func classAccuracies(of part: ReportedPart, in setting: String) -> [Spread]? {
    let rows = runs(of: setting).compactMap { run in
      (part == .training ? run.result?.trainingConfusion : run.result?.testConfusion)?.recalls
    }
    guard let count = rows.map(\.count).min(), count > 0 else { return nil }
    return (0..<count).compactMap { label in Spread(rows.map { $0[label] }) }
  }

  /// Seconds of training until the validation accuracy first reached a target, over the seeds that reached it; epochs
  /// count whole.
  func secondsToAccuracy(_ target: Double, in setting: String) -> (seconds: Spread?, seeds: Int) {
    let runs = timedRuns(of: setting)
    return (Spread(runs.compactMap { TimeToAccuracy(target, $0.lastEpochs).seconds }), runs.count)
  }
}

extension [[Int]] {
  /// Of a confusion matrix, the share of each class's images that were given it; 0 where there are none.
  var recalls: [Double] {
    enumerated().map { label, row in
      let support = row.reduce(0, +)
      return support == 0 || label >= row.count ? 0 : Double(row[label]) / Double(support)
    }
  }

  /// As the metric that makes the classification report; nil where it is not square.
  var matrix: ConfusionMatrix? {
    guard allSatisfy({ $0.count == count }) else { return nil }
    var labels: [Int] = []
    var predictions: [Int] = []
    for (label, row) in enumerated() {
      for (prediction, images) in row.enumerated() where images > 0 {
        labels += [Int](repeating: label, count: images)
        predictions += [Int](repeating: prediction, count: images)
      }
    }
    var matrix = ConfusionMatrix(classCount: count)
    // The classes are those of the rows, so that none can be refused.
    return (try? matrix.add(labels: labels, predictions: predictions)) == nil ? nil : matrix
  }
}

extension Study {
  /// The figure that the study's settings are compared by first.
  func mainFigure(_ record: StudyRecord) -> ComparedFigure {
    if let figure = orderings.first?.figure { return figure }
    if settings.allSatisfy({ $0.stages.last?.data.isReconstruction == true }) { return .testLoss }
    let reportsTimes = reported.contains { if case .figure(.seconds, _) = $0.value { true } else { false } }
    let reportsOthers = reported.contains { if case .figure(.seconds, _) = $0.value { false } else { true } }
    return reportsTimes && !reportsOthers ? .seconds : .testAccuracy
  }

  /// The best setting by a figure's mean; nil where none has it.
  func best(by figure: ComparedFigure, _ record: StudyRecord) -> (setting: Setting, spread: Spread)? {
    var best: (setting: Setting, spread: Spread)?
    for setting in settings {
      guard let spread = record.spread(of: figure, in: setting.label), !spread.mean.isNaN else { continue }
      if let current = best?.spread.mean {
        guard figure.prefersSmaller ? spread.mean < current : spread.mean > current else { continue }
      }
      best = (setting, spread)
    }
    return best
  }

  /// The setting whose pictures stand for the study: the best, or the first that ran.
  func shownSetting(_ record: StudyRecord) -> Setting? {
    let figure = mainFigure(record)
    return best(by: figure == .seconds ? .testAccuracy : figure, record)?.setting
      ?? settings.first { !record.runs(of: $0.label).isEmpty }
  }

  /// Whether the settings differ in their batch size.
  var sweepsBatchSize: Bool { Set(settings.compactMap { $0.stages.last?.recipe.batchSize }).count > 1 }
}
