import Kernels

/// The kind of numbers that operands hold.
public enum DataKind: String, CaseIterable, Sendable {
  /// Small whole numbers: sums of products are exact in any order.
  case integers
  /// Numbers that round.
  case reals
  /// Whole numbers with NaN, infinities and denormals among them.
  case special
}

/// Where in their guarded memory operands are placed.
public enum Placement: String, CaseIterable, Sendable {
  /// From the lower guard page on.
  case begin
  /// Up to the upper guard page.
  case end
}

/// One problem of one operation with its data, and which of its runs are meant: all that a failure has to say to be
/// reproduced.
///
///     conv2d.backward-weights mb16ic12ih28oc2kh7sh4ph1 data=integers seed=7 row=images.avx512.8x3 threads=2
public struct ProblemLine: Sendable, CustomStringConvertible {
  public var operation: String
  public var parameters: ProblemParameters
  public var data = DataKind.integers
  public var seed: UInt64 = 1
  /// Only this row; nil for all rows.
  public var row: String?
  /// Only 1 and this number of threads; nil for 1, 2 and 3.
  public var threads: Int?

  public var description: String {
    var text = "\(operation) \(parameters) data=\(data.rawValue) seed=\(seed)"
    if let row { text += " row=\(row)" }
    if let threads { text += " threads=\(threads)" }
    return text
  }

  /// - Throws: ``ProblemLineError`` where the text is no problem.
  public init(_ text: String) throws {
    let words = text.split(separator: " ").map(String.init)
    guard let operation = words.first else { throw ProblemLineError("the line is empty") }
    guard let test = operationTest(named: operation) else {
      throw ProblemLineError("no operation is named '\(operation)'")
    }
    var given: [String: Double] = [:]
    var options: [String: String] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 {
        options[parts[0]] = parts[1]
      } else {
        for (name, value) in try Self.pairs(word) { given[name] = value }
      }
    }
    self.operation = operation
    if let text = options.removeValue(forKey: "data") {
      guard let kind = DataKind(rawValue: text) else { throw ProblemLineError("data is '\(text)'") }
      data = kind
    }
    if let text = options.removeValue(forKey: "seed") {
      guard let number = UInt64(text) else { throw ProblemLineError("seed is '\(text)'") }
      seed = number
    }
    if let text = options.removeValue(forKey: "threads") {
      guard let number = Int(text), (1...1024).contains(number) else { throw ProblemLineError("threads is '\(text)'") }
      threads = number
    }
    row = options.removeValue(forKey: "row")
    // Tells which of a row's runs failed; all of them are made again.
    _ = options.removeValue(forKey: "place")
    for (name, text) in options {
      guard let value = Double(text) else { throw ProblemLineError("\(name) is '\(text)', no number") }
      given[name] = value
    }
    parameters = try test.schema.parameters(given)
  }

  init(operation: String, parameters: ProblemParameters, data: DataKind, seed: UInt64) {
    (self.operation, self.parameters, self.data, self.seed) = (operation, parameters, data, seed)
  }

  /// The names and numbers of a word such as `mb4ic3`.
  private static func pairs(_ word: String) throws -> [(String, Double)] {
    var result: [(String, Double)] = []
    var rest = Substring(word)
    while !rest.isEmpty {
      let name = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(name.count)
      let digits = rest.prefix { $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard !name.isEmpty, let value = Double(digits) else {
        throw ProblemLineError("'\(word)' is not made of names with numbers, such as mb4ic3")
      }
      result.append((String(name), value))
    }
    return result
  }
}
