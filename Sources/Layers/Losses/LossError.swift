import Kernels

/// What is wrong with a loss or its arguments: which loss, what was given, and what would be right.
public enum LossError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An option of a loss, or its outputs, targets or weights, are not valid.
  case invalidValue(loss: String, name: String, value: String, expected: String)
  /// A kernel rejects the problem that a loss plans.
  case kernel(loss: String, KernelError)

  /// The error in one line.
  public var description: String {
    switch self {
    case .invalidValue(let loss, let name, let value, let expected):
      "\(loss): \(name) is \(value); expected \(expected)"
    case .kernel(let loss, let error):
      "\(loss): \(error)"
    }
  }
}
