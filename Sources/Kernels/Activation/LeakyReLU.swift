import KernelsISA

/// ``LeakyReLUForward`` of `count` values.
public struct LeakyReLUProblem: ElementwiseSize {
  public var count: Int
  /// The slope for negative values.
  public var negativeSlope: Float

  public init(count: Int, negativeSlope: Float = 0.01) {
    self.count = count
    self.negativeSlope = negativeSlope
  }
}

extension KernelOperation where Problem == LeakyReLUProblem {
  static var options: @Sendable (Problem) -> ActivationOptions { { ($0.negativeSlope, 0) } }
}

/// x > 0 ? x : slope·x; all levels give the same bits.
public enum LeakyReLUForward: KernelOperation {
  public static let name = "leaky-relu"
  public typealias Problem = LeakyReLUProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.leakyReluActivation, options: options) { problem, x in
    x > 0 ? x : x * problem.negativeSlope
  }
}

/// The gradient of ``LeakyReLUForward`` from its input x: g where x > 0, else slope·g, also for NaN, as in PyTorch.
public enum LeakyReLUBackward: KernelOperation {
  public static let name = "leaky-relu"
  public static let pass = "backward-data"
  public typealias Problem = LeakyReLUProblem
  public typealias Operands = ElementwiseInputBackwardOperands

  public static let kernels = rows(Levels.leakyReluActivation, options: options) { problem, x, gradient in
    x > 0 ? gradient : gradient * problem.negativeSlope
  }
}

struct LeakyReLU: Activation {
  let slope: Float

  @inline(always) init(_ options: ActivationOptions) { slope = options.0 }

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    (x * L.splat(slope)).replacing(with: x, where: x .> L.splat(0))
  }

  @inline(always) func gradient<L: Lanes>(
    _ lanes: L.Type, _ x: L.Vector, outputGradient: L.Vector
  ) -> L.Vector {
    (outputGradient * L.splat(slope)).replacing(with: outputGradient, where: x .> L.splat(0))
  }
}
