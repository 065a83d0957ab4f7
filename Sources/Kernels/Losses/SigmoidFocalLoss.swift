import KernelsISA

/// Focal loss of the sigmoid of a logit x and a target y in 0 to 1, as torchvision's `sigmoid_focal_loss` (Lin and others,
/// 2017): with p = sigmoid(x), the error u = y·(1 - p) + (1 - y)·p, the binary cross entropy
/// c = y·softplus(-x) + (1 - y)·softplus(x), and the weight w = α·y + (1 - α)·(1 - y), or 1 without α
///
///     w·uᵞ·c, with the derivative w·uᵞ·((1 - y)·p - y·(1 - p) + γ·c·(1 - 2y)·p·(1 - p)/u)
public enum SigmoidFocalLoss: KernelOperation {
  public static let name = "sigmoid-focal-loss"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  // The second parameter is α, −1 for none.
  public static let kernels = rows(
    Levels.sigmoidFocalLoss, multiplyAdds: 72, parameters: { ($0.gamma, $0.alpha ?? -1) },
    reference: { x, y, positive, problem in
      let e = exp(-abs(x))
      let (larger, smaller) = (1 / (1 + e), e / (1 + e))
      let (p, q) = x < 0 ? (smaller, larger) : (larger, smaller)
      let entropy = positive * y * (max(-x, 0) + log1p(e)) + (1 - y) * (max(x, 0) + log1p(e))
      let error = y * q + (1 - y) * p
      let focus = pow(error, Double(problem.gamma))
      let weight = problem.alpha.map { Double($0) * y + (1 - Double($0)) * (1 - y) } ?? 1
      let isUnfocused = error == 0 || problem.gamma == 0
      let growth = isUnfocused ? 0 : (1 - 2 * y) * p * q / error * Double(problem.gamma) * entropy
      let derivative = weight * focus * ((1 - y) * p - positive * y * q + growth)
      return (x.isNaN ? x : weight * focus * entropy, derivative)
    })
}

/// ``SigmoidFocalLoss`` of a vector.
enum Focal: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold gamma: L.Vector,
    slope alpha: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let (zero, one) = (L.splat(0), L.splat(1))
    let e = L.exponential(L.negative(L.magnitude(x)))
    let larger = one / (one + e)
    let smaller = e * larger
    let logarithm = L.logarithm(onePlus: e)
    let isNegative = zero .> x
    let above = L.larger(x, zero) + logarithm
    let below = L.larger(L.negative(x), zero) + logarithm
    let p = larger.replacing(with: smaller, where: isNegative)
    let q = smaller.replacing(with: larger, where: isNegative)
    let (yes, no) = (positive * y, one - y)
    let entropy = yes * below + no * above
    let error = y * q + no * p
    var weight = alpha * y + (one - alpha) * no
    weight = weight.replacing(with: one, where: zero .> alpha)
    let focus = weight * L.power(error, gamma)
    // For an error of 0, or γ = 0, the entropy may be infinite, and 0 times infinity would be NaN.
    var change = (no - y) * p * q / error * gamma * entropy
    change = change.replacing(with: zero, where: error .== zero)
    change = change.replacing(with: zero, where: gamma .== zero)
    return (focus * entropy, focus * (no * p - yes * q + change))
  }
}
