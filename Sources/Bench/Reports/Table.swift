import Foundation

/// A table whose rows are printed as they come: the widths are fixed by the titles, or wider where a column says so.
struct Table {
  struct Column {
    let title: String
    let width: Int
    let isText: Bool

    /// A column of figures, which are set to the right.
    static func figure(_ title: String, width: Int = 0) -> Column {
      Column(title: title, width: max(width, title.count), isText: false)
    }

    /// A column of words, which are set to the left.
    static func text(_ title: String, width: Int = 0) -> Column {
      Column(title: title, width: max(width, title.count), isText: true)
    }
  }

  let columns: [Column]

  /// The titles, and a rule below.
  var header: String {
    line(columns.map(\.title)) + "\n" + columns.map { String(repeating: "-", count: $0.width) }.joined(separator: "  ")
  }

  /// A row; a cell that is wider than its column moves the rest.
  func line(_ cells: [String]) -> String {
    var line = zip(columns, cells).map { column, cell in
      cell.padded(to: column.width, left: !column.isText)
    }.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension String {
  /// The text with blanks behind it, or before it, up to a width.
  func padded(to width: Int, left: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(width - count, 0))
    return left ? blanks + self : self + blanks
  }
}

/// Figures as text.
enum Figure {
  /// A number with a fixed number of decimals.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value) : value.isNaN ? "nan" : value > 0 ? "inf" : "-inf"
  }

  /// A share of 1 as a percentage.
  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

  /// A time in the unit that suits it.
  static func duration(_ seconds: Double) -> String {
    if seconds < 1e-3 { return fixed(seconds * 1e6, 2) + " µs" }
    if seconds < 1 { return fixed(seconds * 1e3, 2) + " ms" }
    return fixed(seconds, 3) + " s"
  }

  /// A number of bytes in MiB.
  static func mebibytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1_048_576, 1) + " MiB" }
}

extension Collection<Double> {
  /// The middle value, or the mean of the two in the middle; NaN for none.
  var median: Double {
    let sorted = self.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

extension Collection<Double> {
  /// The values below which a quarter and three quarters of them lie, between neighbours in proportion; NaN for none.
  var quartiles: (lower: Double, upper: Double) {
    let sorted = self.sorted()
    guard let last = sorted.indices.last else { return (.nan, .nan) }
    func value(_ share: Double) -> Double {
      let place = share * Double(last)
      let below = Int(place)
      return sorted[below] + (sorted[Swift.min(below + 1, last)] - sorted[below]) * (place - Double(below))
    }
    return (value(0.25), value(0.75))
  }
}
