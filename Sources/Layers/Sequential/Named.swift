import Kernels

/// A layer with a name for its parameters, see ``Layer/named(_:)``.
public struct Named: Layer {
  /// The prefix of the parameters' names.
  public let name: String
  /// The layer that has the name.
  public let layer: any Layer

  /// Names a layer.
  public init(_ name: String, _ layer: any Layer) {
    self.name = name
    self.layer = layer
  }

  public var kind: String { layer.kind }
  public func canApply(_ activation: FusedActivation) -> Bool { layer.canApply(activation) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try layer.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try layer.parameters(for: inputShape).map { $0.at(name) }
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try layer.multiplyAddsPerImage(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try layer.plan(problem) }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    [InnerLayer(layer, path: name, inputShape: inputShape)]
  }

  /// The prefix of a layer's parameter names, its position where it has no name, and the layer without its name. A name
  /// inside a ``Frozen`` counts as well as one around it.
  static func separate(_ layer: any Layer, position: String) -> (path: String, layer: any Layer) {
    if let named = layer as? Named { return (named.name, named.layer) }
    guard let frozen = layer as? Frozen else { return (position, layer) }
    let inner = separate(frozen.layer, position: position)
    return (inner.path, Frozen(inner.layer, inEvaluationMode: frozen.inEvaluationMode))
  }
}

extension Layer {
  /// This layer with a name. The name, instead of the layer's position, is the prefix of its parameters' names, as an
  /// attribute's name is in PyTorch's `state_dict`; an empty name adds no prefix.
  ///
  ///     Sequential(Conv2D(64, kernelSize: 3).named("conv1"), ReLU())     // conv1.weight, conv1.bias
  ///
  /// Nested names are joined, the outer one first: `layer.named("conv").named("block")` has the parameter
  /// `block.conv.weight`. Naming and freezing may be applied in either order.
  public func named(_ name: String) -> Named { Named(name, self) }
}
