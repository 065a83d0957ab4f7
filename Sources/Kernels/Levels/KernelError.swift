/// Why a problem cannot be planned or run: what was given, and what was expected.
public enum KernelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A parameter has a value for which the operation is not defined.
  case invalidParameter(operation: String, parameter: String, value: String, expected: String)
  /// The sizes of the problem multiply to more elements than can be addressed, or to more operations than a processor
  /// does in weeks.
  case tooLarge(operation: String)
  /// `KERNELS_ISA`, or an option that stands for it, names no instruction-set level.
  case unknownInstructionSet(String)
  /// The processor does not support the level.
  case unavailableInstructionSet(InstructionSet)
  /// An operand that the problem's options need is missing.
  case missingOperand(operation: String, operand: String, reason: String)
  /// No kernel of the table has the requested name and accepts the problem.
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

/// Throws where a parameter is outside its range.
func require(
  _ operation: String, _ parameter: String, _ value: Int, in range: ClosedRange<Int>
) throws(KernelError) {
  guard range.contains(value) else {
    let expected =
      range.upperBound == Int.max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    throw .invalidParameter(operation: operation, parameter: parameter, value: "\(value)", expected: expected)
  }
}

/// The largest size of an operand, in bytes: 256 TB, twice the address space of a process on x86-64 or arm64 with page
/// tables of four levels.
///
/// It leaves 15 bits of an Int for planning, which multiplies sizes by small factors, such as the bytes of an element,
/// and adds them up without overflow checks.
let mostAddressable = 1 << 48

/// The largest number of multiply-adds, or steps of any kind, of a problem: weeks of work for a fast processor.
let mostOperations = 1 << 58

/// The product of sizes that are not negative; throws where it is above the limit.
///
/// A size of 0 makes the product 0, but counts as 1 towards the limit. So every product of some of the sizes is within
/// the limit, too: a problem without images still has planes.
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
    // Cannot overflow: at most `bound`.
    result &*= size
  }
  return result
}
