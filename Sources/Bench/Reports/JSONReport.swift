import Foundation

/// A number in a result file; what JSON has no number for (NaN, infinity) is written as null.
struct JSONNumber: Encodable, Equatable, ExpressibleByFloatLiteral {
  let value: Double

  init(_ value: Double) { self.value = value }
  init(floatLiteral value: Double) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// A file that `--json` names.
struct JSONFile {
  private let file: OutputFile

  /// - Throws: ``UsageError`` when the file could not be written, so that a run need not end to find out.
  init(path: String) throws(UsageError) {
    file = try OutputFile(path: path, option: "--json")
  }

  /// Replaces the file's content, so that there is always a whole report, the old or the new; property names become
  /// snake case.
  func write(_ report: some Encodable) throws(UsageError) {
    let data: Data
    do {
      data = try JSONFile.encode(report)
    } catch {
      throw UsageError("--json is '\(file.path)': the report cannot be written as JSON: \(error)")
    }
    try file.write(data)
  }

  static func encode(_ report: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(report) + Data("\n".utf8)
  }
}
