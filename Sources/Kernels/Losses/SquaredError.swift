import ISA

/// (output - target)², with the derivative 2·(output - target).
public enum SquaredError: KernelOperation {
  public static let name = "squared-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(squaredFunctions) { x, y, _, _ in ((x - y) * (x - y), 2 * (x - y)) }
}

private enum Squared: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let error = x - y
    return (error * error, error + error)
  }
}

#if arch(arm64)
  @c(squared_error_neon_body) private func squaredNEON(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(NEONLanes.self, Squared.self, p)
  }

  private let squaredFunctions = LevelFunctions(neon: squared_error_neon)
#else
  @c(squared_error_baseline_body) private func squaredBaseline(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(BaselineLanes.self, Squared.self, p)
  }
  @c(squared_error_avx2_body) private func squaredAVX2(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX2Lanes.self, Squared.self, p)
  }
  @c(squared_error_avx512_body) private func squaredAVX512(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX512Lanes.self, Squared.self, p)
  }

  private let squaredFunctions = LevelFunctions(
    baseline: squared_error_baseline, avx2: squared_error_avx2, avx512: squared_error_avx512)
#endif
