import KernelsISA

/// The divergence of target probabilities t from the probabilities whose logarithms are the outputs x: t·(log t − x), with
/// t·log t = 0 at t = 0, and the derivative −t.
public enum KullbackLeibler: KernelOperation {
  public static let name = "kullback-leibler"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.kullbackLeibler, multiplyAdds: 12) { x, t, _, _ in
    ((t == 0 ? 0 : t * log(t)) - t * x, -t)
  }
}

/// The divergence with targets that are logarithms of probabilities, too: eᵗ·(t − x), with the derivative −eᵗ.
public enum KullbackLeiblerOfLogarithms: KernelOperation {
  public static let name = "kullback-leibler-log"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.kullbackLeiblerLog, multiplyAdds: 12) { x, t, _, _ in
    (exp(t) * (t - x), -exp(t))
  }
}

/// ``KullbackLeibler`` of a vector.
enum Divergence: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target t: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let isZero = t .== L.splat(0)
    let logarithm = L.fullLogarithm(t.replacing(with: L.splat(1), where: isZero))
    return (L.multiplyAdd(L.negative(t), x, t * logarithm), L.negative(t))
  }
}

/// ``KullbackLeiblerOfLogarithms`` of a vector.
enum LogDivergence: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target t: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let probability = L.exponential(t)
    return (probability * (t - x), L.negative(probability))
  }
}
