import Kernels

/// x · Φ(x) of each value x, Φ being the standard normal distribution's cumulative function; any shape.
public struct GELU: Layer {
  /// How Φ is computed.
  public enum Approximation: Hashable, Sendable {
    /// By the error function: (1 + erf(x/√2)) / 2.
    case none
    /// (1 + tanh(√(2/π) · (x + 0.044715·x³))) / 2.
    case tanh
  }

  /// How Φ is computed.
  public let approximate: Approximation

  /// A GELU, by default exact.
  public init(approximate: Approximation = .none) { self.approximate = approximate }

  public var kind: String { "GELU" }
  public func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
  public func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    switch approximate {
    case .none: try PlannedActivation<GELUForward, GELUBackward>(problem, kind)
    case .tanh: try PlannedActivation<GELUTanhForward, GELUTanhBackward>(problem, kind)
    }
  }
}
