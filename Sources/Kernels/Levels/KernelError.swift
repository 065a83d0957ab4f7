/// What is wrong with a problem that a kernel was asked to plan: what was given, and what would be right.
public enum KernelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A parameter has a value for which the operation is not defined.
  case invalidParameter(operation: String, parameter: String, value: String, expected: String)
  /// The sizes of the problem multiply to more elements than can be addressed, or to more operations than are done in
  /// weeks.
  case tooLarge(operation: String)
  /// `KERNELS_ISA`, or an option that stands for it, names no instruction-set level.
  case unknownInstructionSet(String)
  /// The level exists but this processor lacks it.
  case unavailableInstructionSet(InstructionSet)
  /// An operand that the problem's options ask for is missing.
  case missingOperand(operation: String, operand: String, reason: String)
  /// No kernel of the table has the name that was asked for and accepts the problem.
  case noKernel(operation: String, name: String)

  public var description: String {
    switch self {
    case .invalidParameter(let operation, let parameter, let value, let expected):
      "\(operation): \(parameter) is \(value); expected \(expected)"
    case .missingOperand(let operation, let operand, let reason):
      "\(operation): \(operand) is nil; \(reason)"
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

/// How many bytes, or elements of them, an operand may have: 256 TB, twice what a process of x86-64 or arm64 can
/// address with page tables of four levels.
///
/// It leaves 15 bits: planning multiplies counts by small factors, such as the bytes that an element takes, and adds
/// them up, unchecked.
let mostAddressable = 1 << 48

/// How many multiply-adds, or steps of any kind, a problem may have: weeks of work for a fast processor.
let mostOperations = 1 << 58

/// The product of sizes that are not negative, or an error when it is above a limit.
///
/// A size of 0 makes the product 0, but counts as 1 before the limit, so that every product of some of the sizes is
/// below it, too: a problem without images still has planes.
@discardableResult
func product(
  _ operation: String, limit: Int = mostAddressable, _ sizes: Int...
) throws(KernelError) -> Int {
  var bound = 1
  var result = 1
  for size in sizes {
    let (next, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
    guard !overflow, next <= limit else { throw .tooLarge(operation: operation) }
    bound = next
    // At most `bound`.
    result &*= size
  }
  return result
}
