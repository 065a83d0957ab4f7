/// A step of a network, described: its options, but neither its parameters' values nor memory.
///
/// A description is a small value. A ``Model`` gives it parameters, and a plan, which is made for an input shape and a
/// batch size, runs it. A layer can be used alone as well, see ``forward(_:parameters:level:threads:)``.
///
/// All shapes of this protocol are those of one image, without the batch.
public protocol Layer: Sendable {
  /// The layer's kind as messages and summaries show it, such as `Conv2D`.
  var name: String { get }

  /// The shape of the output for an input of `inputShape`.
  /// - Throws: ``LayerError`` when the layer cannot take the input, or when an option is not valid.
  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape

  /// The parameters for an input of `inputShape`, in PyTorch's order, names and layouts.
  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription]

  /// The multiplications that a forward pass of one image does in sums of products; 0 for layers without such sums.
  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int

  /// Plans the layer's kernels; nil where the output is the input itself under another shape.
  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)?

  /// Whether ``plan(_:)`` heeds ``LayerProblem/appliesReLU``, so that a ``ReLU`` behind the layer need not run.
  var canApplyReLU: Bool { get }
}

extension Layer {
  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] { [] }
  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int { 0 }
  public var canApplyReLU: Bool { false }

  /// The number of parameters for an input of `inputShape`.
  public func parameterCount(for inputShape: Shape) throws(LayerError) -> Int {
    try parameters(for: inputShape).reduce(0) { $0 + $1.shape.count }
  }
}

/// A parameter of a layer: its name, its shape and its first values.
public struct ParameterDescription: Hashable, Sendable {
  /// `weight` or `bias`; in a ``Sequential``, behind the layer's position: `0.weight`.
  public let name: String
  public let shape: Shape
  public let initialization: Initialization

  public init(name: String, shape: Shape, initialization: Initialization) {
    self.name = name
    self.shape = shape
    self.initialization = initialization
  }

  /// The same parameter of a layer that lies at `path` in a network.
  func at(_ path: String) -> ParameterDescription {
    ParameterDescription(name: "\(path).\(name)", shape: shape, initialization: initialization)
  }
}
