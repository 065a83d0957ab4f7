/// Reshapes the input, such as `[channels · height · width]` to `[channels, height, width]`. No data moves.
public struct Unflatten: Layer {
  /// The shape of the output, without the batch.
  public var shape: Shape

  /// Reshapes inputs of as many values to `shape`.
  public init(_ shape: Shape) { self.shape = shape }
  public var kind: String { "Unflatten" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard shape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw .invalidValue(layer: kind, name: "shape", value: "\(shape)", expected: "dimensions of at least 1")
    }
    guard inputShape.count == shape.count else {
      throw .inputShape(layer: kind, given: inputShape, expected: "\(shape.count) values, as \(shape) has")
    }
    return shape
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    _ = try outputShape(for: problem.inputShape)
    return nil
  }
}
