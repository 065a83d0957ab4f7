import Foundation
import Kernels

/// Quantities that do not depend on the state of the machine, and shares of its limits, to compare later ones with.
///
/// A level has one file with what depends on it alone, `avx512.json`, and one for each processor with what a plan for that
/// processor is, `zen5-avx512.json`. Schema `bench.baseline/1`.
struct Baseline: Codable, Equatable {
  private(set) var schema = Baseline.schemaName
  let level: String
  /// The processor that is planned for, such as `zen5`; nil in a level's own file.
  let machine: String?
  /// The compiler that made the code, as `swift --version` says.
  var compiler: String?
  /// The processor on which the shares were measured, with its family and model.
  var sharesProcessor: String?
  /// Why it is as it is: what was said when values were last changed.
  var reason: String?
  /// The values of a section by name, each as it is printed.
  var sections: [BaselineSection: [String: String]] = [:]

  static let schemaName = "bench.baseline/1"

  init(level: InstructionSet, machine: MachineName?) {
    self.level = level.rawValue
    self.machine = machine?.rawValue
  }

  /// The name of the file.
  var fileName: String { (machine.map { $0 + "-" } ?? "") + level + ".json" }

  /// Reads the file of a level, or of a processor at a level; nil where there is none.
  static func read(_ folder: String, level: InstructionSet, machine: MachineName?) throws(UsageError) -> Baseline? {
    let name = Baseline(level: level, machine: machine).fileName
    let path = URL(fileURLWithPath: folder).appendingPathComponent(name).path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let baseline = try JSONDecoder().decode(Baseline.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
      guard baseline.schema == schemaName, baseline.fileName == name else {
        throw UsageError("\(path) is no baseline of that name; expected the schema \(schemaName)")
      }
      return baseline
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("\(path) cannot be read as a baseline: \(systemReason(error))")
    }
  }

  /// The processors that the folder has baselines of at a level.
  static func machines(in folder: String, level: InstructionSet) -> [MachineName] {
    MachineName.allCases.filter { name in
      let file = Baseline(level: level, machine: name).fileName
      return FileManager.default.fileExists(atPath: URL(fileURLWithPath: folder).appendingPathComponent(file).path)
    }
  }

  func write(_ folder: String) throws(UsageError) {
    let path = URL(fileURLWithPath: folder).appendingPathComponent(fileName).path
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("\(path) cannot be written: \(systemReason(error))")
    }
  }

  private enum CodingKeys: String, CodingKey {
    case schema, level, machine, compiler
    case sharesProcessor = "shares_processor"
    case reason, sections
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(String.self, forKey: .schema)
    level = try container.decode(String.self, forKey: .level)
    machine = try container.decodeIfPresent(String.self, forKey: .machine)
    compiler = try container.decodeIfPresent(String.self, forKey: .compiler)
    sharesProcessor = try container.decodeIfPresent(String.self, forKey: .sharesProcessor)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
    // By their names: a dictionary with other keys would be written as a list.
    let named = try container.decode([String: [String: String]].self, forKey: .sections)
    for (name, values) in named {
      guard let section = BaselineSection(rawValue: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: .sections, in: container, debugDescription: "unknown section '\(name)'")
      }
      sections[section] = values
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(level, forKey: .level)
    try container.encodeIfPresent(machine, forKey: .machine)
    try container.encodeIfPresent(compiler, forKey: .compiler)
    try container.encodeIfPresent(sharesProcessor, forKey: .sharesProcessor)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encode(
      Dictionary(uniqueKeysWithValues: sections.map { ($0.key.rawValue, $0.value) }), forKey: .sections)
  }
}
