import Foundation

/// What a comparison found. Encoded as JSON with snake-case keys, schema `benchmarking.comparison/1`.
public struct ComparisonReport: Codable, Sendable {
  public private(set) var schema = "benchmarking.comparison/1"
  public let old: String
  public let new: String
  public let smallestChange: Double
  public let budgetSeconds: Double
  public let elapsedSeconds: Double
  public let clock: ComparisonOptions.Clock
  public let seed: UInt64
  /// Whether it was stopped before its end.
  public let wasStopped: Bool
  /// In the old program's order, then what only the new one has.
  public let cases: [ComparedCase]

  init(
    old: String, new: String, options: ComparisonOptions, elapsedSeconds: Double, wasStopped: Bool,
    cases: [ComparedCase]
  ) {
    self.old = old
    self.new = new
    smallestChange = options.smallestChange
    budgetSeconds = options.budgetSeconds
    self.elapsedSeconds = elapsedSeconds
    clock = options.clock
    seed = options.seed
    self.wasStopped = wasStopped
    self.cases = cases
  }

  public func count(_ verdict: Verdict) -> Int { cases.count { $0.verdict == verdict } }

  /// 1 where a case is slower or lost, else 0.
  public var exitStatus: Int32 { cases.contains { $0.verdict.isFailure } ? 1 : 0 }

  /// The report as a JSON document.
  public func json() throws -> Data { try JSONDocument.encode(self) }
}

/// How this library writes JSON.
enum JSONDocument {
  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }
}
