import ISA

/// tanh(x), within 2 ulp of the exact value; -0 stays -0 and denormals stay themselves.
public enum TanhForward: KernelOperation {
  public static let name = "tanh"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(functions, multiplyAdds: 12) { _, x in Float(tanh(Double(x))) }
}

/// The gradient of ``TanhForward`` from its output y: tanh' = 1 - y².
public enum TanhBackward: KernelOperation {
  public static let name = "tanh"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(functions) { _, y, gradient in gradient * (1 - y * y) }
}

private struct Tanh: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  /// With a = |x| and e = exp(2a) - 1, tanh(a) = e / (e + 2): e keeps its digits where a is small, as it is made from
  /// q = exp(r) - 1 by e = q·2ⁿ + (2ⁿ - 1), in which only the sum is rounded. Above 10, where tanh rounds to 1, a is cut
  /// off.
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let sign = L.bits(x) & L.Bits(repeating: .min)
    let magnitude = L.magnitude(x)
    let a = magnitude.replacing(with: L.splat(10), where: magnitude .> L.splat(10))
    let (q, power) = L.exponentialParts(a + a)
    let scale = L.powerOfTwo(power)
    let e = L.multiplyAdd(q, scale, scale - L.splat(1))
    return L.vector(L.bits(e / (e + L.splat(2))) | sign)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ y: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    outputGradient * (L.splat(1) - y * y)
  }
}

#if arch(arm64)
  @c(tanh_activation_neon_body) private func neon(_ p: UnsafePointer<ActivationArguments>) {
    activate(NEONLanes.self, Tanh.self, p)
  }

  private let functions = LevelFunctions(neon: tanh_activation_neon)
#else
  @c(tanh_activation_baseline_body) private func baseline(_ p: UnsafePointer<ActivationArguments>) {
    activate(BaselineLanes.self, Tanh.self, p)
  }
  @c(tanh_activation_avx2_body) private func avx2(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX2PairLanes.self, Tanh.self, p)
  }
  @c(tanh_activation_avx512_body) private func avx512(_ p: UnsafePointer<ActivationArguments>) {
    activate(AVX512Lanes.self, Tanh.self, p)
  }

  private let functions = LevelFunctions(
    baseline: tanh_activation_baseline, avx2: tanh_activation_avx2, avx512: tanh_activation_avx512)
#endif
