import KernelsISA

/// tanh(x), within 2 ulp; -0 and denormal numbers are returned unchanged.
public enum TanhForward: KernelOperation {
  public static let name = "tanh"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.tanhActivation, multiplyAdds: 12) { _, x in Float(tanh(Double(x))) }
}

/// The gradient of ``TanhForward`` from its output y: tanh' = 1 - y².
public enum TanhBackward: KernelOperation {
  public static let name = "tanh"
  public static let pass = "backward-data"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseBackwardOperands

  public static let kernels = rows(Levels.tanhActivation) { _, y, gradient in gradient * (1 - y * y) }
}

struct Tanh: Activation {
  @inline(always) init(_ options: ActivationOptions) {}

  /// With a = |x| and e = exp(2a) - 1, tanh(a) = e / (e + 2). e keeps its digits for small a, because it is computed
  /// from q = exp(r) - 1 as q·2ⁿ + (2ⁿ - 1), in which only the sum is rounded. Above 10, where tanh rounds to 1, a is
  /// clamped.
  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    let sign = L.bits(x) & L.Bits(repeating: .min)
    let magnitude = L.magnitude(x)
    let a = magnitude.replacing(with: L.splat(10), where: magnitude .> L.splat(10))
    let (q, power) = L.exponentialParts(a + a)
    let scale = L.powerOfTwo(power)
    let e = L.multiplyAdd(q, scale, scale - L.splat(1))
    return L.vector(L.bits(e / (e + L.splat(2))) | sign)
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ y: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    outputGradient * (L.splat(1) - y * y)
  }
}
