import Foundation
import Layers

/// Curves over the epochs, class by class, and over time.
extension StudyPage {
  var curveSection: Markup {
    guard !ran.isEmpty else { return "" }
    var content: Markup = ""
    if ran.count > 1 {
      let charts = [Metric.validationAccuracy, .validationLoss].compactMap { metric -> Markup? in
        guard let chart = overviewChart(metric) else { return nil }
        return Page.figure(
          chart.picture, id: "all-\(metric.rawValue)",
          caption: "\(metric.name.capitalizedFirst), all settings\(captionMark)",
          table: curveTable(chart, metric))
      }
      content += "<div class=\"grid two\">\(charts)</div>"
    }
    let accuracies = values([.trainingAccuracy, .validationAccuracy]).map { $0 * 100 }
    let accuracyAxis = Axis("accuracy (%)", values: accuracies, count: 4, limit: 0...100)
    for (number, setting) in ran.enumerated() {
      var figures: [Markup] = []
      for (stage, description) in setting.stages.enumerated() {
        let title = setting.stages.count > 1 ? "\(setting.label), stage \(stage + 1)" : setting.label
        if !description.data.isReconstruction,
          let chart = settingChart(
            setting, stage, [.trainingAccuracy, .validationAccuracy], title, axis: accuracyAxis)
        {
          figures.append(
            Page.figure(
              chart.picture, id: "s\(number)-\(stage)a", caption: "\(title) <span>accuracy</span>\(captionMark)",
              table: curveTable(chart, .validationAccuracy)))
        }
        if let chart = settingChart(setting, stage, [.trainingLoss, .validationLoss], title, axis: nil) {
          figures.append(
            Page.figure(
              chart.picture, id: "s\(number)-\(stage)l", caption: "\(title) <span>loss</span>\(captionMark)",
              table: curveTable(chart, .validationLoss)))
        }
      }
      if !figures.isEmpty { content += "<div class=\"grid\">\(figures)</div>" }
    }
    return content
  }

  /// The study's picture on the page over all studies.
  var cardPicture: Picture? {
    guard !ran.isEmpty else { return nil }
    if let picture = ratioPicture { return picture }
    if figure == .seconds {
      let values = ran.map { record.spread(of: .seconds, in: $0.label).map { BarChart.Value($0) } }
      return timeChart("Seconds of the whole training", [.init(label: "ours", style: .validation, values: values)])
    }
    return overviewChart(figure == .testLoss ? .validationLoss : .validationAccuracy)?.picture
  }

  private func values(_ metrics: [Metric]) -> [Double] {
    ran.flatMap { record.runs(of: $0.label) }.flatMap(\.lastEpochs).flatMap { epoch in
      metrics.compactMap { epoch.value(of: $0) }
    }
  }

  /// A metric of a stage over the seeds of a setting.
  private func curve(_ metric: Metric, _ setting: Setting, stage: Int) -> Curve {
    let scale = metric.isAccuracy ? 100.0 : 1
    return Curve(
      mean: record.runs(of: setting.label).map { run in
        (run.epochs[stage] ?? []).map { ($0.value(of: metric) ?? .nan) * scale }
      })
  }

  private func overviewChart(_ metric: Metric) -> LineChart? {
    let series = ran.enumerated().map { i, setting in
      LineChart.Series(
        label: setting.label,
        curve: StudyPage.withoutBand(
          curve(metric, setting, stage: setting.stages.count - 1), unless: ran.count <= 4),
        style: ChartStyle(series: i))
    }
    let values = series.flatMap { $0.curve.finitePoints.flatMap { [$0.low, $0.high] } }
    guard !values.isEmpty else { return nil }
    return LineChart(
      title: "\(study.title): \(metric.name) of all settings",
      x: StudyPage.epochAxis(series), y: StudyPage.valueAxis(metric, values), series: series, mark: mark,
      valueText: metric.text)
  }

  private static func withoutBand(_ curve: Curve, unless keeps: Bool) -> Curve {
    keeps ? curve : Curve(curve.points.map { Curve.Point(x: $0.x, y: $0.y) })
  }

  private func settingChart(
    _ setting: Setting, _ stage: Int, _ metrics: [Metric], _ title: String, axis: Axis?
  ) -> LineChart? {
    var series = metrics.map { metric in
      let isTraining = metric == .trainingLoss || metric == .trainingAccuracy
      return LineChart.Series(
        label: isTraining ? "training" : "validation", curve: curve(metric, setting, stage: stage),
        style: isTraining ? .training : .validation)
    }.filter { !$0.curve.points.isEmpty && $0.curve.points.contains { !$0.isGap } }
    guard !series.isEmpty, let first = metrics.first else { return nil }
    if stage == setting.stages.count - 1 {
      for reported in study.reported where reported.setting == setting.label {
        guard case .curve(let metric, let values) = reported.value, metrics.contains(metric) else { continue }
        let isTraining = metric == .trainingLoss || metric == .trainingAccuracy
        let scaled = values.map { metric.isAccuracy ? $0 * 100 : $0 }
        series.append(
          LineChart.Series(
            label: "\(reported.source), \(isTraining ? "training" : "validation")", curve: Curve(values: scaled),
            style: isTraining ? .reportedTraining : .reportedValidation))
      }
    }
    let values = series.flatMap { $0.curve.finitePoints.flatMap { [$0.low, $0.high] } }
    // The small pictures of many settings share the page.
    return LineChart(
      title: "\(first.isAccuracy ? "Accuracy" : "Loss") of \(title)", x: StudyPage.epochAxis(series),
      y: axis ?? StudyPage.valueAxis(first, values), series: series, width: 340, height: 220, mark: mark,
      valueText: first.text, mostPoints: max(32, 480 / ran.count))
  }

  private static func epochAxis(_ series: [LineChart.Series]) -> Axis {
    let last = series.compactMap { $0.curve.points.last?.x }.max() ?? 1
    return Axis(epochs: Int(last))
  }

  /// Losses of very different sizes are shown on a logarithmic axis.
  private static func valueAxis(_ metric: Metric, _ values: [Double]) -> Axis {
    if metric.isAccuracy { return Axis("accuracy (%)", values: values, count: 4, limit: 0...100) }
    let positive = values.filter { $0 > 0 && $0.isFinite }
    if let low = positive.min(), let high = positive.max(), high > 25 * low {
      return Axis(logarithmic: "loss", values: positive)
    }
    return Axis("loss", values: values, count: 4)
  }

  /// A chart's lines: their first, best and last values.
  private func curveTable(_ chart: LineChart, _ metric: Metric) -> Markup {
    let rows = chart.series.map { item -> [Markup] in
      let points = item.curve.finitePoints
      guard let first = points.first, let last = points.last,
        let best = metric.prefersSmaller ? points.min(by: { $0.y < $1.y }) : points.max(by: { $0.y < $1.y })
      else { return ["\(item.label)", "no value", "", "", ""] }
      let range: Markup =
        last.high > last.low ? "\(metric.text(last.low)) to \(metric.text(last.high))" : "one value"
      return [
        "\(item.label)", "\(metric.text(first.y))", "\(metric.text(best.y)) (epoch \(Int(best.x)))",
        "\(metric.text(last.y))", range,
      ]
    }
    return Page.table(
      "\(chart.title): first, best and last epoch", ["line", "first", "best", "last", "last, over seeds"], rows,
      numbers: [1, 2, 3, 4])
  }

  // MARK: Classes

  var classSection: Markup {
    guard let shown = study.shownSetting(record), record.classAccuracies(of: .test, in: shown.label) != nil else {
      return ""
    }
    let reported = ran.filter { setting in
      study.reported.contains { figure in
        guard figure.setting == setting.label, case .classAccuracies = figure.value else { return false }
        return true
      }
    }
    let settings = (reported.isEmpty ? [shown] : reported).prefix(8)
    let figures = settings.enumerated().compactMap { number, setting -> Markup? in
      guard let picture = classChart(setting) else { return nil }
      return Page.figure(
        picture, id: "class\(number)", caption: "\(setting.label) <span>accuracy of each class</span>\(captionMark)")
    }
    return
      "<div class=\"grid two\">\(figures)</div><details><summary>Every setting’s test accuracy, class by class</summary>\(classTable)</details>"
  }

  private func classChart(_ setting: Setting) -> Picture? {
    let names = record.classNames(in: setting.label)
    guard let test = record.classAccuracies(of: .test, in: setting.label) else { return nil }
    var series = [
      BarChart.Series(label: "ours, test", style: .validation, values: test.map { BarChart.Value($0, scale: 100) })
    ]
    let reported = study.reported.compactMap { figure -> (ReportedPart, [Double], String)? in
      guard figure.setting == setting.label, case .classAccuracies(let part, let values) = figure.value,
        values.count == test.count
      else { return nil }
      return (part, values, figure.source)
    }
    if reported.contains(where: { $0.0 == .training }),
      let training = record.classAccuracies(of: .training, in: setting.label), training.count == test.count
    {
      series.append(
        .init(label: "ours, training", style: .training, values: training.map { BarChart.Value($0, scale: 100) }))
    }
    for (part, values, source) in reported {
      series.append(
        .init(
          label: "\(source), \(part.rawValue)", style: ChartStyle(color: 5, dash: 2, marker: part == .training ? 3 : 2),
          isMarker: true, row: part == .training ? 1 : 0, values: values.map { BarChart.Value($0 * 100) }))
    }
    return BarChart(
      title: "Accuracy of each class, \(setting.label)",
      groups: test.indices.map { $0 < names.count ? names[$0] : "\($0)" }, series: series,
      axis: Axis("accuracy (%)", values: [0, 100], count: 5, includesZero: true, limit: 0...100), mark: mark
    ).picture
  }

  private var classTable: Markup {
    let columns = ran.compactMap { setting in
      record.classAccuracies(of: .test, in: setting.label).map { (setting.label, $0) }
    }
    let count = columns.map(\.1.count).max() ?? 0
    let names = columns.first.map { record.classNames(in: $0.0) } ?? []
    let rows = (0..<count).map { label -> [Markup] in
      ["\(label < names.count ? names[label] : "\(label)")"]
        + columns.map { column in
          label < column.1.count ? "\(ComparedFigure.testAccuracy.text(column.1[label].mean))" : ""
        }
    }
    return Page.table(
      "Test accuracy of each class", ["class"] + columns.map(\.0), rows, numbers: Set(1..<(columns.count + 1)))
  }

  // MARK: Time

  var timeSection: Markup {
    guard !ran.isEmpty, study.sweepsBatchSize || figure == .seconds || !record.peers.isEmpty else { return "" }
    var figures: [Markup] = []
    let epochs = ran.map { record.epochSeconds(in: $0.label).map { BarChart.Value($0) } }
    figures.append(
      Page.figure(
        timeChart("Seconds an epoch", [.init(label: "ours", style: .validation, values: epochs)]), id: "epoch-time",
        caption: "Seconds an epoch\(captionMark)"))
    var totals = [
      BarChart.Series(
        label: "ours", style: .validation,
        values: ran.map { record.spread(of: .seconds, in: $0.label).map { BarChart.Value($0) } })
    ]
    let reported = ran.map { setting in
      comparisons.first { $0.reported.setting == setting.label && $0.figure == .seconds }.map {
        BarChart.Value($0.reportedValue)
      }
    }
    if reported.contains(where: { $0 != nil }) {
      totals.append(.init(label: "reported", style: .reported, isMarker: true, values: reported))
    }
    let peers = Set(record.peers.filter { $0.figure == .seconds }.map(\.peer)).sorted()
    for (i, peer) in peers.enumerated() {
      let values = ran.map { setting in
        record.peers.first { $0.peer == peer && $0.figure == .seconds && $0.setting == setting.label }.map {
          BarChart.Value($0.value)
        }
      }
      totals.append(
        .init(
          label: peer, style: ChartStyle(color: 2 + i % 3, dash: 2, marker: 3 + i % 2), isMarker: true, values: values))
    }
    if totals.count > 1 {
      figures.append(
        Page.figure(
          timeChart("Seconds of the whole training", totals), id: "total-time",
          caption: "Seconds of the whole training\(captionMark)"))
    }
    if let picture = ratioPicture {
      figures.append(Page.figure(picture, id: "peer-ratio", caption: "Against the fastest peer\(captionMark)"))
    }
    if let chart = accuracyOverTime {
      figures.append(
        Page.figure(
          chart.picture, id: "over-time", caption: "Validation accuracy over the time of training\(captionMark)"))
    }
    return "<div class=\"grid two\">\(figures)</div>\(targetTable)"
  }

  /// How many times as long the fastest peer takes, of those that were run in turns with this program.
  private var ratioPicture: Picture? {
    let fastest = ran.compactMap { setting -> (String, PeerFigure, Double)? in
      let peers = record.peers.compactMap { peer in
        peer.figure == .seconds && peer.setting == setting.label ? peer.ratio.map { (setting.label, peer, $0) } : nil
      }
      return peers.min { $0.2 < $1.2 }
    }
    guard let first = fastest.first?.1 else { return nil }
    let ratios = fastest.map(\.2)
    return BarChart(
      title: "Training: the time of \(first.peer) over ours, \(first.cpu), \(first.threads) threads",
      groups: fastest.map(\.0), series: [.init(label: "ours", style: .validation, values: ratios.map { .init($0) })],
      axis: Axis("times as fast", values: ratios, includesZero: true), width: 640, mark: mark,
      valueText: { Figure.fixed($0, 1) + " ×" }
    ).picture
  }

  private func timeChart(_ title: String, _ series: [BarChart.Series]) -> Picture {
    let all = series.flatMap { $0.values.compactMap { $0 } }.map(\.high)
    return BarChart(
      title: "\(title), \(study.title)", groups: ran.map(\.label), series: series,
      axis: Axis("time (s)", values: all, includesZero: true), mark: mark,
      valueText: { String(Figure.seconds($0).dropLast(2)) }
    ).picture
  }

  /// The first seed of each setting: seeds take different times, so that they have no common positions.
  private var accuracyOverTime: LineChart? {
    let series = ran.enumerated().compactMap { i, setting -> LineChart.Series? in
      guard let run = record.runs(of: setting.label).first else { return nil }
      var seconds = 0.0
      let points = run.lastEpochs.compactMap { epoch -> Curve.Point? in
        seconds += epoch.training.seconds
        return epoch.validation.map { Curve.Point(x: seconds, y: $0.accuracy * 100) }
      }
      return points.isEmpty
        ? nil : LineChart.Series(label: setting.label, curve: Curve(points), style: ChartStyle(series: i))
    }
    guard !series.isEmpty else { return nil }
    let points = series.flatMap(\.curve.points)
    return LineChart(
      title: "Validation accuracy over the time of training, \(study.title)",
      x: Axis("time (s)", values: points.map(\.x), includesZero: true),
      y: Axis("accuracy (%)", values: points.map(\.y), limit: 0...100), series: series, mark: mark,
      valueText: Metric.validationAccuracy.text)
  }

  /// The seconds to a few accuracies that some or all settings reach.
  private var targetTable: Markup {
    let best = ran.compactMap { setting in
      record.runs(of: setting.label).flatMap(\.lastEpochs).compactMap { $0.validation?.accuracy }.max()
    }
    guard let low = best.min(), let high = best.max() else { return "" }
    func rounded(_ share: Double) -> Int { Int(share * 20 + 1e-9) * 5 }
    let targets = Set([rounded(low), rounded((low + high) / 2), rounded(high)]).filter { $0 > 10 }.sorted()
    if targets.isEmpty { return "" }
    let rows = ran.map { setting -> [Markup] in
      ["\(setting.label)"]
        + targets.map { target -> Markup in
          let time = record.secondsToAccuracy(Double(target) / 100, in: setting.label)
          guard let seconds = time.seconds else { return "<span class=\"soft\">not reached</span>" }
          let part = seconds.count < time.seeds ? " (\(seconds.count) of \(time.seeds) seeds)" : ""
          return "\(ComparedFigure.seconds.text(seconds))\(part)"
        }
    }
    return "<h3>Time to accuracy\(captionMark)</h3>"
      + Page.table(
        "Seconds of training until the validation accuracy was first reached", ["setting"] + targets.map { "\($0) %" },
        rows, numbers: Set(1..<(targets.count + 1)))
  }
}

extension Metric {
  var isAccuracy: Bool { self == .trainingAccuracy || self == .validationAccuracy }

  /// A value as charts have it, accuracies in percent.
  func text(_ value: Double) -> String { isAccuracy ? Figure.fixed(value, 1) + " %" : Figure.loss(value) }
}
