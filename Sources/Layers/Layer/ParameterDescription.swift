/// What becomes of a parameter in training.
public enum ParameterRole: Hashable, Sendable {
  /// The optimiser changes it.
  case trained
  /// It stays as it is, see ``Frozen``.
  case frozen
  /// Not a parameter but something that the layer itself keeps, such as running statistics: PyTorch's buffers.
  case buffer
}

/// The type under which a checkpoint stores a value; in memory all are Float.
public enum StoredType: Hashable, Sendable {
  case float32
  /// For counts.
  case int64
}

/// A parameter or a buffer of a layer: its name, its shape and its first values.
public struct ParameterDescription: Hashable, Sendable {
  /// `weight` or `bias`; in a ``Sequential``, behind the layer's position: `0.weight`.
  public let name: String
  public let shape: Shape
  public let initialization: Initialization
  public let role: ParameterRole
  public let storedType: StoredType

  public init(
    name: String, shape: Shape, initialization: Initialization, role: ParameterRole = .trained,
    storedType: StoredType = .float32
  ) {
    self.name = name
    self.shape = shape
    self.initialization = initialization
    self.role = role
    self.storedType = storedType
  }

  /// The same parameter of a layer that lies at `path` in a network; an empty path adds nothing.
  func at(_ path: String) -> ParameterDescription {
    ParameterDescription(
      name: joined(path, name), shape: shape, initialization: initialization, role: role,
      storedType: storedType)
  }

  /// The same parameter, kept as it is.
  var frozen: ParameterDescription {
    ParameterDescription(
      name: name, shape: shape, initialization: initialization, role: role == .trained ? .frozen : role,
      storedType: storedType)
  }
}

extension [ParameterDescription] {
  /// The number of values of the parameters; buffers do not count.
  var parameterCount: Int { reduce(0) { $0 + ($1.role == .buffer ? 0 : $1.shape.count) } }
}
