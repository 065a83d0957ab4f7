import Kernels

/// What is wrong with an optimiser, gradient clipping, accumulation or an average of weights: which of them, what was
/// given, and what would be right.
public enum OptimizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An option, the memory or the state of an optimiser is not valid.
  case invalidValue(optimizer: String, name: String, value: String, expected: String)
  /// Two parameters of a ``ParameterMemory`` have the same name.
  case duplicateParameter(name: String)
  /// A group of parameters has no member: no parameter's name begins with the group's prefix.
  case emptyGroup(prefix: String, known: [String])
  /// A kernel rejects the problem that an optimiser plans.
  case kernel(optimizer: String, KernelError)

  /// The error in one line.
  public var description: String {
    switch self {
    case .invalidValue(let optimizer, let name, let value, let expected):
      "\(optimizer): \(name) is \(value); expected \(expected)"
    case .duplicateParameter(let name):
      "two parameters are named '\(name)'; give them different names"
    case .emptyGroup(let prefix, let known):
      "no parameter's name begins with the group's prefix '\(prefix)'; the parameters are "
        + known.joined(separator: ", ")
    case .kernel(let optimizer, let error):
      "\(optimizer): \(error)"
    }
  }
}
