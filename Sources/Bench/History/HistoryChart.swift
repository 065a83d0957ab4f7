import Foundation

/// The picture of a series: its values, the medians between changes, and the changes.
struct HistoryChart {
  let analyzed: AnalyzedSeries
  private var series: HistorySeries { analyzed.series }

  var picture: Picture {
    let points = series.points
    let scale = series.figure.isTime ? 1.0 : 100
    let values = Curve(
      points.enumerated().map { index, point in
        Curve.Point(
          x: Double(index + 1), y: point.value * scale, low: point.interval.map { $0.lowerBound * scale },
          high: point.interval.map { $0.upperBound * scale })
      })
    var lines = [
      LineChart.Series(label: valueName, curve: values, style: .validation, remark: remark)
    ]
    if series.figure != .step, points.count > 1 {
      // An unbroken line of steps: a gap would be told as a missing value.
      let medians = analyzed.stretches.flatMap { stretch in
        [stretch.lowerBound, stretch.upperBound - 1].map {
          Curve.Point(x: Double($0 + 1), y: analyzed.median(stretch) * scale)
        }
      }
      lines.append(
        LineChart.Series(
          label: analyzed.changes.isEmpty ? "median" : "median between changes", curve: Curve(medians),
          style: ChartStyle(color: 2, dash: 0, marker: 3)))
    }
    let text = series.text
    return LineChart(
      title: "\(series.label), \(series.machineLabel)", x: Axis(runs: points.map(\.commit)),
      y: Axis(axisTitle, values: lines.flatMap { $0.curve.points.flatMap { [$0.y, $0.low, $0.high] } }, count: 4),
      series: lines, valueText: { text($0 / scale) },
      marks: analyzed.changes.map {
        LineChart.Mark(
          x: Double($0.index + 1), label: "\(points[$0.index].label) \(HistorySeries.signed($0.speedRatio))")
      }, bandMeaning: "by the interval of 95 %"
    ).picture
  }

  private var valueName: String {
    switch series.figure {
    case .limitFraction: "share of the limit"
    case .peakFraction: "share of the peak"
    case .ratio, .step: "new time over old, with its interval of 95 %"
    }
  }

  private var axisTitle: String {
    series.figure.isTime ? "new time over old" : "\(valueName) (%)"
  }

  /// The first and the last value, and the changes.
  private var remark: String? {
    guard let first = series.points.first, let last = series.points.last else { return nil }
    var text = "\(series.text(first.value)) at \(first.label), \(series.text(last.value)) at \(last.label)"
    for change in analyzed.changes { text += "; speed \(HistoryText.change(change, in: series))" }
    return text
  }

  /// The stretches between changes, and the latest runs.
  var tables: Markup {
    let points = series.points
    let stretches = analyzed.stretches.enumerated().map { number, stretch -> [Markup] in
      let values = points[stretch].map(\.value)
      let change = number > 0 ? analyzed.changes[number - 1] : nil
      return [
        "\(points[stretch.lowerBound].label)", "\(points[stretch.upperBound - 1].label)", "\(stretch.count)",
        "\(series.text(analyzed.median(stretch)))",
        "\(series.text(values.min() ?? .nan)) to \(series.text(values.max() ?? .nan))",
        "\(change.map { HistorySeries.signed($0.speedRatio) } ?? "")",
        "\(change?.pValue.map(HistoryText.pValue) ?? "")",
      ]
    }
    let latest = points.suffix(HistoryChart.latestCount).reversed().map { point -> [Markup] in
      var cells: [Markup] = [
        "\(point.label)", "\(HistoryText.day(point.date))", "\(series.text(point.value))",
      ]
      if let rate = point.entry.imagesPerSecond { cells.append("\(Figure.fixed(rate, 0))") }
      if let verdict = point.entry.verdict {
        cells.append(
          "\(point.interval.map { "\(HistorySeries.signed($0.lowerBound)) to \(HistorySeries.signed($0.upperBound))" } ?? "")"
        )
        cells += ["\(verdict.rawValue)", "\(HistorySeries.short(point.old ?? ""))"]
      }
      if let algorithm = point.entry.algorithm { cells.append("\(algorithm)") }
      return cells
    }
    var titles = ["commit", "date", series.figure.isTime ? "time" : valueName]
    switch series.kind {
    case .kernels: titles.append("kernel")
    case .conv, .mlp: titles.append("images/s")
    case .comparison: titles += ["95 % interval", "verdict", "old"]
    }
    let rows = latest.map {
      Array($0.prefix(titles.count)) + Array(repeating: "", count: max(0, titles.count - $0.count))
    }
    return Page.table(
      "\(series.label): between changes", ["from", "to", "runs", "median", "from least to greatest", "speed", "p"],
      stretches, numbers: [2, 3, 4, 5, 6])
      + Page.table(
        "\(series.label): the latest \(rows.count) run\(rows.count == 1 ? "" : "s")", titles, rows, numbers: [2],
        isCaptionHidden: false)
  }

  static let latestCount = 10
}

extension Axis {
  /// The runs of a series, counted from 1, named by the beginnings of their commits.
  init(runs commits: [String]) {
    let step = max(1, (commits.count + 4) / 5)
    self.init(
      title: "runs, by commit", range: commits.count > 1 ? 1...Double(commits.count) : 0.5...1.5,
      ticks: commits.enumerated().filter { $0.offset % step == 0 }.map {
        Tick(value: Double($0.offset + 1), label: String($0.element.prefix(7)))
      })
  }

  private init(title: String, range: ClosedRange<Double>, ticks: [Tick]) {
    self.title = title
    self.range = range
    self.ticks = ticks
    scale = .linear
  }
}
