import Kernels

/// A step of a network, described: its options, but neither its parameters' values nor memory.
///
/// A description is a small value. A ``Model`` gives it parameters, and a plan, which is made for an input shape and a
/// batch size, runs it. A layer can be used alone as well, see ``forward(_:parameters:mode:seed:level:threads:)``.
///
/// All shapes of this protocol are those of one image, without the batch.
public protocol Layer: Sendable {
  /// The layer's kind as messages and summaries show it, such as `Conv2D`.
  var name: String { get }

  /// The shape of the output for an input of `inputShape`.
  /// - Throws: ``LayerError`` when the layer cannot take the input, or when an option is not valid.
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape

  /// The parameters for an input of `inputShape`, and what else the layer keeps, such as running statistics, in the order,
  /// names and layouts of PyTorch's `state_dict`.
  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription]

  /// The multiplications that a forward pass of one image does in sums of products; 0 for layers without such sums.
  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int

  /// Plans the layer's kernels; nil where the output is the input itself under another shape.
  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)?

  /// Whether ``plan(_:)`` heeds ``LayerProblem/activation`` of this kind, so that a layer such as ``ReLU`` behind this one
  /// need not run.
  func canApply(_ activation: FusedActivation) -> Bool

  /// The layers within, at their places; nil for a layer that has none.
  func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]?
}

/// A layer within another.
public struct InnerLayer: Sendable {
  public let layer: any Layer
  /// What stands before the names of its parameters: its position, such as `3`, or a name.
  public let path: String
  /// The shape of one image that reaches it.
  public let inputShape: Shape

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

  /// The number of parameters for an input of `inputShape`, those that are not trained included, buffers not.
  public func parameterCount(for inputShape: Shape) throws(LayerError) -> Int {
    try parameters(for: inputShape).parameterCount
  }
}
