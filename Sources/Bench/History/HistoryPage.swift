import Foundation

/// The page of a history: one file, with the changes first and every series by operation.
struct HistoryPage {
  let runs: [HistoryRun]
  let analysis: HistoryAnalysis

  /// Where a page is as large, in bytes, there are no more pictures: the rest is in the table of all series.
  static let sizeLimit = 1_000_000

  /// Series by operation, each with its number in the analysis.
  private struct Group {
    let machine: String
    let operation: String
    var members: [Int]
  }

  private var groups: [Group] {
    var groups: [Group] = []
    for (number, one) in analysis.series.enumerated() {
      let (machine, operation) = (one.series.machineLabel, one.series.operation)
      if let place = groups.firstIndex(where: { $0.machine == machine && $0.operation == operation }) {
        groups[place].members.append(number)
      } else {
        groups.append(Group(machine: machine, operation: operation, members: [number]))
      }
    }
    return groups
  }

  var html: String {
    let groups = groups
    // The page without pictures, but with the links to them.
    let bare = html(groups, [:], isLinked: { _ in true }).utf8.count
    let figures = figures(budget: HistoryPage.sizeLimit - bare)
    return html(groups, figures, isLinked: { figures[$0] != nil })
  }

  private func html(_ groups: [Group], _ figures: [Int: Markup], isLinked: (Int) -> Bool) -> String {
    var content = head + changeSection(isLinked) + overview
    if figures.count < analysis.series.count {
      content += """
        <p class="soft">\(figures.count) of \(analysis.series.count) series have a picture, those with changes first: a page \
        has no more than \(HistoryPage.sizeLimit / 1000) kB.</p>
        """
    }
    for (number, group) in groups.enumerated() {
      if number == 0 || groups[number - 1].machine != group.machine { content += "<h2>\(group.machine)</h2>" }
      content += section(number, group, figures)
    }
    let links = groups.enumerated().map { number, group -> Markup in
      "<li><a href=\"#operation\(number)\">\(group.operation)</a></li>"
    }
    let navigation: Markup = """
      <nav aria-label="Operations"><ul><li><a href="#changes">Changes</a></li>\(links)</ul></nav>
      """
    return Page(
      title: HistoryPage.title, summary: HistoryText(analysis: analysis, showsAll: false).summary,
      navigation: navigation, content: content + footer
    ).html
  }

  private static let title = "Performance over commits"

  private var head: Markup {
    let dates = runs.map(\.date).sorted()
    let changed = analysis.series.count { !$0.changes.isEmpty }
    var tiles: [(String, String)] = [
      ("\(runs.count)", "run\(runs.count == 1 ? "" : "s") of \(Set(runs.map(\.commit)).count) commits"),
      ("\(analysis.series.count)", "series"), ("\(changed)", "with changes"),
    ]
    if let last = dates.last { tiles.append((HistoryText.day(last), "the latest commit")) }
    return """
      <h1>\(HistoryPage.title)</h1>\
      <p class="question">The share of the machine’s limit that kernels and trainings reach, and how new versions compare \
      with old ones.</p>\
      <ul class="tiles">\(tiles.map { "<li><b>\($0.0)</b><span>\($0.1)</span></li>" as Markup })</ul>
      """
  }

  private func changeSection(_ isLinked: (Int) -> Bool) -> Markup {
    let rows = analysis.series.enumerated().flatMap { number, one in
      one.changes.map { change -> (Date, [Markup]) in
        let point = one.series.points[change.index]
        let chip: Markup =
          change.isSlowdown
          ? "<span class=\"v bad\">slower \(HistorySeries.signed(change.speedRatio))</span>"
          : "<span class=\"v good\">faster \(HistorySeries.signed(change.speedRatio))</span>"
        let name: Markup =
          isLinked(number)
          ? "<a href=\"#series\(number)\">\(one.series.label)</a>" : "\(one.series.label)"
        return (
          point.date,
          [
            "<code>\(point.label)</code>", "\(HistoryText.day(point.date))",
            "\(name)<br/><small class=\"soft\">\(one.series.machineLabel)</small>",
            chip, "\(change.pValue.map(HistoryText.pValue) ?? "its comparison")",
          ]
        )
      }
    }.sorted { $0.0 > $1.0 }.map(\.1)
    let short = analysis.series.count { !$0.isLongEnough }
    let shortNote: Markup =
      short == 0
      ? ""
      : "<p class=\"soft\">\(short) series are too short to look for changes: \(HistoryAnalysis.leastRuns) runs are needed.</p>"
    let content: Markup =
      rows.isEmpty
      ? "<p>No series has a change.</p>"
      : Page.table("All changes, the latest first", ["commit", "date", "series", "speed", "p"], rows, numbers: [4])
    return """
      <section id="changes" aria-labelledby="changes-h"><h2 id="changes-h">Changes</h2>\(content)\(shortNote)</section>
      """
  }

  /// Every series with its latest value.
  private var overview: Markup {
    guard !analysis.series.isEmpty else { return "" }
    let rows = analysis.series.map { one -> [Markup] in
      [
        "\(one.series.label)", "\(one.series.machineLabel)", "\(one.series.points.count)",
        "\(one.series.points.last.map { one.series.text($0.value) } ?? "")",
        "\(one.changes.last.map { HistorySeries.signed($0.speedRatio) } ?? "")",
      ]
    }
    return """
      <details class="box"><summary>All \(analysis.series.count) series in a table</summary>\
      \(Page.table("All series", ["series", "machine", "runs", "last", "speed at the last change"], rows, numbers: [2, 3, 4]))\
      </details>
      """
  }

  /// The figures by their series' numbers: of those with changes first, as many as the page has room for.
  private func figures(budget: Int) -> [Int: Markup] {
    var figures: [Int: Markup] = [:]
    var left = budget
    let order =
      analysis.series.indices.filter { !analysis.series[$0].changes.isEmpty }
      + analysis.series.indices.filter { analysis.series[$0].changes.isEmpty }
    for number in order {
      let figure = figure(number)
      left -= figure.text.utf8.count
      if left < 0 { break }
      figures[number] = figure
    }
    return figures
  }

  private func figure(_ number: Int) -> Markup {
    let one = analysis.series[number]
    let chart = HistoryChart(analyzed: one)
    let note: Markup =
      one.isLongEnough ? "" : " <span>too short to look for changes</span>"
    return """
      <div id="series\(number)">\
      \(Page.figure(chart.picture, id: "chart\(number)", caption: "\(one.series.label)\(note)", table: chart.tables))</div>
      """
  }

  private func section(_ number: Int, _ group: Group, _ figures: [Int: Markup]) -> Markup {
    let changed = group.members.count { !analysis.series[$0].changes.isEmpty }
    let count = group.members.count
    let open: Markup = changed > 0 ? " open=\"open\"" : ""
    let shown = group.members.compactMap { figures[$0] }
    let missing: Markup =
      shown.count < count ? "<p class=\"soft\">\(count - shown.count) more in the table of all series.</p>" : ""
    return """
      <section id="operation\(number)" aria-label="\(group.operation)"><details class="box"\(open)>\
      <summary>\(group.operation): \(count) series, \(changed) with changes</summary>\
      <div class="grid two">\(shown)</div>\(missing)</details></section>
      """
  }

  private var footer: Markup {
    """
    <footer><p>Made by <code>bench history</code> from \(HistoryLog.name). Changes are found by E-divisive in the logarithms \
    of the values; the chance that a history without any change shows one is \
    \(Figure.fixed(HistoryAnalysis.level * 100, 0)) % at most. Speed is the median after a change over that before, \
    of times its inverse. A + behind a commit: the tree had changes.</p></footer>
    """
  }
}

extension HistoryText {
  /// A date without its time of day, UTC.
  static func day(_ date: Date) -> String { String(date.ISO8601Format().prefix(10)) }
}
