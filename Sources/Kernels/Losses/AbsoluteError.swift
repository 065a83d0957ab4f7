import ISA

/// |output - target|, with the sign of output - target as the derivative, 0 where they are equal.
public enum AbsoluteError: KernelOperation {
  public static let name = "absolute-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(absoluteFunctions) { x, y, _, _ in
    (abs(x - y), x > y ? 1 : y > x ? -1 : x - y)
  }
}

private enum Absolute: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let error = x - y
    let zero = L.splat(0)
    // NaN stays.
    let sign = error.replacing(with: L.splat(1), where: error .> zero).replacing(
      with: L.splat(-1), where: zero .> error)
    return (L.magnitude(error), sign)
  }
}

#if arch(arm64)
  @c(absolute_error_neon_body) private func absoluteNEON(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(NEONLanes.self, Absolute.self, p)
  }

  private let absoluteFunctions = LevelFunctions(neon: absolute_error_neon)
#else
  @c(absolute_error_baseline_body) private func absoluteBaseline(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(BaselineLanes.self, Absolute.self, p)
  }
  @c(absolute_error_avx2_body) private func absoluteAVX2(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX2Lanes.self, Absolute.self, p)
  }
  @c(absolute_error_avx512_body) private func absoluteAVX512(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX512Lanes.self, Absolute.self, p)
  }

  private let absoluteFunctions = LevelFunctions(
    baseline: absolute_error_baseline, avx2: absolute_error_avx2, avx512: absolute_error_avx512)
#endif
