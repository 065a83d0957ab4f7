import Kernels

/// What is wrong with a layer, a network or their use: which layer, what was given, and what would be right.
public enum LayerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A layer cannot take an input of the shape.
  case inputShape(layer: String, given: Shape, expected: String)
  /// An option or an argument of a layer is not valid.
  case invalidValue(layer: String, name: String, value: String, expected: String)
  /// Two parameters of a network have the same name.
  case duplicateParameter(name: String)
  /// A model has no parameter of the name.
  case unknownParameter(name: String, known: [String])
  /// A parameter lies within a ``Frozen`` layer, so it has no gradient and no optimiser updates it.
  case frozenByDescription(name: String)
  /// A kernel rejects the problem that a layer plans.
  case kernel(layer: String, KernelError)

  public var description: String {
    switch self {
    case .inputShape(let layer, let given, let expected):
      "\(layer): the input's shape is \(given); expected \(expected)"
    case .invalidValue(let layer, let name, let value, let expected):
      "\(layer): \(name) is \(value); expected \(expected)"
    case .duplicateParameter(let name):
      "two parameters are named '\(name)'; give the layers different names"
    case .unknownParameter(let name, let known):
      "no parameter '\(name)'; the model has \(known.joined(separator: ", "))"
    case .frozenByDescription(let name):
      "the parameter '\(name)' lies within a Frozen layer, so it cannot be unfrozen; describe the network without "
        + "Frozen and freeze it by Model.freeze"
    case .kernel(let layer, let error):
      "\(layer): \(error)"
    }
  }

  /// The same error of the layer that lies at `path` in a network, as in `layer 3 (Linear)`.
  func at(_ path: String) -> LayerError {
    if path.isEmpty { return self }
    func place(_ layer: String) -> String {
      guard layer.hasPrefix("layer ") else { return "layer \(path) (\(layer))" }
      return "layer \(path).\(layer.dropFirst("layer ".count))"
    }
    switch self {
    case .inputShape(let layer, let given, let expected):
      return .inputShape(layer: place(layer), given: given, expected: expected)
    case .invalidValue(let layer, let name, let value, let expected):
      return .invalidValue(layer: place(layer), name: name, value: value, expected: expected)
    case .duplicateParameter, .unknownParameter, .frozenByDescription:
      return self
    case .kernel(let layer, let error):
      return .kernel(layer: place(layer), error)
    }
  }
}
