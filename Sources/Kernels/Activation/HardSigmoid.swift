import ISA

/// min(max(x + 3, 0), 6) / 6; all levels give the same bits.
///
/// Howard et al., Searching for MobileNetV3, 2019.
public enum HardSigmoidForward: KernelOperation {
  public static let name = "hard-sigmoid"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(functions) { _, x in
    let gate = x + 3
    return (gate < 0 ? 0 : gate > 6 ? 6 : gate) / 6
  }
}

/// The gradient of ``HardSigmoidForward`` from its input x: g/6 for -3 < x < 3, else 0, where x is NaN, too, as in
/// PyTorch; all levels give the same bits.
public enum HardSigmoidBackward: KernelOperation {
  public static let name = "hard-sigmoid"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(functions) { _, x, gradient in x > -3 && x < 3 ? gradient * (1 / 6) : 0 }
}

private struct HardSigmoid: Activation {
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

#if arch(arm64)
  @c(hard_sigmoid_activation_neon_body) private func neon(_ p: UnsafePointer<ActivationArguments>) {
    activate(NEONLanes.self, HardSigmoid.self, p)
  }

  private let functions = LevelFunctions(neon: hard_sigmoid_activation_neon)
#else
  @c(hard_sigmoid_activation_baseline_body) private func baseline(_ p: UnsafePointer<ActivationArguments>) {
    activate(BaselineLanes.self, HardSigmoid.self, p)
  }
  @c(hard_sigmoid_activation_avx2_body) private func avx2(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX2Lanes.self, HardSigmoid.self, p)
  }
  @c(hard_sigmoid_activation_avx512_body) private func avx512(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX512Lanes.self, HardSigmoid.self, p)
  }

  private let functions = LevelFunctions(
    baseline: hard_sigmoid_activation_baseline, avx2: hard_sigmoid_activation_avx2,
    avx512: hard_sigmoid_activation_avx512)
#endif
