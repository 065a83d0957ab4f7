/// Whether training changes a parameter.
public enum ParameterRole: Hashable, Sendable {
  /// The optimiser updates it.
  case trainable
  /// It keeps its value, see ``Frozen``.
  case frozen
  /// A buffer in PyTorch's sense: state that the layer itself updates, such as running statistics.
  case buffer
}

/// The element type in a checkpoint; in memory every value is a Float.
public enum StoredType: Hashable, Sendable {
  /// 32-bit floating-point numbers.
  case float32
  /// 64-bit integers, for counts.
  case int64
}

/// A parameter or a buffer of a layer: its name, its shape and its initialisation.
public struct ParameterDescription: Hashable, Sendable {
  /// Such as `weight` or `bias`; in a ``Sequential`` with the layer's position in front: `0.weight`.
  public let name: String
  /// The parameter's shape, as in PyTorch.
  public let shape: Shape
  /// How its first values are drawn.
  public let initialization: Initialization
  /// Whether training changes it.
  public let role: ParameterRole
  /// The element type in a checkpoint.
  public let storedType: StoredType

  /// A parameter, by default trainable and stored as 32-bit floats.
  public init(
    name: String, shape: Shape, initialization: Initialization, role: ParameterRole = .trainable,
    storedType: StoredType = .float32
  ) {
    self.name = name
    self.shape = shape
    self.initialization = initialization
    self.role = role
    self.storedType = storedType
  }

  /// The same parameter with `path`, the layer's place in a network, in front of its name; an empty path adds nothing.
  func at(_ path: String) -> ParameterDescription {
    ParameterDescription(
      name: joined(path, name), shape: shape, initialization: initialization, role: role,
      storedType: storedType)
  }

  /// The same parameter, frozen.
  var frozen: ParameterDescription {
    ParameterDescription(
      name: name, shape: shape, initialization: initialization, role: role == .trainable ? .frozen : role,
      storedType: storedType)
  }
}

extension [ParameterDescription] {
  /// The number of values of the parameters; buffers do not count.
  var parameterCount: Int { reduce(0) { $0 + ($1.role == .buffer ? 0 : $1.shape.count) } }
}
