import Foundation
import Kernels

/// `bench baseline`: quantities that do not depend on the state of the machine, beside those that were kept.
enum BaselineCommand: Command {
  static let name = "baseline"
  static let summary = "compare allocations, choices, code size and shares of the limit with those that were kept"
  static let discussion = """
    check compares this program with Benchmarks/baselines and ends with status 1 where a value is another one, or a
    baseline is missing. update writes the files anew and says what changed; where a value of an older file changes, it
    needs --reason.

    \(BaselineSection.allCases.map { "\($0.rawValue.padded(to: 12)) \($0.content)" }.joined(separator: "\n"))

    A level has a file of its own, and one for each processor that plans are made for: those are compared wherever this
    runs, since a plan can be made for any processor. Shares are measured, and compared on the processor alone on which
    the baseline's were. The code is that of a release build; values that depend on the compiler are compared with those
    of the same compiler. docs/regression.md says more.
    """
  static let operands: String? = "[check|update]"
  static var options: [CommandOption<BaselineOptions>] { BaselineOptions.table }
  static var defaults: BaselineOptions { BaselineOptions() }

  static func run(_ options: BaselineOptions, operands: [String]) throws -> ExitStatus {
    guard operands.count <= 1, let action = Action(rawValue: operands.first ?? "check") else {
      throw UsageError("'\(operands.joined(separator: " "))' is no action; expected check or update")
    }
    try DeterministicHashing.require()
    switch action {
    case .check:
      guard options.reason == nil, options.machines.isEmpty else {
        throw UsageError("--reason and --machine are given with check; they are for update")
      }
      return try BaselineCheck(options).run()
    case .update:
      guard !options.requiresShares else { throw UsageError("--require-shares is given with update; it is for check") }
      return try BaselineUpdate(options).run()
    case .count:
      guard let level = options.isa else { throw UsageError("count needs --isa") }
      try InstructionQuantities.run(level: level)
      return .done
    }
  }

  private enum Action: String {
    case check, update
    /// What runs under valgrind.
    case count
  }
}
