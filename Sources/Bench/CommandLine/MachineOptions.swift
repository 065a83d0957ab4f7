import Foundation
import Kernels

/// What the commands that measure have in common: the instruction-set level and the threads.
protocol MachineOptions {
  /// The level asked for; nil for the best.
  var isa: InstructionSet? { get set }
  /// The threads asked for; nil for one a processor.
  var threads: Int? { get set }
}

extension MachineOptions {
  /// The threads to use.
  var threadCount: Int { threads ?? Machine.processorCount }

  /// The level to use.
  /// - Throws: ``KernelError`` when the processor lacks it, or `KERNELS_ISA` names none.
  func level() throws(KernelError) -> InstructionSet {
    guard let isa else { return try .best() }
    guard InstructionSet.available.contains(isa) else { throw .unavailableInstructionSet(isa) }
    return isa
  }

  /// The options' declarations; `threads` is the help of `--threads`.
  static func machineTable(threads help: String) -> [CommandOption<Self>] {
    [
      .optional("--threads", path: \.threads, kind: .integer(1...1024), help: help),
      .optional(
        "--isa", path: \.isa, kind: .choice(placeholder: "LEVEL"),
        help: "instruction set: \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")); "
          + "the processor's best if not given"),
    ]
  }
}
