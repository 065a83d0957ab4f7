/// Reshapes any input to one dimension: `[channels, height, width]` to `[channels · height · width]`. No data moves.
public struct Flatten: Layer {
  /// The layer; it has no options.
  public init() {}
  public var kind: String { "Flatten" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try addressable([inputShape.count], "output", layer: kind)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { nil }
}
