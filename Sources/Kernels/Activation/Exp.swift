import Foundation
import ISA

/// exp(x), within 2 ulp of the exact value, also where that is denormal; 0 at -infinity.
public enum ExpForward: KernelOperation {
  public static let name = "exp"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(expForward, multiplyAdds: 12) { x in Float(exp(Double(x))) }
}

private enum Exp: VectorMap {
  @inline(always) static func apply<L: ElementwiseLanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    L.exponential(x)
  }
}

#if arch(arm64)
  @c(exp_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MapArguments>) {
    map(NEONLanes.self, Exp.self, p)
  }

  private let expForward = LevelFunctions(neon: exp_forward_neon)
#else
  @c(exp_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MapArguments>) {
    map(BaselineLanes.self, Exp.self, p)
  }
  @c(exp_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MapArguments>) {
    map(AVX2Lanes.self, Exp.self, p)
  }
  @c(exp_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MapArguments>) {
    map(AVX512Lanes.self, Exp.self, p)
  }

  private let expForward = LevelFunctions(
    baseline: exp_forward_baseline, avx2: exp_forward_avx2, avx512: exp_forward_avx512)
#endif
