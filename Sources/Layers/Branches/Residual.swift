import Kernels

/// A layer and a shortcut around it, whose outputs are added: y = body(x) + shortcut(x).
///
///     Sequential(
///       Residual(
///         Sequential(
///           Conv2D(64, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
///           Conv2D(64, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())),
///       ReLU())
///
/// Without a shortcut layer, x itself is added. A ``ReLU`` after it in a ``Sequential`` is fused into the addition. The
/// parameters are named `body.…` and `shortcut.…`, unless ``Layer/named(_:)`` renames either. (He and others, 2015.)
public struct Residual: Layer {
  /// The layer around which the shortcut leads.
  public var body: any Layer
  /// The layer on the shortcut, such as a 1×1 convolution; nil for the identity.
  public var shortcut: (any Layer)?

  /// Adds `shortcut`'s output, or the input itself, to `body`'s.
  public init(_ body: any Layer, shortcut: (any Layer)? = nil) {
    self.body = body
    self.shortcut = shortcut
  }

  public var kind: String { "Residual" }
  public func canApply(_ activation: FusedActivation) -> Bool { true }

  private var branches: BranchSet {
    BranchSet(
      kind: kind, combination: .sum,
      branches: [
        Named.separate(body, position: "body"), Named.separate(shortcut ?? Sequential(), position: "shortcut"),
      ])
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try branches.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try branches.parameters(for: inputShape)
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try branches.multiplyAddsPerImage(for: inputShape)
  }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    branches.innerLayers(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try branches.plan(problem) }
}
