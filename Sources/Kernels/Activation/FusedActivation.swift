/// An activation that an operation applies to its results as it stores them.
public enum FusedActivation: Sendable, Hashable, CaseIterable {
  /// ``ReLUForward``: negative results become 0.
  case relu
  /// ``ReLU6Forward``: results are limited to 0 … 6.
  case relu6
}

extension FusedActivation? {
  /// The range to which results are clamped; NaN stays NaN.
  var limits: (floor: Float, ceiling: Float) {
    switch self {
    case nil: (-.infinity, .infinity)
    case .relu: (0, .infinity)
    case .relu6: (0, 6)
    }
  }

  /// A result, clamped to the range.
  func limit(_ value: Float) -> Float {
    let (floor, ceiling) = limits
    return value < floor ? floor : value > ceiling ? ceiling : value
  }
}
