import KernelsISA

/// |output - target|, with the sign of output - target as the derivative, 0 where they are equal.
public enum AbsoluteError: KernelOperation {
  public static let name = "absolute-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.absoluteError) { x, y, _, _ in
    (abs(x - y), x > y ? 1 : y > x ? -1 : x - y)
  }
}

/// ``AbsoluteError`` of a vector.
enum Absolute: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let error = x - y
    let zero = L.splat(0)
    // A NaN error is its own sign.
    let sign = error.replacing(with: L.splat(1), where: error .> zero).replacing(
      with: L.splat(-1), where: zero .> error)
    return (L.magnitude(error), sign)
  }
}
