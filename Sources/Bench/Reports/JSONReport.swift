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
  let path: String

  /// - Throws: ``UsageError`` when the file could not be written, so that a run need not end to find out.
  init(path: String) throws(UsageError) {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard !(exists && isDirectory.boolValue) else { throw UsageError("--json is '\(path)', a folder; expected a file") }
    guard FileManager.default.isWritableFile(atPath: exists ? path : folder) else {
      throw UsageError("--json is '\(path)', which cannot be written; expected a file in a folder that exists")
    }
  }

  /// Replaces the file's content; property names become snake case.
  func write(_ report: some Encodable) throws(UsageError) {
    do {
      try JSONFile.encode(report).write(to: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("--json is '\(path)', which cannot be written: \(error.localizedDescription)")
    }
  }

  static func encode(_ report: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(report) + Data("\n".utf8)
  }
}
