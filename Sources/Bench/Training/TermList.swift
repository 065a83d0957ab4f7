/// A list as people type it: terms with commas between them, each a word that numbers may follow, such as
/// `crop:4,flip,rotate:10`.
struct TermList: Equatable {
  struct Term: Equatable {
    let name: String
    let numbers: [Double]

    /// The number at a place, or what stands for it where none was given.
    func number(_ index: Int, default value: Double) -> Double { numbers.indices ~= index ? numbers[index] : value }
  }

  let terms: [Term]

  /// - Parameters:
  ///   - text: the list; blanks around terms do not count.
  ///   - option: what the text is of, for messages.
  ///   - known: the words, and how many numbers may follow each.
  /// - Throws: ``UsageError`` for an unknown word, a number that is none, or too many of them.
  init(_ text: String, option: String, known: [(name: String, counts: ClosedRange<Int>)]) throws(UsageError) {
    var terms: [Term] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: ":", omittingEmptySubsequences: false).map {
        $0.trimmingBlanks
      }
      let name = pieces[0]
      guard let form = known.first(where: { $0.name == name }) else {
        throw UsageError(
          "\(option) has the term '\(part)'; expected one of \(known.map(\.name).joined(separator: ", ")), "
            + "each with its numbers behind colons")
      }
      let numbers = pieces.dropFirst().compactMap { Double($0) }
      guard numbers.count == pieces.count - 1, numbers.allSatisfy(\.isFinite), form.counts.contains(numbers.count)
      else {
        let counts = form.counts
        let expected =
          counts.upperBound == 0
          ? "no numbers"
          : counts.lowerBound == counts.upperBound
            ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
        throw UsageError("\(option) has the term '\(part)'; expected \(expected) behind '\(name)', separated by colons")
      }
      terms.append(Term(name: name, numbers: numbers))
    }
    self.terms = terms
  }

  /// A number as people write it: without decimals where it is whole.
  static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

extension Substring {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
