import Kernels

/// How gradients are limited before a step.
public enum GradientClipping: Hashable, Sendable {
  /// All gradients are scaled by one factor, so that their norm is at most the limit: PyTorch's `clip_grad_norm_`.
  ///
  /// Gradients of frozen parameters count as 0. With n the norm of all gradients, each gradient becomes g · min(1,
  /// limit / (n + 10⁻⁶)). If n is infinite, finite gradients become 0 and the others NaN; if it is NaN, all gradients
  /// become NaN.
  case norm(Float)
  /// Each gradient becomes the nearest number in −limit ... limit; NaN stays: PyTorch's `clip_grad_value_`.
  case value(Float)

  /// Plans the clipping of a model's gradients.
  /// - Throws: ``OptimizerError`` for a limit that is negative or NaN.
  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(OptimizerError) -> PlannedClipping {
    try plan(ParameterMemory(model), threads: threads, level: level)
  }

  /// Plans the clipping of gradients in memory.
  /// - Throws: ``OptimizerError`` for a limit that is negative or NaN.
  public func plan(
    _ memory: ParameterMemory, threads: Int = 1, level: InstructionSet? = nil
  ) throws(OptimizerError) -> PlannedClipping {
    let limit =
      switch self {
      case .norm(let limit), .value(let limit): limit
      }
    guard limit >= 0 else {
      throw .invalidValue(optimizer: "GradientClipping", name: "limit", value: "\(limit)", expected: "at least 0")
    }
    return try PlannedClipping(self, memory, threads: threads, level: level)
  }
}

/// Clipping planned for the gradients of one model, or of other memory.
public final class PlannedClipping {
  /// How gradients are clipped.
  public let clipping: GradientClipping
  private let memory: ParameterMemory
  private let runs: [Run]
  private let workspace: Workspace
  private let result = FloatStorage(repeating: 0, count: 1)

  /// The kernels for one contiguous block of gradients. A class, because plans are large values, which would be copied
  /// at every step.
  private final class Run {
    let gradients: UnsafeMutablePointer<Float>
    let norm: Plan<GradientNorm>
    let clip: Plan<GradientClip>

    init(_ gradients: UnsafeMutablePointer<Float>, norm: Plan<GradientNorm>, clip: Plan<GradientClip>) {
      self.gradients = gradients
      self.norm = norm
      self.clip = clip
    }
  }

  init(_ clipping: GradientClipping, _ memory: ParameterMemory, threads: Int, level: InstructionSet?)
    throws(OptimizerError)
  {
    self.clipping = clipping
    self.memory = memory
    let user = "GradientClipping"
    var runs: [Run] = []
    for piece in memory.pieces(of: 0..<memory.count) {
      let problem = ElementwiseProblem(count: piece.range.count)
      runs.append(
        Run(
          piece.gradients,
          norm: try parameterKernel(GradientNorm.self, problem, for: user, threads: threads, level: level),
          clip: try parameterKernel(GradientClip.self, problem, for: user, threads: threads, level: level)))
    }
    self.runs = runs
    workspace = Workspace(
      byteCount: runs.map { max($0.norm.workspaceByteCount, $0.clip.workspaceByteCount) }.max() ?? 0)
  }

  /// Clips the gradients of the last backward pass; allocates nothing.
  /// - Returns: the gradients' norm before clipping for ``GradientClipping/norm(_:)``, else nil.
  @discardableResult
  public func run() -> Float? {
    switch clipping {
    case .norm(let limit):
      let total = globalNorm()
      let scale = limit / (total + 1e-6)
      // True also if the factor is NaN.
      if !(scale >= 1) {
        for run in runs {
          run.clip.run(GradientClip.Operands(values: run.gradients, scale: scale), workspace: workspace)
        }
      }
      if scale.isNaN { clearGaps() }
      return total
    case .value(let limit):
      for run in runs {
        run.clip.run(GradientClip.Operands(values: run.gradients, limit: limit), workspace: workspace)
      }
      return nil
    }
  }

  /// The Euclidean norm of all gradients; for several blocks of memory, computed as the norm of the blocks' norms.
  public func globalNorm() -> Float {
    var squares = 0.0
    for run in runs {
      run.norm.run(GradientNorm.Operands(values: run.gradients, norm: result.pointer), workspace: workspace)
      let norm = result.pointer.pointee
      if runs.count == 1 { return norm }
      squares += Double(norm) * Double(norm)
    }
    return Float(squares.squareRoot())
  }

  /// Zeroes the gaps between parameters and the gradients of frozen ones, where scaling by NaN made 0 NaN, because no
  /// backward pass writes there.
  private func clearGaps() {
    for gap in memory.gradientGaps { gap.update(repeating: 0) }
  }
}

/// An optimiser that clips the gradients before each step.
///
///     let optimizer = Adam().clipped(.norm(1))
public struct ClippedOptimizer: Optimizer {
  /// The optimiser.
  public var base: any Optimizer
  /// How gradients are clipped.
  public var clipping: GradientClipping

  /// Clips the gradients before each step of `base`.
  public init(_ base: any Optimizer, _ clipping: GradientClipping) {
    self.base = base
    self.clipping = clipping
  }

  public var name: String { base.name }

  public var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    try PlannedClippedOptimizer(
      base.plan(memory, threads: threads, level: level), clipping.plan(memory, threads: threads, level: level))
  }
}

extension Optimizer {
  /// This optimiser with gradient clipping before each step.
  public func clipped(_ clipping: GradientClipping) -> ClippedOptimizer { ClippedOptimizer(self, clipping) }
}

/// A planned optimiser that clips the gradients before each step.
public final class PlannedClippedOptimizer: PlannedOptimizer {
  private let base: any PlannedOptimizer
  private let clipping: PlannedClipping
  /// The norm of all gradients before clipping at the last step; nil before the first step, and if they are clipped by
  /// value.
  public private(set) var gradientNorm: Float?

  init(_ base: any PlannedOptimizer, _ clipping: PlannedClipping) {
    self.base = base
    self.clipping = clipping
  }

  public func step() {
    gradientNorm = clipping.run()
    base.step()
  }

  public var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }
  public var learningRates: [Float] {
    get { base.learningRates }
    set { base.learningRates = newValue }
  }
  public var momentum: Float? {
    get { base.momentum }
    set { base.momentum = newValue }
  }
  public var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { base.stateTensors }
  public func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError) {
    try base.check(learningRates: learningRates, momentum: momentum, counters: counters)
  }
  public var counters: [String: Int] {
    get { base.counters }
    set { base.counters = newValue }
  }
}
