import ISA

/// The divergence of target probabilities t from those whose logarithms the outputs x are: t·(log t - x), with t·log t = 0
/// at t = 0, and the derivative -t.
public enum KullbackLeibler: KernelOperation {
  public static let name = "kullback-leibler"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(divergenceFunctions, multiplyAdds: 12) { x, t, _, _ in
    ((t == 0 ? 0 : t * log(t)) - t * x, -t)
  }
}

/// The same with targets that are logarithms of probabilities themselves: eᵗ·(t - x), with the derivative -eᵗ.
public enum KullbackLeiblerOfLogarithms: KernelOperation {
  public static let name = "kullback-leibler-log"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(logFunctions, multiplyAdds: 12) { x, t, _, _ in (exp(t) * (t - x), -exp(t)) }
}

private enum Divergence: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target t: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let isZero = t .== L.splat(0)
    let logarithm = L.fullLogarithm(t.replacing(with: L.splat(1), where: isZero))
    return (L.multiplyAdd(L.negative(t), x, t * logarithm), L.negative(t))
  }
}

private enum LogDivergence: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target t: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let probability = L.exponential(t)
    return (probability * (t - x), L.negative(probability))
  }
}

#if arch(arm64)
  @c(kullback_leibler_neon_body) private func divergenceNEON(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(NEONLanes.self, Divergence.self, p)
  }

  private let divergenceFunctions = LevelFunctions(neon: kullback_leibler_neon)
#else
  @c(kullback_leibler_baseline_body) private func divergenceBaseline(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(BaselineLanes.self, Divergence.self, p)
  }
  @c(kullback_leibler_avx2_body) private func divergenceAVX2(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX2PairLanes.self, Divergence.self, p)
  }
  @c(kullback_leibler_avx512_body) private func divergenceAVX512(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX512PairLanes.self, Divergence.self, p)
  }

  private let divergenceFunctions = LevelFunctions(
    baseline: kullback_leibler_baseline, avx2: kullback_leibler_avx2, avx512: kullback_leibler_avx512)
#endif

#if arch(arm64)
  @c(kullback_leibler_log_neon_body) private func logNEON(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(NEONLanes.self, LogDivergence.self, p)
  }

  private let logFunctions = LevelFunctions(neon: kullback_leibler_log_neon)
#else
  @c(kullback_leibler_log_baseline_body) private func logBaseline(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(BaselineLanes.self, LogDivergence.self, p)
  }
  @c(kullback_leibler_log_avx2_body) private func logAVX2(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX2PairLanes.self, LogDivergence.self, p)
  }
  @c(kullback_leibler_log_avx512_body) private func logAVX512(_ p: UnsafePointer<ElementLossArguments>) {
    elementLosses(AVX512PairLanes.self, LogDivergence.self, p)
  }

  private let logFunctions = LevelFunctions(
    baseline: kullback_leibler_log_baseline, avx2: kullback_leibler_log_avx2, avx512: kullback_leibler_log_avx512)
#endif
