/// The report of a comparison for people.
extension ComparisonReport {
  /// A table of all cases, what was found in one line, and what is to be known of it.
  public var text: String { table(cases).text + "\n" + (["\(summary)"] + notes).joined(separator: "\n") + "\n" }

  /// For a pull request: what changed, or could not be judged; all cases folded in below.
  public var markdown: String {
    let noteworthy = cases.filter { $0.verdict != .same }
    var parts = ["**\(summary)**\n"]
    if !noteworthy.isEmpty { parts.append(table(noteworthy).markdown) }
    parts.append("<details><summary>All \(cases.count) cases</summary>\n\n\(table(cases).markdown)\n</details>\n")
    parts.append(notes.joined(separator: "\n") + "\n")
    return parts.joined(separator: "\n")
  }

  /// The number of cases by verdict.
  public var summary: String {
    let counts = Verdict.allCases.filter { count($0) > 0 }.map { "\(count($0)) \($0.rawValue)" }
    return (wasStopped ? "stopped: " : "") + counts.joined(separator: ", ")
  }

  private func table(_ cases: [ComparedCase]) -> TextTable {
    var table = TextTable(
      titles: ["case", "old", "new", "time", "95 % interval", "verdict", "would see", "quadruples", "processes"],
      words: [0, 5])
    for one in cases {
      table.rows.append([
        one.name, one.oldSeconds.map(Figure.duration) ?? "-", one.newSeconds.map(Figure.duration) ?? "-",
        one.ratio.map(Figure.change) ?? "-", interval(of: one), one.verdict.rawValue,
        one.resolution.map { Figure.percent($0) + (one.isShort ? " *" : "") } ?? "-", String(one.quadruples),
        one.freshPairs > 0 ? "\(one.pairs) + \(one.freshPairs)" : String(one.pairs),
      ])
    }
    return table
  }

  private func interval(of one: ComparedCase) -> String {
    guard let lower = one.lower, let upper = one.upper else { return "-" }
    return "\(Figure.change(lower)) … \(Figure.change(upper))"
  }

  private var notes: [String] {
    var notes = [
      "old: \(old)", "new: \(new)",
      "time: of the new program, by the \(clock.rawValue) clock; changes below \(Figure.percent(smallestChange)) do not "
        + "matter; \(Figure.fixed(elapsedSeconds, 0)) s, seed \(seed)",
      "would see: the slowdown that would have been found in four of five such runs",
    ]
    let short = cases.filter(\.isShort)
    if !short.isEmpty {
      let worst = short.compactMap(\.resolution).max() ?? .infinity
      notes.append(
        "*: an iteration takes less than 3 µs; what moves code in memory can change its time. Of these \(short.count) "
          + "cases, the least certain would have shown a slowdown of \(Figure.percent(worst))")
    }
    return notes
  }
}
