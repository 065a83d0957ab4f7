/// Values, or a shape, that do not fit a tensor.
public enum ShapeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The shape has a negative dimension, or more elements than can be addressed.
  case invalid(Shape)
  /// The system has no memory for so many elements.
  case memory(Shape)
  /// The shape holds another number of elements than there are.
  case count(given: Int, shape: Shape)

  public var description: String {
    switch self {
    case .invalid(let shape):
      "shape \(shape); expected dimensions of at least 0 whose product is at most \(ShapeError.largestCount)"
    case .memory(let shape):
      "shape \(shape); expected fewer elements, the system has no memory for \(shape.count)"
    case .count(let given, let shape):
      "\(given) values for shape \(shape); expected \(shape.count)"
    }
  }

  /// The most elements of a tensor.
  static let largestCount = Int.max >> 4
}
