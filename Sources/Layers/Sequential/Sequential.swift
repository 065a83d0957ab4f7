/// Layers one after another, each taking the output of the one before. The shapes in between are inferred.
///
///     let network = Sequential(
///       Conv2D(6, kernelSize: 5), ReLU(), MaxPool2D(2),
///       Conv2D(16, kernelSize: 5), ReLU(), MaxPool2D(2),
///       Flatten(), Linear(120), ReLU(), Linear(84), ReLU(), Linear(10))
///
/// It is a layer itself, so sequences may lie in sequences. As in PyTorch, the parameters are named after the layers'
/// positions: `0.weight`, `3.bias`, and `1.0.weight` in a sequence within; or after the names that ``Layer/named(_:)``
/// gives them.
public struct Sequential: Layer {
  public var layers: [any Layer]

  public init(_ layers: any Layer...) { self.init(layers) }
  public init(_ layers: [any Layer]) { self.layers = layers }

  public var name: String { "Sequential" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try placed(for: inputShape).last?.outputShape ?? inputShape
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try placed(for: inputShape).flatMap { layer in layer.parameters.map { $0.at(layer.path) } }
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try Sequential.sum(placed(for: inputShape).map(\.multiplyAddsPerImage), named: name)
  }

  /// The multiply-adds of all layers; a network that needs decades for an image has too many to count.
  static func sum(_ multiplyAdds: [Int], named name: String) throws(LayerError) -> Int {
    var total = 0
    for count in multiplyAdds {
      guard count <= Int.max / 8 - total else {
        throw .invalidValue(
          layer: name, name: "the number of multiply-adds", value: "more than \(Int.max / 8)",
          expected: "fewer")
      }
      total += count
    }
    return total
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    let layers = try placed(for: problem.inputShape)
    return try PlannedSequential(layers, problem)
  }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    try placed(for: inputShape).map { InnerLayer($0.layer, path: $0.path, inputShape: $0.inputShape) }
  }

  /// The layers at their places, those of inner sequences and of composite layers in their stead.
  func placed(for inputShape: Shape) throws(LayerError) -> [PlacedLayer] {
    var result: [PlacedLayer] = []
    var shape = inputShape
    for (position, element) in layers.enumerated() {
      let (path, layer) = Named.separate(element, position: "\(position)")
      do throws(LayerError) {
        if let inner = layer as? Sequential ?? (layer as? any CompositeLayer)?.sequence {
          let placed = try inner.placed(for: shape)
          result += placed.map { $0.at(path) }
          shape = placed.last?.outputShape ?? shape
        } else {
          let placed = try PlacedLayer(layer, path: path, inputShape: shape)
          result.append(placed)
          shape = placed.outputShape
        }
      } catch {
        throw error.at(path)
      }
    }
    return result
  }
}

/// A layer at its place in a network: what follows from the shape that reaches it.
struct PlacedLayer {
  let layer: any Layer
  /// The layer's position, behind those of the sequences around it: `3`, `1.0`; empty for a layer alone.
  let path: String
  let inputShape: Shape
  let outputShape: Shape
  let parameters: [ParameterDescription]
  let multiplyAddsPerImage: Int

  init(_ layer: any Layer, path: String, inputShape: Shape) throws(LayerError) {
    self.layer = layer
    self.path = path
    self.inputShape = inputShape
    outputShape = try layer.outputShape(for: inputShape)
    parameters = try layer.parameters(for: inputShape)
    multiplyAddsPerImage = try layer.multiplyAddsPerImage(for: inputShape)
  }

  private init(_ inner: PlacedLayer, path: String) {
    layer = inner.layer
    self.path = path
    inputShape = inner.inputShape
    outputShape = inner.outputShape
    parameters = inner.parameters
    multiplyAddsPerImage = inner.multiplyAddsPerImage
  }

  /// The same layer, where its sequence lies at `path` in another.
  func at(_ path: String) -> PlacedLayer { PlacedLayer(self, path: joined(path, self.path)) }

  /// This layer, or those within it, as deep as there are some.
  func leaves() throws(LayerError) -> [PlacedLayer] {
    guard let inner = try layer.innerLayers(for: inputShape) else { return [self] }
    var result: [PlacedLayer] = []
    for inner in inner {
      let placed = try PlacedLayer(inner.layer, path: joined(path, inner.path), inputShape: inner.inputShape)
      result += try placed.leaves()
    }
    return result
  }
}

/// A path behind another; an empty one adds nothing.
func joined(_ outer: String, _ inner: String) -> String {
  outer.isEmpty || inner.isEmpty ? outer + inner : "\(outer).\(inner)"
}
