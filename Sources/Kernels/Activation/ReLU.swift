import ISA

/// max(x, 0); NaN stays NaN, and -0 becomes 0.
public enum ReLUForward: KernelOperation {
  public static let name = "relu"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(reluForward) { x in x <= 0 ? 0 : x }
}

/// The gradient of ``ReLUForward``: 0 where the output is 0, else the output's gradient. Where the output is NaN the
/// gradient passes.
public enum ReLUBackward: KernelOperation {
  public static let name = "relu"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(reluBackward) { y, gradient in y <= 0 ? 0 : gradient }
}

private enum ReLU: VectorMap, VectorGradient {
  @inline(always) static func apply<L: ElementwiseLanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    x.replacing(with: L.splat(0), where: L.splat(0) .>= x)
  }

  @inline(always) static func apply<L: ElementwiseLanes>(
    _ lanes: L.Type, output y: L.Vector, gradient: L.Vector
  ) -> L.Vector {
    gradient.replacing(with: L.splat(0), where: L.splat(0) .>= y)
  }
}

#if arch(arm64)
  @c(relu_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<MapArguments>) {
    map(NEONLanes.self, ReLU.self, p)
  }
  @c(relu_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(NEONLanes.self, ReLU.self, p)
  }

  private let reluForward = LevelFunctions(neon: relu_forward_neon)
  private let reluBackward = LevelFunctions(neon: relu_backward_neon)
#else
  @c(relu_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<MapArguments>) {
    map(BaselineLanes.self, ReLU.self, p)
  }
  @c(relu_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<MapArguments>) {
    map(AVX2Lanes.self, ReLU.self, p)
  }
  @c(relu_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<MapArguments>) {
    map(AVX512Lanes.self, ReLU.self, p)
  }
  @c(relu_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(BaselineLanes.self, ReLU.self, p)
  }
  @c(relu_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX2Lanes.self, ReLU.self, p)
  }
  @c(relu_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<MapBackwardArguments>) {
    mapBackward(AVX512Lanes.self, ReLU.self, p)
  }

  private let reluForward = LevelFunctions(
    baseline: relu_forward_baseline, avx2: relu_forward_avx2, avx512: relu_forward_avx512)
  private let reluBackward = LevelFunctions(
    baseline: relu_backward_baseline, avx2: relu_backward_avx2, avx512: relu_backward_avx512)
#endif
