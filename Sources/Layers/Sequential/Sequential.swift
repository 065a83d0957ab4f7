/// Layers applied one after another, each to the output of the one before. Shapes in between are inferred.
///
///     let network = Sequential(
///       Conv2D(6, kernelSize: 5), ReLU(), MaxPool2D(2),
///       Conv2D(16, kernelSize: 5), ReLU(), MaxPool2D(2),
///       Flatten(), Linear(120), ReLU(), Linear(84), ReLU(), Linear(10))
///
/// It is a layer itself, so sequences can be nested. As in PyTorch, parameters are named after the layers' positions:
/// `0.weight`, `3.bias`, and `1.0.weight` in a nested sequence; or after the names given by ``Layer/named(_:)``.
public struct Sequential: Layer {
  /// The layers in the order in which they run.
  public var layers: [any Layer]

  /// A sequence of layers.
  public init(_ layers: any Layer...) { self.init(layers) }
  /// A sequence of layers.
  public init(_ layers: [any Layer]) { self.layers = layers }

  public var kind: String { "Sequential" }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try placed(for: inputShape).last?.outputShape ?? inputShape
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try placed(for: inputShape).flatMap { layer in layer.parameters.map { $0.at(layer.path) } }
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try Sequential.sum(placed(for: inputShape).map(\.multiplyAddsPerImage), layer: kind)
  }

  /// The sum of the layers' multiply-adds; at most Int.max/8, so that six times it does not overflow.
  static func sum(_ multiplyAdds: [Int], layer: String) throws(LayerError) -> Int {
    var total = 0
    for count in multiplyAdds {
      guard count <= Int.max / 8 - total else {
        throw .invalidValue(
          layer: layer, name: "the number of multiply-adds", value: "more than \(Int.max / 8)",
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

  /// The layers with their paths and shapes; nested sequences and composite layers are replaced by the layers within
  /// them.
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

/// A layer in a network, with everything that follows from its input shape.
struct PlacedLayer {
  let layer: any Layer
  /// The positions, or names, of the enclosing sequences and the layer: `3`, `1.0`; empty for a single layer.
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

  /// The same layer with `path`, the place of its sequence in another one, in front of its own.
  func at(_ path: String) -> PlacedLayer { PlacedLayer(self, path: joined(path, self.path)) }

  /// This layer, or if it contains layers, those within it that contain none.
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

/// Two paths joined by a dot; an empty path adds nothing.
func joined(_ outer: String, _ inner: String) -> String {
  outer.isEmpty || inner.isEmpty ? outer + inner : "\(outer).\(inner)"
}
