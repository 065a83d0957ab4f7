import KernelsISA

/// max(x, 0); NaN stays NaN, and -0 becomes 0.
public enum ReLUForward: KernelOperation {
  public static let name = "relu"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.reluActivation) { _, x in x <= 0 ? 0 : x }
}

/// The gradient of ``ReLUForward`` from its output y: 0 where y is 0, else g, also for NaN.
public enum ReLUBackward: KernelOperation {
  public static let name = "relu"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(Levels.reluActivation) { _, y, gradient in y <= 0 ? 0 : gradient }
}

struct ReLU: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    x.replacing(with: L.splat(0), where: L.splat(0) .>= x)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ y: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    outputGradient.replacing(with: L.splat(0), where: L.splat(0) .>= y)
  }
}
