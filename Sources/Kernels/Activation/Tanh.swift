import Foundation
import ISA

/// tanh(x), within 2 ulp of the exact value; -0 stays -0 and denormals stay themselves.
public enum TanhForward: KernelOperation {
  public static let name = "tanh"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(tanhForward, multiplyAdds: 12) { x in Float(tanh(Double(x))) }
}

/// The gradient of ``TanhForward`` from its output y: tanh' = 1 - y².
public enum TanhBackward: KernelOperation {
  public static let name = "tanh"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(tanhBackward) { y, gradient in gradient * (1 - y * y) }
}

private enum Tanh: VectorMap, VectorGradient {
  /// With a = |x| and e = exp(2a) - 1, tanh(a) = e / (e + 2): e keeps its digits where a is small, as it is made from
  /// q = exp(r) - 1 by e = q·2ⁿ + (2ⁿ - 1), in which only the sum is rounded. Above 10, where tanh rounds to 1, a is cut
  /// off.
  @inline(always) static func apply<L: ElementwiseLanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let sign = L.bits(x) & L.Bits(repeating: .min)
    let magnitude = L.vector(L.bits(x) & L.Bits(repeating: .max))
    let a = magnitude.replacing(with: L.splat(10), where: magnitude .> L.splat(10))
    let (q, n) = L.exponentialParts(a + a)
    let scale = L.powerOfTwo(n)
    let e = L.multiplyAdd(q, scale, scale - L.splat(1))
    return L.vector(L.bits(e / (e + L.splat(2))) | sign)
  }

  @inline(always) static func apply<L: ElementwiseLanes>(
    _ lanes: L.Type, output y: L.Vector, gradient: L.Vector
  ) -> L.Vector {
    gradient * (L.splat(1) - y * y)
  }
}

#if arch(arm64)
  @c(tanh_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MapArguments>) {
    map(NEONLanes.self, Tanh.self, p)
  }
  @c(tanh_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(NEONLanes.self, Tanh.self, p)
  }

  private let tanhForward = LevelFunctions(neon: tanh_forward_neon)
  private let tanhBackward = LevelFunctions(neon: tanh_backward_neon)
#else
  @c(tanh_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MapArguments>) {
    map(BaselineLanes.self, Tanh.self, p)
  }
  @c(tanh_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MapArguments>) {
    map(AVX2Lanes.self, Tanh.self, p)
  }
  @c(tanh_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MapArguments>) {
    map(AVX512Lanes.self, Tanh.self, p)
  }
  @c(tanh_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(BaselineLanes.self, Tanh.self, p)
  }
  @c(tanh_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX2Lanes.self, Tanh.self, p)
  }
  @c(tanh_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX512Lanes.self, Tanh.self, p)
  }

  private let tanhForward = LevelFunctions(
    baseline: tanh_forward_baseline, avx2: tanh_forward_avx2, avx512: tanh_forward_avx512)
  private let tanhBackward = LevelFunctions(
    baseline: tanh_backward_baseline, avx2: tanh_backward_avx2, avx512: tanh_backward_avx512)
#endif
