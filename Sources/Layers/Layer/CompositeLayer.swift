import Kernels

/// A layer that consists of others: it is written by its ``body``, and all else of a ``Layer`` follows from that.
///
///     /// Two convolutions and a way around them.
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
/// It computes, names and costs what its body does in its place. A body that is a ``Sequential`` becomes part of the
/// sequence around it, so that a ``ReLU`` behind runs as part of the body's last layer, and summaries show the layers
/// within. Parameters are named as those of the body: `block1.0.body.0.weight` in the network above.
///
/// The body follows from the layer's options alone. It is asked for anew each time that something is planned, so it should
/// do nothing but put layers together.
public protocol CompositeLayer: Layer {
  /// The layers that this one stands for.
  var body: any Layer { get }
}

extension CompositeLayer {
  /// The name of the type.
  public var name: String { "\(Self.self)" }
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

  /// The body as a sequence that names parameters as the body does.
  var sequence: Sequential {
    let body = body
    return body as? Sequential ?? Sequential(body is Named ? body : body.named(""))
  }
}
