import Kernels

/// Layers that take the same input, and whose outputs are concatenated along the channels, added or multiplied.
///
///     Branches(Conv2D(16, kernelSize: 1), Conv2D(16, kernelSize: 3, padding: 1))     // [C, H, W] → [32, H, W]
///
/// An empty ``Sequential`` is the identity. Squeeze and excitation, which scales each channel by a function of all
/// channels' means (Hu and others, 2018), is
///
///     Branches(
///       Sequential(),
///       Sequential(
///         GlobalAveragePool2D(), Conv2D(4, kernelSize: 1), ReLU(), Conv2D(64, kernelSize: 1), Sigmoid()),
///       combination: .multiplied)                                                    // [64, H, W], unchanged
///
/// The parameters are named after the branches' positions, `0.weight`, or their names, see ``Layer/named(_:)``.
public struct Branches: Layer {
  /// How the branches' outputs are combined.
  public enum Combination: Hashable, Sendable {
    /// Concatenated along the first dimension, as by PyTorch's `torch.cat(…, dim=1)`; the other dimensions must be
    /// equal.
    case concatenated
    /// The sum; all outputs have one shape.
    case added
    /// The elementwise product; an output of shape `[channels, 1, 1]` or `[channels]` is broadcast over each channel's
    /// plane.
    case multiplied

    var ofBranches: BranchCombination {
      switch self {
      case .concatenated: .concatenation
      case .added: .sum
      case .multiplied: .product
      }
    }
  }

  /// The layers that take the input, in the order of their outputs.
  public var branches: [any Layer]
  /// How their outputs are combined.
  public var combination: Combination

  /// Branches that are, by default, concatenated.
  public init(_ branches: any Layer..., combination: Combination = .concatenated) {
    self.init(branches, combination: combination)
  }

  /// Branches that are, by default, concatenated.
  public init(_ branches: [any Layer], combination: Combination = .concatenated) {
    self.branches = branches
    self.combination = combination
  }

  public var kind: String { "Branches" }
  public func canApply(_ activation: FusedActivation) -> Bool { combination == .added }

  private var placed: BranchSet {
    BranchSet(
      kind: kind, combination: combination.ofBranches,
      branches: branches.enumerated().map { Named.separate($1, position: "\($0)") })
  }

  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try placed.outputShape(for: inputShape)
  }

  public func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try placed.parameters(for: inputShape)
  }

  public func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try placed.multiplyAddsPerImage(for: inputShape)
  }

  public func innerLayers(for inputShape: Shape) throws(LayerError) -> [InnerLayer]? {
    placed.innerLayers(for: inputShape)
  }

  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? { try placed.plan(problem) }
}
