import KernelsISA

/// (output - target)², with the derivative 2·(output - target).
public enum SquaredError: KernelOperation {
  public static let name = "squared-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.squaredError) { x, y, _, _ in ((x - y) * (x - y), 2 * (x - y)) }
}

/// ``SquaredError`` of a vector.
enum Squared: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let error = x - y
    return (error * error, error + error)
  }
}
