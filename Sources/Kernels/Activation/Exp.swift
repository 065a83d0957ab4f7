import ISA

/// exp(x), within 1 ulp of the exact value, also where that is denormal; 0 at -infinity.
public enum ExpForward: KernelOperation {
  public static let name = "exp"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(functions, multiplyAdds: 12) { _, x in Float(exp(Double(x))) }
}

private struct Exp: VectorMap {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    L.exponential(x)
  }
}

#if arch(arm64)
  @c(exp_map_neon_body) private func neon(_ p: UnsafePointer<ActivationArguments>) {
    map(NEONLanes.self, Exp.self, p)
  }

  private let functions = LevelFunctions(neon: exp_map_neon)
#else
  @c(exp_map_baseline_body) private func baseline(_ p: UnsafePointer<ActivationArguments>) {
    map(BaselineLanes.self, Exp.self, p)
  }
  @c(exp_map_avx2_body) private func avx2(_ p: UnsafePointer<ActivationArguments>) {
    map(AVX2PairLanes.self, Exp.self, p)
  }
  @c(exp_map_avx512_body) private func avx512(_ p: UnsafePointer<ActivationArguments>) {
    map(AVX512Lanes.self, Exp.self, p)
  }

  private let functions = LevelFunctions(
    baseline: exp_map_baseline, avx2: exp_map_avx2, avx512: exp_map_avx512)
#endif
