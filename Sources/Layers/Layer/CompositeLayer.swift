import Kernels

/// A layer made of other layers: it defines its ``body``, from which every other requirement of ``Layer`` follows.
///
///     /// Two convolutions and a shortcut around them.
///     struct ResidualBlock: CompositeLayer {
///       let channels: Int
///
///       var body: any Layer {
///         Sequential(
///           Residual(
///             Sequential(
///               Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
///               Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())),
///           ReLU())
///       }
///     }
///
///     let network = Sequential(Conv2D(16, kernelSize: 3), ResidualBlock(channels: 16).named("block1"))
///
/// It computes the same, names its parameters alike and costs the same as its body would in its place. A body that is a
/// ``Sequential`` becomes part of the enclosing sequence, so that a following ``ReLU`` is fused into the body's last
/// layer, and summaries list the inner layers. Parameters are named as those of the body: `block1.0.body.0.weight` in
/// the network above.
///
/// The body must depend on the layer's options alone. It is evaluated each time that something is planned, so it should
/// do nothing but put layers together.
public protocol CompositeLayer: Layer {
  /// The layers that this one consists of.
  var body: any Layer { get }
}

extension CompositeLayer {
  /// The type's name.
  public var kind: String { "\(Self.self)" }
  public func canApply(_ activation: FusedActivation) -> Bool { body.canApply(activation) }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try body.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try body.parameters(for: inputShape)
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try body.multiplyAddsPerImage(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try body.plan(problem) }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    [InnerLayer(body, path: "", inputShape: inputShape)]
  }

  /// The body as a sequence with the body's parameter names.
  var sequence: Sequential {
    let body = body
    return body as? Sequential ?? Sequential(body is Named ? body : body.named(""))
  }
}
