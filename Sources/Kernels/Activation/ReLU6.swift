import KernelsISA

/// min(max(x, 0), 6); NaN stays NaN, and -0 becomes 0.
///
/// Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010; the activation of MobileNets.
public enum ReLU6Forward: KernelOperation {
  public static let name = "relu6"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.relu6Activation) { _, x in x <= 0 ? 0 : x > 6 ? 6 : x }
}

/// The gradient of ``ReLU6Forward`` from its output y: 0 where y is 0 or 6, so also where x is exactly 0 or 6, as in
/// PyTorch's `hardtanh`; else g, also for NaN.
public enum ReLU6Backward: KernelOperation {
  public static let name = "relu6"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(Levels.relu6Activation) { _, y, gradient in y <= 0 || y >= 6 ? 0 : gradient }
}

struct ReLU6: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let floored = x.replacing(with: L.splat(0), where: L.splat(0) .>= x)
    return floored.replacing(with: L.splat(6), where: floored .> L.splat(6))
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ y: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let floored = outputGradient.replacing(with: L.splat(0), where: L.splat(0) .>= y)
    return floored.replacing(with: L.splat(0), where: y .>= L.splat(6))
  }
}
