import Kernels

/// The description of a layer: its options, without parameter values or memory.
///
/// A description is a small value. A ``Model`` holds its parameters; a plan, made for one input shape and batch size,
/// runs it. A single layer can be run without a model, see ``forward(_:parameters:mode:seed:level:threads:)``.
///
/// All shapes in this protocol are those of one image, without the batch dimension.
public protocol Layer: Sendable {
  /// The layer's kind as messages and summaries show it, such as `Conv2D`.
  var kind: String { get }

  /// The shape of the output for an input of `inputShape`.
  /// - Throws: ``LayerError`` when the layer cannot take the input, or when an option is not valid.
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape

  /// The parameters for an input of `inputShape`, and the layer's buffers, such as running statistics, in the order and
  /// with the names and layouts of PyTorch's `state_dict`.
  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription]

  /// The multiply-adds of a forward pass of one image in convolutions and matrix products; 0 for layers without them.
  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int

  /// Plans the layer's kernels; nil where the layer only reshapes its input.
  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)?

  /// Whether ``plan(_:)`` can fuse this activation, given as ``LayerProblem/activation``, into the layer, so that a
  /// following layer such as ``ReLU`` need not run.
  func canApply(_ activation: FusedActivation) -> Bool

  /// The layers within this one, with their paths and input shapes; nil for a layer that contains none.
  func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]?
}

/// A layer within another.
public struct InnerLayer: Sendable {
  /// The inner layer.
  public let layer: any Layer
  /// The prefix of its parameters' names: its position, such as `3`, or a name.
  public let path: String
  /// The shape of its input, of one image.
  public let inputShape: Shape

  /// An inner layer and its place.
  public init(_ layer: any Layer, path: String, inputShape: Shape) {
    self.layer = layer
    self.path = path
    self.inputShape = inputShape
  }
}

extension Layer {
  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] { [] }
  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int { 0 }
  public func canApply(_ activation: FusedActivation) -> Bool { false }
  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? { nil }

  /// The number of parameter values for an input of `inputShape`, frozen ones included, buffers excluded.
  public func parameterCount(for inputShape: Shape) throws(LayerError) -> Int {
    try parameters(for: inputShape).parameterCount
  }
}
