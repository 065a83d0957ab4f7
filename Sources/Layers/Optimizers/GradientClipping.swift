import Kernels

/// How gradients are limited before a step.
public enum GradientClipping: Hashable, Sendable {
  /// All gradients are scaled by one factor, so that their norm is at most this: PyTorch's `clip_grad_norm_`.
  ///
  /// Those of frozen parameters are 0. With the norm n of all gradients together, each becomes g · min(1, limit / (n + 10⁻⁶)). If n is infinite, finite
  /// gradients become 0 and the others NaN; if it is NaN, all gradients become NaN.
  case norm(Float)
  /// Each gradient becomes the nearest number in −limit ... limit; NaN stays: PyTorch's `clip_grad_value_`.
  case value(Float)

  /// Plans the clipping of a model's gradients.
  /// - Throws: ``LayerError`` for a limit that is negative or NaN.
  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> PlannedClipping {
    try plan(ParameterMemory(model), threads: threads, level: level)
  }

  /// Plans the clipping of gradients in memory.
  /// - Throws: ``LayerError`` for a limit that is negative or NaN.
  public func plan(
    _ memory: ParameterMemory, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> PlannedClipping {
    let limit =
      switch self {
      case .norm(let limit), .value(let limit): limit
      }
    guard limit >= 0 else {
      throw .invalidValue(layer: "GradientClipping", name: "limit", value: "\(limit)", expected: "at least 0")
    }
    return try PlannedClipping(self, memory, threads: threads, level: level)
  }
}

/// Clipping of one model's gradients, or of other ones.
public final class PlannedClipping {
  public let clipping: GradientClipping
  private let memory: ParameterMemory
  private let runs: [Run]
  private let workspace: Workspace
  private let result = FloatStorage(repeating: 0, count: 1)

  /// The kernels of a piece of memory. A class, because plans are large values to copy at every step.
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

  init(_ clipping: GradientClipping, _ memory: ParameterMemory, threads: Int, level: InstructionSet?) throws(LayerError)
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

  /// Clips the gradients that the last backward pass computed; it allocates nothing.
  /// - Returns: their norm before, where they are clipped by it.
  @discardableResult
  public func run() -> Float? {
    switch clipping {
    case .norm(let limit):
      let total = globalNorm()
      let scale = limit / (total + 1e-6)
      // Also where it is NaN.
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

  /// The norm of all gradients together: the root of the sum of their squares. Where they lie in several pieces of memory,
  /// it is the norm of the pieces' norms.
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

  /// Between the parameters and in the place of frozen ones, 0 times NaN was NaN, too, and no backward pass would write
  /// over it.
  private func clearGaps() {
    for gap in memory.gradientGaps { gap.update(repeating: 0) }
  }
}

/// An optimiser that clips the gradients before each step.
///
///     let optimizer = Adam().clipped(.norm(1))
public struct ClippedOptimizer: Optimizer {
  public var base: any Optimizer
  public var clipping: GradientClipping

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
  ) throws(LayerError) -> any PlannedOptimizer {
    try PlannedClippedOptimizer(
      base.plan(memory, threads: threads, level: level), clipping.plan(memory, threads: threads, level: level))
  }
}

extension Optimizer {
  /// This optimiser, the gradients clipped before each step.
  public func clipped(_ clipping: GradientClipping) -> ClippedOptimizer { ClippedOptimizer(self, clipping) }
}

/// An optimiser that clips the gradients first.
public final class PlannedClippedOptimizer: PlannedOptimizer {
  private let base: any PlannedOptimizer
  private let clipping: PlannedClipping
  /// The norm of all gradients at the last step, before they were clipped; nil where they are clipped by value.
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
  public func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError) {
    try base.check(learningRates: learningRates, momentum: momentum, counters: counters)
  }
  public var counters: [String: Int] {
    get { base.counters }
    set { base.counters = newValue }
  }
}
