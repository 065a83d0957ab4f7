import KernelsISA

/// x·min(max(x + 3, 0), 6) / 6, within 2 ulp; NaN at -infinity, as in PyTorch.
///
/// Howard et al., Searching for MobileNetV3, 2019.
public enum HardSwishForward: KernelOperation {
  public static let name = "hard-swish"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.hardSwishActivation) { _, x in
    x >= 3 ? x : Float(Double(x) * max(Double(x) + 3, 0) / 6)
  }
}

/// The gradient of ``HardSwishForward`` from its input x: 0 up to -3, g·(x/3 + 1/2) below 3, else g, also for NaN;
/// within 2 units in the last place of |g|.
public enum HardSwishBackward: KernelOperation {
  public static let name = "hard-swish"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.hardSwishActivation) { _, x, gradient in
    x <= -3 ? 0 : x < 3 ? Float(Double(gradient) * (Double(x) / 3 + 0.5)) : gradient
  }
}

struct HardSwish: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    var gate = x + L.splat(3)
    gate = gate.replacing(with: L.splat(0), where: L.splat(0) .> gate)
    gate = gate.replacing(with: L.splat(6), where: gate .> L.splat(6))
    return x * (gate * L.splat(1 / 6))
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    let inside = outputGradient * L.multiplyAdd(x, L.splat(1 / 3), L.splat(0.5))
    let result = outputGradient.replacing(with: inside, where: L.splat(3) .> x)
    return result.replacing(with: L.splat(0), where: L.splat(-3) .>= x)
  }
}
