import Layers

/// A confusion matrix as text: a row a class, a column a prediction.
struct ConfusionTable {
  /// Matrices of more classes than these are not printed.
  static let largestClassCount = 40

  let matrix: ConfusionMatrix
  let classNames: [String]

  /// The lines; columns are headed by the classes' names, or by their numbers where the names need too much room.
  var text: String {
    let count = matrix.classCount
    let names = (0..<count).map { $0 < classNames.count ? classNames[$0] : "\($0)" }
    let digits = (0..<count).flatMap { label in (0..<count).map { "\(matrix[label, $0])".count } }.max() ?? 1
    let numbers = (0..<count).map(String.init)
    let width = names.map(\.count).max() ?? 1
    let namesFit = (max(width, digits) + 1) * count + width <= 118
    let heads = namesFit ? names : numbers
    let rows = namesFit ? names : zip(numbers, names).map { "\($0) \($1)" }
    let rowWidth = rows.map(\.count).max() ?? 0
    let widths = heads.map { max($0.count, digits) }
    func line(_ head: String, _ cells: [String]) -> String {
      head.padded(to: rowWidth) + zip(cells, widths).map { " " + $0.padded(to: $1, left: true) }.joined()
    }
    let lines = (0..<count).map { label in line(rows[label], (0..<count).map { "\(matrix[label, $0])" }) }
    return ([line("", heads)] + lines).joined(separator: "\n")
  }

  /// The counts, a list a class.
  static func rows(_ matrix: ConfusionMatrix) -> [[Int]] {
    (0..<matrix.classCount).map { label in (0..<matrix.classCount).map { matrix[label, $0] } }
  }
}
