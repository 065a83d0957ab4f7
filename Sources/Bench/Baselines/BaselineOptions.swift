import Foundation
import Kernels

/// What `bench baseline` is asked to do.
struct BaselineOptions {
  var folder: String?
  var sections = BaselineSection.allCases
  var isa: InstructionSet?
  var machines: [MachineName] = []
  var reason: String?
  var requiresShares = false
  var json: String?

  static var table: [CommandOption<BaselineOptions>] {
    [
      .optional(
        "--baselines", path: \.folder, kind: .path("DIR"), help: "the folder of the files (Benchmarks/baselines)"),
      .value("--sections", path: \.sections, kind: .list(of: .choice()), help: "the quantities to look at"),
      .optional(
        "--isa", path: \.isa, kind: .choice(placeholder: "LEVEL"),
        help: "one instruction set alone: \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", "))"),
      .value(
        "--machine", path: \.machines, kind: .list(of: .choice(placeholder: "NAME")),
        help: "update: also make files for plans on these processors: "
          + MachineName.allCases.dropFirst().map(\.rawValue).joined(separator: ", ")),
      .optional(
        "--reason", path: \.reason, kind: .word("TEXT", "a sentence"),
        help: "update: why values may change; kept in the files"),
      .flag(
        "--require-shares", path: \.requiresShares, help: "check: fail where there are no shares of this processor"),
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write the differences to a file as well"),
    ]
  }

  /// The levels to look at: those of the processor, or the one that was asked for.
  func levels() throws -> [InstructionSet] {
    guard let isa else { return InstructionSet.available }
    guard InstructionSet.available.contains(isa) else { throw KernelError.unavailableInstructionSet(isa) }
    return [isa]
  }

  /// The folder of the files: below the current directory, or where this program was built.
  func baselineFolder() -> String {
    if let folder { return folder }
    let name = "Benchmarks/baselines"
    if FileManager.default.fileExists(atPath: "Benchmarks") { return name }
    let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return root.appendingPathComponent(name).path
  }
}
