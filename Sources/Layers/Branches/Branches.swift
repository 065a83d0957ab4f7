import Kernels

/// Layers that take the same input, and whose outputs lie one behind another along the channels, or are added or
/// multiplied.
///
///     Branches(Conv2D(16, kernelSize: 1), Conv2D(16, kernelSize: 3, padding: 1))     // [C, H, W] → [32, H, W]
///
/// An empty ``Sequential`` hands the input on. So squeeze and excitation, which weights each channel by what all of them
/// hold on average (Hu and others, 2018), is
///
///     Branches(
///       Sequential(),
///       Sequential(
///         GlobalAveragePool2D(), Conv2D(4, kernelSize: 1), ReLU(), Conv2D(64, kernelSize: 1), Sigmoid()),
///       combination: .multiplied)                                                    // [64, H, W], kept
///
/// The parameters are named after the branches' positions, `0.weight`, or by ``Layer/named(_:)``.
public struct Branches: Layer {
  /// How the branches' outputs become one.
  public enum Combination: Hashable, Sendable {
    /// One behind another along the first dimension, PyTorch's `torch.cat(…, dim=1)`; the other dimensions are equal.
    case concatenated
    /// The sum of outputs of one shape.
    case added
    /// The product of outputs of one shape, element by element; one of `[channels, 1, 1]` or `[channels]` is multiplied
    /// with each channel's whole plane.
    case multiplied

    var ofBranches: BranchCombination {
      switch self {
      case .concatenated: .concatenation
      case .added: .sum
      case .multiplied: .product
      }
    }
  }

  public var branches: [any Layer]
  public var combination: Combination

  public init(_ branches: any Layer..., combination: Combination = .concatenated) {
    self.init(branches, combination: combination)
  }

  public init(_ branches: [any Layer], combination: Combination = .concatenated) {
    self.branches = branches
    self.combination = combination
  }

  public var name: String { "Branches" }
  public func canApply(_ activation: FusedActivation) -> Bool { combination == .added }

  private var placed: BranchSet {
    BranchSet(
      name: name, combination: combination.ofBranches,
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
