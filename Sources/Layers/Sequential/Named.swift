import Kernels

/// A layer under a name, see ``Layer/named(_:)``.
public struct Named: Layer {
  public let label: String
  public let layer: any Layer

  public init(_ label: String, _ layer: any Layer) {
    self.label = label
    self.layer = layer
  }

  public var name: String { layer.name }
  public func canApply(_ activation: FusedActivation) -> Bool { layer.canApply(activation) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try layer.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try layer.parameters(for: inputShape).map { $0.at(label) }
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try layer.multiplyAddsPerImage(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try layer.plan(problem) }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    [InnerLayer(layer, path: label, inputShape: inputShape)]
  }

  /// What stands before the names of a layer's parameters, and the layer itself. A name within a ``Frozen`` is the layer's
  /// as well as one around it.
  static func separate(_ layer: any Layer, position: String) -> (path: String, layer: any Layer) {
    if let named = layer as? Named { return (named.label, named.layer) }
    guard let frozen = layer as? Frozen else { return (position, layer) }
    let inner = separate(frozen.layer, position: position)
    return (inner.path, Frozen(inner.layer, inEvaluationMode: frozen.inEvaluationMode))
  }
}

extension Layer {
  /// The layer under a name, which stands before the names of its parameters in the place of its position, as the name
  /// of an attribute does in PyTorch's `state_dict`; an empty name puts nothing before them.
  ///
  ///     Sequential(Conv2D(64, kernelSize: 3).named("conv1"), ReLU())     // conv1.weight, conv1.bias
  ///
  /// Of several names in a row, the last stands first, as that of an attribute which holds the other:
  /// `layer.named("conv").named("block")` has the parameter `block.conv.weight`. Whether the layer is frozen first or named
  /// first makes no difference.
  public func named(_ label: String) -> Named { Named(label, self) }
}
