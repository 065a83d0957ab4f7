/// Lines over an axis, each with a band between the least and the greatest of several seeds.
struct LineChart {
  struct Series {
    let label: String
    let curve: Curve
    let style: ChartStyle
    /// What the description says of the line after its label; the last value where it is nil.
    var remark: String?
  }

  /// A vertical line with a word at its upper end, such as for a change.
  struct Mark {
    let x: Double
    let label: String
  }

  let title: String
  let x: Axis
  let y: Axis
  let series: [Series]
  var width = 480.0
  /// Of the plot and its axes, without the legend.
  var height = 280.0
  /// A word in the picture, such as that the figures are of quick runs; empty for none.
  var mark = ""
  /// How values are written in the description.
  var valueText: (Double) -> String = { Figure.fixed($0, 3) }
  /// The most points of a line, where the width allows more.
  var mostPoints = 1000
  var marks: [Mark] = []
  /// What a band is over, for the description.
  var bandMeaning = "over seeds"

  /// What is drawn of a curve: at most about a point a pixel and a half.
  private var pointLimit: Int { min(mostPoints, max(8, Int(width / 1.5))) }

  var picture: Picture {
    let legend = Legend(
      entries: series.map { ($0.label, $0.style, true) }, width: width - 24)
    let tickWidth = y.ticks.map { ChartStyle.textWidth($0.label) }.max() ?? 0
    let area = Area(left: tickWidth + 14, right: width - 14, top: 30, bottom: height - 40)
    var body = axes(area)
    body += markLines(area)
    for item in series { body += band(item, area) }
    for item in series { body += line(item, area) }
    if series.allSatisfy({ $0.curve.finitePoints.isEmpty }) {
      body += """
        <text x="\((area.left + area.right) / 2)" y="\((area.top + area.bottom) / 2)" text-anchor="middle">no value</text>
        """
    }
    body += legend.markup(x: 12, y: height)
    return Picture(width: width, height: height + legend.height + 6, title: title, description: description, body: body)
  }

  private var description: String {
    let lines = series.map { item -> String in
      let finite = item.curve.finitePoints
      guard let first = finite.first, let last = finite.last else { return "\(item.label): no value." }
      var text = "\(item.label): "
      if let remark = item.remark {
        text += remark
      } else if finite.count == 1 {
        text += valueText(last.y)
      } else {
        text += "from \(valueText(first.y)) to \(valueText(last.y))"
      }
      if item.curve.hasBand { text += ", at the end \(valueText(last.low)) to \(valueText(last.high)) \(bandMeaning)" }
      let gaps = item.curve.gapCount
      if gaps > 0 { text += ", without a value at \(gaps) point\(gaps == 1 ? "" : "s")" }
      return text + "."
    }
    return (["\(y.title.capitalizedFirst) over \(x.title)."] + lines).joined(separator: " ")
  }

  private struct Area {
    let left, right, top, bottom: Double
  }

  private func point(_ point: Curve.Point, _ value: Double, _ area: Area) -> (x: Double, y: Double) {
    (x.position(point.x, from: area.left, to: area.right), y.position(value, from: area.bottom, to: area.top))
  }

  private func axes(_ area: Area) -> Markup {
    var grid = PathData()
    var labels: Markup = ""
    for tick in y.ticks {
      let height = y.position(tick.value, from: area.bottom, to: area.top)
      grid.move(area.left, height)
      grid.line(area.right, height)
      labels += "<text class=\"t\" x=\"\(area.left - 6)\" y=\"\(height + 4)\" text-anchor=\"end\">\(tick.label)</text>"
    }
    var ticks = PathData()
    var end = -Double.infinity
    for tick in x.ticks {
      let position = x.position(tick.value, from: area.left, to: area.right)
      ticks.move(position, area.bottom)
      ticks.line(position, area.bottom + 4)
      // A label that would touch the one before is left out.
      let half = ChartStyle.textWidth(tick.label) / 2
      if position - half < end + 4 { continue }
      end = position + half
      labels +=
        "<text class=\"t\" x=\"\(position)\" y=\"\(area.bottom + 17)\" text-anchor=\"middle\">\(tick.label)</text>"
    }
    ticks.move(area.left, area.bottom)
    ticks.line(area.right, area.bottom)
    labels += "<text class=\"t\" x=\"12\" y=\"16\">\(y.title)</text>"
    labels += "<text class=\"t\" x=\"\(area.right)\" y=\"\(area.bottom + 33)\" text-anchor=\"end\">\(x.title)</text>"
    if !mark.isEmpty { labels += "<text class=\"q\" x=\"\(area.right)\" y=\"16\" text-anchor=\"end\">\(mark)</text>" }
    return "<path class=\"g\" d=\"\(grid.text)\"/><path class=\"a\" d=\"\(ticks.text)\"/>\(labels)"
  }

  private func markLines(_ area: Area) -> Markup {
    var path = PathData()
    var labels: Markup = ""
    var end = -Double.infinity
    for mark in marks {
      let position = x.position(mark.x, from: area.left, to: area.right)
      path.move(position, area.top)
      path.line(position, area.bottom)
      let half = ChartStyle.textWidth(mark.label) / 2
      let middle = min(max(position, area.left + half), area.right - half)
      // A label that would touch the one before is left out.
      if middle - half < end + 4 { continue }
      end = middle + half
      labels += "<text x=\"\(middle)\" y=\"\(area.top - 3)\" text-anchor=\"middle\">\(mark.label)</text>"
    }
    return path.isEmpty ? "" : "<path class=\"w d1\" d=\"\(path.text)\"/>\(labels)"
  }

  private func band(_ item: Series, _ area: Area) -> Markup {
    guard item.curve.hasBand else { return "" }
    var path = PathData()
    // A band has no peaks that would be missed: half as many points.
    for segment in item.curve.cut(to: pointLimit / 2).segments where segment.count > 1 {
      let upper = segment.map { point($0, $0.high, area) }
      let lower = segment.reversed().map { point($0, $0.low, area) }
      for (i, corner) in (upper + lower).enumerated() {
        if i == 0 { path.move(corner.x, corner.y) } else { path.line(corner.x, corner.y) }
      }
      path.close()
    }
    return path.isEmpty ? "" : "<path class=\"b c\(item.style.color)\" d=\"\(path.text)\"/>"
  }

  private func line(_ item: Series, _ area: Area) -> Markup {
    let curve = item.curve.cut(to: pointLimit)
    var path = PathData()
    for segment in curve.segments where segment.count > 1 {
      for (i, vertex) in segment.enumerated() {
        let place = point(vertex, vertex.y, area)
        if i == 0 { path.move(place.x, place.y) } else { path.line(place.x, place.y) }
      }
    }
    let marked = markedPoints(curve).map { vertex in
      let place = point(vertex, vertex.y, area)
      return item.style.markerPath(place.x, place.y, size: width < 400 ? 2.8 : 3.4)
    }
    let line: Markup = path.isEmpty ? "" : "<path class=\"\(item.style.lineClass)\" d=\"\(path.text)\"/>"
    let markers: Markup =
      marked.isEmpty ? "" : "<path class=\"m c\(item.style.color)\" d=\"\(marked.joined())\"/>"
    return line + markers
  }

  /// Where markers are: about eight along the line, at its ends, and at points that stand alone between gaps.
  private func markedPoints(_ curve: Curve) -> [Curve.Point] {
    curve.segments.flatMap { segment -> [Curve.Point] in
      let step = max(1, (segment.count + 6) / 7)
      return segment.enumerated().filter { $0.offset % step == 0 || $0.offset == segment.count - 1 }.map(\.element)
    }
  }
}

/// What lines and bars stand for, in rows below a chart.
struct Legend {
  typealias Entry = (label: String, style: ChartStyle, isLine: Bool)
  private let rows: [[(x: Double, entry: Entry)]]
  var height: Double { Double(rows.count) * 18 }

  init(entries: [Entry], width: Double) {
    var rows: [[(x: Double, entry: Entry)]] = []
    var x = 0.0
    for entry in entries {
      let label = ChartStyle.cut(entry.label, to: width - 40)
      let size = ChartStyle.textWidth(label) + 48
      if rows.isEmpty || x + size - 14 > width {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append((x, (label, entry.style, entry.isLine)))
      x += size
    }
    self.rows = rows
  }

  func markup(x left: Double, y top: Double) -> Markup {
    var markup: Markup = ""
    for (row, entries) in rows.enumerated() {
      let y = top + Double(row) * 18 + 9
      for (x, entry) in entries {
        let start = left + x
        if entry.isLine {
          markup += "<path class=\"\(entry.style.lineClass)\" d=\"M\(start) \(y)h26\"/>"
          markup +=
            "<path class=\"m c\(entry.style.color)\" d=\"\(entry.style.markerPath(start + 13, y))\"/>"
        } else if entry.style.dash == 2 {
          markup += "<path class=\"o c\(entry.style.color)\" d=\"\(entry.style.markerPath(start + 13, y, size: 4))\"/>"
        } else {
          markup +=
            "<rect class=\"\(BarChart.barClass(entry.style))\" x=\"\(start + 3)\" y=\"\(y - 5)\" width=\"20\" height=\"10\"/>"
        }
        markup += "<text x=\"\(start + 32)\" y=\"\(y + 4)\">\(entry.label)</text>"
      }
    }
    return markup
  }
}
