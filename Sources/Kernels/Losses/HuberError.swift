import KernelsISA

/// The error e = output − target, squared up to |e| = β and linear from there on: e²/2β, then |e| − β/2. The derivative is e/β,
/// clipped to ±1.
public enum SmoothL1Error: KernelOperation {
  public static let name = "smooth-l1-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(Levels.huberError) { x, y, _, problem in
    huber(x - y, threshold: Double(problem.threshold), slope: 1)
  }
}

/// The error e = output − target, squared up to |e| = δ and linear from there on: e²/2, then δ·(|e| − δ/2). The derivative is e,
/// clipped to ±δ.
public enum HuberError: KernelOperation {
  public static let name = "huber-error"
  public typealias Problem = ElementLossProblem
  public typealias Operands = ElementLossOperands

  public static let kernels = rows(
    Levels.huberError, parameters: { ($0.threshold, $0.threshold) },
    reference: { x, y, _, problem in
      huber(x - y, threshold: Double(problem.threshold), slope: Double(problem.threshold))
    })
}

/// Both losses of an error; `slope` is the slope of the linear part.
private func huber(_ error: Double, threshold: Double, slope: Double) -> (value: Double, derivative: Double) {
  if abs(error) < threshold { return (error * error * slope / threshold / 2, error * slope / threshold) }
  return (slope * (abs(error) - threshold / 2), error > 0 ? slope : error < 0 ? -slope : .nan)
}

/// ``SmoothL1Error`` and ``HuberError`` of a vector.
enum Huber: ElementLoss {
  @inline(always) static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector) {
    let error = x - y
    let size = L.magnitude(error)
    let half = L.splat(0.5)
    // Inside the threshold the parabola, else the line; NaN stays NaN.
    var derivative = error * (slope / threshold)
    let value = (slope * (size - half * threshold)).replacing(
      with: half * error * derivative, where: threshold .> size)
    derivative = derivative.replacing(with: slope, where: error .>= threshold)
    derivative = derivative.replacing(with: -slope, where: -threshold .>= error)
    return (value, derivative)
  }
}
