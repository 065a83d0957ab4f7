/// The same values in one dimension: `[channels, height, width]` to `[channels · height · width]`. It costs nothing.
public struct Flatten: Layer {
  public init() {}
  public var name: String { "Flatten" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try addressable([inputShape.count], "output", layer: name)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { nil }
}
