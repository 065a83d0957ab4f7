/// What is wrong with a problem that a kernel was asked to plan: what was given, and what would be right.
public enum KernelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A parameter has a value for which the operation is not defined.
  case invalidParameter(operation: String, parameter: String, value: String, expected: String)
  /// The sizes of the problem multiply to more elements than can be addressed.
  case tooLarge(operation: String)
  /// `KERNELS_ISA`, or an option that stands for it, names no instruction-set level.
  case unknownInstructionSet(String)
  /// The level exists but this processor lacks it.
  case unavailableInstructionSet(InstructionSet)
  /// No kernel of the table has the name that was asked for and accepts the problem.
  case noKernel(operation: String, name: String)

  public var description: String {
    switch self {
    case .invalidParameter(let operation, let parameter, let value, let expected):
      "\(operation): \(parameter) is \(value); expected \(expected)"
    case .tooLarge(let operation):
      "\(operation): the sizes multiply to more elements than can be addressed"
    case .unknownInstructionSet(let name):
      "KERNELS_ISA is '\(name)'; expected one of \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", "))"
    case .unavailableInstructionSet(let level):
      "this processor lacks \(level.rawValue); "
        + "it has \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))"
    case .noKernel(let operation, let name):
      "\(operation): no kernel named '\(name)' accepts this problem"
    }
  }
}

/// Checks that a parameter lies in a range.
func require(
  _ operation: String, _ parameter: String, _ value: Int, in range: ClosedRange<Int>
) throws(KernelError) {
  guard range.contains(value) else {
    let expected =
      range.upperBound == Int.max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    throw .invalidParameter(operation: operation, parameter: parameter, value: "\(value)", expected: expected)
  }
}

/// The product of sizes, or an error when it cannot be addressed.
func product(_ operation: String, limit: Int = Int.max >> 3, _ sizes: Int...) throws(KernelError) -> Int {
  var result = 1
  for size in sizes {
    let (next, overflow) = result.multipliedReportingOverflow(by: size)
    guard !overflow, next <= limit else { throw .tooLarge(operation: operation) }
    result = next
  }
  return result
}
