/// Horizontal bars in groups, each with the range of its seeds, and markers for what others reported.
struct BarChart {
  struct Value {
    let mean: Double
    let low: Double
    let high: Double

    init(_ spread: Spread, scale: Double = 1) {
      (mean, low, high) = (spread.mean * scale, spread.least * scale, spread.greatest * scale)
    }

    init(_ value: Double) { (mean, low, high) = (value, value, value) }
  }

  struct Series {
    let label: String
    let style: ChartStyle
    /// Whether it is drawn as markers on the bars of its group and not as a bar of its own.
    var isMarker = false
    /// Of markers, the number of the bar in the group that they are drawn on.
    var row = 0
    /// One a group; nil for none.
    let values: [Value?]
  }

  let title: String
  let groups: [String]
  let series: [Series]
  let axis: Axis
  var width = 480.0
  var mark = ""
  var valueText: (Double) -> String = { Figure.fixed($0, 1) }

  /// Filled, or outlined where the style's line is a dashed one.
  static func barClass(_ style: ChartStyle) -> String { style.dash == 0 ? "r c\(style.color)" : "r2 c\(style.color)" }

  private var bars: [Series] { series.filter { !$0.isMarker } }
  private var markers: [Series] { series.filter(\.isMarker) }

  var picture: Picture {
    let barHeight = bars.count > 1 ? 10.0 : 16.0
    let groupHeight = Double(max(bars.count, 1)) * (barHeight + 1) + 10
    let labelWidth = min((groups.map { ChartStyle.textWidth($0) }.max() ?? 0), width * 0.38)
    let (left, right, top) = (labelWidth + 18, width - 52, 30.0)
    let bottom = top + groupHeight * Double(groups.count)
    var body: Markup = ""
    var grid = PathData()
    for tick in axis.ticks {
      let x = axis.position(tick.value, from: left, to: right)
      grid.move(x, top)
      grid.line(x, bottom)
      body += "<text class=\"t\" x=\"\(x)\" y=\"\(bottom + 15)\" text-anchor=\"middle\">\(tick.label)</text>"
    }
    body += "<path class=\"g\" d=\"\(grid.text)\"/>"
    body += "<text class=\"t\" x=\"12\" y=\"16\">\(axis.title)</text>"
    if !mark.isEmpty { body += "<text class=\"q\" x=\"\(width - 14)\" y=\"16\" text-anchor=\"end\">\(mark)</text>" }
    for (i, name) in groups.enumerated() {
      let start = top + Double(i) * groupHeight + 5
      let label = ChartStyle.cut(name, to: labelWidth + 1)
      let middle = start + Double(max(bars.count, 1)) * (barHeight + 1) / 2
      body += "<text x=\"\(left - 8)\" y=\"\(middle + 4)\" text-anchor=\"end\">\(label)</text>"
      for (j, item) in bars.enumerated() {
        guard let value = item.values[i] else { continue }
        body += bar(value, item.style, top: start + Double(j) * (barHeight + 1), height: barHeight, left, right)
      }
      for item in markers {
        guard let value = item.values[i], value.mean.isFinite else { continue }
        let y = start + Double(bars.isEmpty ? 0 : min(item.row, bars.count - 1)) * (barHeight + 1) + barHeight / 2
        let x = axis.position(value.mean, from: left, to: right)
        body += "<path class=\"o c\(item.style.color)\" d=\"\(item.style.markerPath(x, y, size: 4))\"/>"
      }
    }
    body += "<path class=\"a\" d=\"M\(left) \(top)V\(bottom)\"/>"
    var height = bottom + 26
    if series.count > 1 {
      let legend = Legend(entries: series.map { ($0.label, $0.style, false) }, width: width - 24)
      body += legend.markup(x: 12, y: height)
      height += legend.height + 6
    }
    return Picture(width: width, height: height, title: title, description: description, body: body)
  }

  private func bar(
    _ value: Value, _ style: ChartStyle, top: Double, height: Double, _ left: Double, _ right: Double
  ) -> Markup {
    let middle = top + height / 2
    guard value.mean.isFinite else {
      return "<text class=\"t\" x=\"\(left + 6)\" y=\"\(middle + 4)\">no number</text>"
    }
    let end = axis.position(value.mean, from: left, to: right)
    var markup: Markup =
      "<rect class=\"\(BarChart.barClass(style))\" x=\"\(left)\" y=\"\(top)\" width=\"\(max(end - left, 1))\" height=\"\(height)\"/>"
    var labelStart = end
    if value.high > value.low {
      let (a, b) = (axis.position(value.low, from: left, to: right), axis.position(value.high, from: left, to: right))
      markup +=
        "<path class=\"w\" d=\"M\(a) \(middle - 3)v6M\(a) \(middle)H\(b)M\(b) \(middle - 3)v6\"/>"
      labelStart = max(end, b)
    }
    if height >= 14 || bars.count < 3 {
      markup += "<text x=\"\(labelStart + 9)\" y=\"\(middle + 4)\">\(valueText(value.mean))</text>"
    }
    return markup
  }

  private var description: String {
    let texts = groups.enumerated().map { i, name in
      let values = series.compactMap { item in
        item.values[i].map { value in
          let range = value.high > value.low ? " (\(valueText(value.low)) to \(valueText(value.high)))" : ""
          return (series.count > 1 ? "\(item.label) " : "") + valueText(value.mean) + range
        }
      }
      return "\(name): \(values.isEmpty ? "no value" : values.joined(separator: ", "))."
    }
    return (["\(axis.title.capitalizedFirst)."] + texts).joined(separator: " ")
  }
}
