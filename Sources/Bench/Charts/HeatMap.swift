import Foundation

/// A confusion matrix as a table whose cells are coloured: a picture, and figures that can be read, copied and heard.
///
/// The diagonal, which is right, is blue by its share of the row; what was taken for another class is orange, drawn
/// stronger because it is rarer.
struct HeatMap {
  /// Rows are true classes.
  let counts: [[Int]]
  let names: [String]
  let caption: String

  /// The steps of colour; 0 is none.
  static let levels = 9

  var table: Markup {
    let columns = counts.indices.map { "<th scope=\"col\"><span>\(name($0))</span></th>" as Markup }
    let rows = counts.enumerated().map { label, row -> Markup in
      let support = row.reduce(0, +)
      let cells = row.enumerated().map { prediction, count -> Markup in
        let level = HeatMap.level(count, of: support, isRight: label == prediction)
        guard level > 0 else { return "<td>\(count)</td>" }
        return "<td class=\"\(label == prediction ? "h" : "e")\(level)\">\(count)</td>"
      }
      return "<tr><th scope=\"row\">\(name(label))</th>\(cells)</tr>"
    }
    return """
      <table class="heat"><caption>\(caption)</caption><thead><tr><th scope="col">true ↓ taken for →</th>\(columns)</tr>\
      </thead><tbody>\(rows)</tbody></table>
      """
  }

  private func name(_ label: Int) -> String { label < names.count ? names[label] : "\(label)" }

  /// The step of colour of a cell.
  static func level(_ count: Int, of support: Int, isRight: Bool) -> Int {
    guard count > 0, support > 0 else { return 0 }
    let share = Double(count) / Double(support)
    // A third of a row in one wrong class is the strongest colour.
    let strength = isRight ? share : min((share * 3).squareRoot(), 1)
    return max(1, min(levels, Int((strength * Double(levels)).rounded())))
  }

  /// The rules of the colours: over the ground, no stronger than the text stays legible on.
  static let rules: String = (1...levels).map { level -> String in
    let share = Int((Double(level) / Double(levels) * 60).rounded())
    return ".h\(level){background:color-mix(in srgb,var(--heat) \(share)%,var(--ground))}"
      + ".e\(level){background:color-mix(in srgb,var(--miss) \(share)%,var(--ground))}"
  }.joined()
}
