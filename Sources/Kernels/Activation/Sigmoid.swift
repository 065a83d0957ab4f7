import Foundation
import ISA

/// 1 / (1 + exp(-x)), within 2 ulp of the exact value, also where that is denormal.
public enum SigmoidForward: KernelOperation {
  public static let name = "sigmoid"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(sigmoidForward, multiplyAdds: 12) { x in
    x < 0 ? Float(exp(Double(x)) / (1 + exp(Double(x)))) : Float(1 / (1 + exp(-Double(x))))
  }
}

/// The gradient of ``SigmoidForward`` from its output y: sigmoid' = (1 - y)·y.
public enum SigmoidBackward: KernelOperation {
  public static let name = "sigmoid"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(sigmoidBackward) { y, gradient in gradient * (1 - y) * y }
}

private enum Sigmoid: VectorMap, VectorGradient {
  /// With e = exp(-|x|), which cannot overflow: 1 / (1 + e) for x ≥ 0, and e / (1 + e) for x < 0.
  @inline(always) static func apply<L: ElementwiseLanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let e = L.exponential(L.vector(L.bits(x) | L.Bits(repeating: .min)))
    let numerator = e.replacing(with: L.splat(1), where: x .>= L.splat(0))
    return numerator / (L.splat(1) + e)
  }

  @inline(always) static func apply<L: ElementwiseLanes>(
    _ lanes: L.Type, output y: L.Vector, gradient: L.Vector
  ) -> L.Vector {
    gradient * (L.splat(1) - y) * y
  }
}

#if arch(arm64)
  @c(sigmoid_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MapArguments>) {
    map(NEONLanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(NEONLanes.self, Sigmoid.self, p)
  }

  private let sigmoidForward = LevelFunctions(neon: sigmoid_forward_neon)
  private let sigmoidBackward = LevelFunctions(neon: sigmoid_backward_neon)
#else
  @c(sigmoid_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MapArguments>) {
    map(BaselineLanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MapArguments>) {
    map(AVX2Lanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MapArguments>) {
    map(AVX512Lanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(BaselineLanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX2Lanes.self, Sigmoid.self, p)
  }
  @c(sigmoid_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX512Lanes.self, Sigmoid.self, p)
  }

  private let sigmoidForward = LevelFunctions(
    baseline: sigmoid_forward_baseline, avx2: sigmoid_forward_avx2, avx512: sigmoid_forward_avx512)
  private let sigmoidBackward = LevelFunctions(
    baseline: sigmoid_backward_baseline, avx2: sigmoid_backward_avx2, avx512: sigmoid_backward_avx512)
#endif
