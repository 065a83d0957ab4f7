import KernelsISA

/// Cross entropy of the sigmoid of a logit x and a target y in 0 to 1, with a weight p of positive targets:
///
///     p·y·softplus(-x) + (1 - y)·softplus(x), with the derivative (1 - y)·sigmoid(x) - p·y·sigmoid(-x)
///
/// where softplus(x) = log(1 + eˣ). Loss and derivative do not overflow for logits of any size.
public enum BinaryCrossEntropy: KernelOperation {
  public static let name = "binary-cross-entropy"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.binaryCrossEntropy, multiplyAdds: 32) { x, y, p, _ in
    let e = exp(-abs(x))
    let (larger, smaller) = (1 / (1 + e), e / (1 + e))
    let value = p * y * (max(-x, 0) + log1p(e)) + (1 - y) * (max(x, 0) + log1p(e))
    let (sigmoid, opposite) = x < 0 ? (smaller, larger) : (larger, smaller)
    return (x.isNaN ? x : value, (1 - y) * sigmoid - p * y * opposite)
  }
}

/// ``BinaryCrossEntropy`` of a vector.
enum Binary: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let one = L.splat(1)
    let size = L.magnitude(x)
    let e = L.exponential(L.negative(size))
    let larger = one / (one + e)
    let smaller = e * larger
    let logarithm = L.logarithm(onePlus: e)
    let isNegative = L.splat(0) .> x
    let above = L.larger(x, L.splat(0)) + logarithm
    let below = L.larger(L.negative(x), L.splat(0)) + logarithm
    let sigmoid = larger.replacing(with: smaller, where: isNegative)
    let opposite = smaller.replacing(with: larger, where: isNegative)
    let (yes, no) = (positive * y, one - y)
    return (yes * below + no * above, no * sigmoid - yes * opposite)
  }
}
