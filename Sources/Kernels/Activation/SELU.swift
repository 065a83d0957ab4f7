import KernelsISA

/// The constants of SELU, which keep a mean of 0 and a variance of 1 from layer to layer; PyTorch's digits.
enum SELUConstants {
  static let alpha = 1.673_263_242_354_377_284_8
  static let scale = 1.050_700_987_355_480_493_4
}

extension KernelOperation where Problem == ElementwiseProblem {
  /// The options that make ``ELU`` SELU.
  fileprivate static var options: @Sendable (Problem) -> ActivationOptions {
    { _ in (Float(SELUConstants.alpha * SELUConstants.scale), Float(SELUConstants.scale)) }
  }
}

/// scale·x for x ≥ 0, else scale·α·(exp(x) - 1), with α = 1.6732632… and scale = 1.0507010…; within 4 ulp.
///
/// Klambauer, Unterthiner, Mayr, Hochreiter, Self-Normalizing Neural Networks, 2017.
public enum SELUForward: KernelOperation {
  public static let name = "selu"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.eluActivation, multiplyAdds: 12, options: options) { _, x in
    let x = Double(x)
    return Float(SELUConstants.scale * (x >= 0 ? x : SELUConstants.alpha * expm1(x)))
  }
}

/// The gradient of ``SELUForward`` from its input x: g·scale for x > 0 and for NaN, else g·scale·α·exp(x); within
/// 4 ulp.
public enum SELUBackward: KernelOperation {
  public static let name = "selu"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.eluActivation, multiplyAdds: 12, options: options) { _, x, gradient in
    let slope: Double = SELUConstants.scale * (x <= 0 ? SELUConstants.alpha * exp(Double(x)) : 1)
    return Float(Double(gradient) * slope)
  }
}
