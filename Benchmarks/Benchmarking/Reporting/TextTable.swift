import Foundation

/// Rows of cells, as a table for people.
struct TextTable {
  let titles: [String]
  /// The columns of words, which are set to the left; others hold figures.
  let words: Set<Int>
  var rows: [[String]] = []

  /// Columns in line, a rule under the titles.
  var text: String {
    let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var line = cells.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - cells[column].count)
        return words.contains(column) ? cells[column] + blanks : blanks + cells[column]
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return ([line(titles), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  /// The same in Markdown.
  var markdown: String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    let rule = titles.indices.map { words.contains($0) ? "---" : "---:" }
    return ([line(titles), line(rule)] + rows.map(line)).joined(separator: "\n") + "\n"
  }
}

/// Figures as text.
enum Figure {
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value) : value.isNaN ? "nan" : value > 0 ? "inf" : "-inf"
  }

  /// A time in the unit that suits it.
  static func duration(_ seconds: Double) -> String {
    if seconds < 1e-6 { return fixed(seconds * 1e9, 1) + " ns" }
    if seconds < 1e-3 { return fixed(seconds * 1e6, 2) + " µs" }
    if seconds < 1 { return fixed(seconds * 1e3, 2) + " ms" }
    return fixed(seconds, 3) + " s"
  }

  /// A ratio as a change: 1.02 is "+2.0 %".
  static func change(_ ratio: Double) -> String { (ratio < 1 ? "" : "+") + fixed((ratio - 1) * 100, 1) + " %" }

  /// A share of 1.
  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }
}
