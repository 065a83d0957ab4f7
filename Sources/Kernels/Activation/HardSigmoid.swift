import KernelsISA

/// min(max(x + 3, 0), 6) / 6; all levels give the same bits.
///
/// Howard et al., Searching for MobileNetV3, 2019.
public enum HardSigmoidForward: KernelOperation {
  public static let name = "hard-sigmoid"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.hardSigmoidActivation) { _, x in
    let gate = x + 3
    return (gate < 0 ? 0 : gate > 6 ? 6 : gate) / 6
  }
}

/// The gradient of ``HardSigmoidForward`` from its input x: g/6 for -3 < x < 3, else 0, also for NaN, as in
/// PyTorch; all levels give the same bits.
public enum HardSigmoidBackward: KernelOperation {
  public static let name = "hard-sigmoid"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.hardSigmoidActivation) { _, x, gradient in
    x > -3 && x < 3 ? gradient * (1 / 6) : 0
  }
}

struct HardSigmoid: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    var gate = x + L.splat(3)
    gate = gate.replacing(with: L.splat(0), where: L.splat(0) .> gate)
    gate = gate.replacing(with: L.splat(6), where: gate .> L.splat(6))
    return gate / L.splat(6)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let inside = L.splat(0).replacing(with: outputGradient * L.splat(1 / 6), where: x .> L.splat(-3))
    return L.splat(0).replacing(with: inside, where: L.splat(3) .> x)
  }
}
