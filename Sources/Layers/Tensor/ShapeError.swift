/// What is wrong with a tensor's shape or values.
public enum ShapeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The shape has a negative dimension, or more elements than can be addressed.
  case invalid(Shape)
  /// The system cannot allocate memory for the elements.
  case memory(Shape)
  /// The number of values is not the shape's number of elements.
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

  /// The largest number of elements of a tensor.
  static let largestCount = Int.max >> 4
}
