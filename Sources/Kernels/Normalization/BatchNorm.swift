import KernelsISA

/// Images whose channels are normalised: `[batch, channels, plane]`, the plane being height × width, or 1 for feature vectors.
public struct BatchNormProblem: Sendable, Hashable {
  public var batch: Int
  public var channels: Int
  /// Pixels of a channel.
  public var plane: Int
  /// Added to the variance, so that a constant channel becomes 0.
  public var epsilon: Float
  /// Whether ReLU follows: negative outputs become 0 and NaN stays; the backward pass begins with ReLU's gradient.
  public var relu: Bool

  public init(batch: Int, channels: Int, plane: Int, epsilon: Float = 1e-5, relu: Bool = false) {
    self.batch = batch
    self.channels = channels
    self.plane = plane
    self.epsilon = epsilon
    self.relu = relu
  }

  var count: Int { batch * channels * plane }
}

extension KernelOperation where Problem == BatchNormProblem {
  /// - Throws: ``KernelError`` for negative sizes, more elements than can be addressed, and an epsilon that is negative
  ///   or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 0...Int(Int32.max)
    try require(name, "batch", problem.batch, in: sizes)
    try require(name, "channels", problem.channels, in: sizes)
    try require(name, "plane", problem.plane, in: sizes)
    _ = try product(name, problem.batch, problem.channels, problem.plane, MemoryLayout<Float>.stride)
    try requireEpsilon(name, problem.epsilon)
  }
}

/// Checks the addend of a variance.
func requireEpsilon(_ operation: String, _ epsilon: Float) throws(KernelError) {
  guard epsilon >= 0, epsilon.isFinite else {
    throw .invalidParameter(
      operation: operation, parameter: "epsilon", value: "\(epsilon)", expected: "a finite number that is at least 0")
  }
}
