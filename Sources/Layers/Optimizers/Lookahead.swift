import Kernels

/// Lookahead (Zhang, Lucas, Hinton and Ba, 2019) around any optimiser: after every `interval` steps, slow weights s
/// move towards the parameters, s ← s + α(p − s), and the optimiser continues from them, p ← s.
///
/// The slow weights are initialised with the parameters before the first step.
public struct Lookahead: Optimizer {
  /// The inner optimiser.
  public var base: any Optimizer
  /// The number of steps between two updates of the slow weights, at least 1.
  public var interval: Int
  /// The fraction α of the way, 0 to 1.
  public var alpha: Float

  /// Lookahead around `base`.
  public init(_ base: any Optimizer, interval: Int = 5, alpha: Float = 0.5) {
    self.base = base
    self.interval = interval
    self.alpha = alpha
  }

  public var name: String { "Lookahead(\(base.name))" }

  public var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    guard interval >= 1 else {
      throw .invalidValue(optimizer: name, name: "interval", value: "\(interval)", expected: "at least 1")
    }
    guard 0...1 ~= alpha else {
      throw .invalidValue(optimizer: name, name: "alpha", value: "\(alpha)", expected: "0 to 1")
    }
    return try PlannedLookahead(self, memory, threads: threads, level: level)
  }
}

private final class PlannedLookahead: PlannedOptimizer {
  private let base: any PlannedOptimizer
  private let interval: Int
  private let alpha: Double
  private let slow: FloatStorage
  /// One for each contiguous block that is not frozen. A class, because plans are large values, which would be copied
  /// at every step.
  private var runs: [Run]
  /// ``ParameterMemory/freezeCount`` at the time of planning.
  private var freezeCount: Int
  private let memory: ParameterMemory
  private var workspace: Workspace
  private var stepCount = 0
  private let makeRuns: () throws(OptimizerError) -> [Run]

  private final class Run {
    let piece: ParameterMemory.Block
    let kernel: Plan<WeightAverageStep>

    init(_ piece: ParameterMemory.Block, _ kernel: Plan<WeightAverageStep>) {
      self.piece = piece
      self.kernel = kernel
    }
  }

  init(_ options: Lookahead, _ memory: ParameterMemory, threads: Int, level: InstructionSet?) throws(OptimizerError) {
    base = try options.base.plan(memory, threads: threads, level: level)
    interval = options.interval
    alpha = Double(options.alpha)
    self.memory = memory
    slow = FloatStorage(zeros: memory.count)
    let makeRuns = { () throws(OptimizerError) -> [Run] in
      var runs: [Run] = []
      for piece in memory.unfrozenPieces(of: 0..<memory.count) {
        let problem = WeightAverageStep.Problem(count: piece.range.count, valuesFollow: true)
        runs.append(
          Run(
            piece,
            try parameterKernel(
              WeightAverageStep.self, problem, for: options.name, threads: threads, level: level)))
      }
      return runs
    }
    self.makeRuns = makeRuns
    runs = try makeRuns()
    freezeCount = memory.freezeCount
    workspace = Workspace(byteCount: runs.map(\.kernel.workspaceByteCount).max() ?? 0)
    begin()
  }

  /// Initialises the slow weights with the parameters.
  private func begin() {
    for piece in memory.pieces(of: 0..<memory.count) {
      (slow.pointer + piece.range.lowerBound).update(from: piece.values, count: piece.range.count)
    }
  }

  /// Plans again without the frozen parameters, if they changed.
  private func followFreezing() {
    guard memory.freezeCount != freezeCount else { return }
    freezeCount = memory.freezeCount
    do {
      runs = try makeRuns()
    } catch {
      // Cannot happen: level and threads were checked when the optimiser was planned, and a part of an array is planned
      // like the whole.
      preconditionFailure("Lookahead: \(error)")
    }
    let byteCount = runs.map(\.kernel.workspaceByteCount).max() ?? 0
    if byteCount > workspace.byteCount { workspace = Workspace(byteCount: byteCount) }
  }

  func step() {
    if stepCount == 0 { begin() }
    base.step()
    stepCount += 1
    guard stepCount.isMultiple(of: interval) else { return }
    followFreezing()
    for run in runs {
      run.kernel.run(
        WeightAverageStep.Operands(
          averages: slow.pointer + run.piece.range.lowerBound, values: run.piece.values, fraction: alpha),
        workspace: workspace)
    }
  }

  var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }
  var learningRates: [Float] {
    get { base.learningRates }
    set { base.learningRates = newValue }
  }
  var momentum: Float? {
    get { base.momentum }
    set { base.momentum = newValue }
  }

  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("slow", UnsafeMutableBufferPointer(start: slow.pointer, count: slow.count))]
      + base.stateTensors.map { ("base.\($0.name)", $0.values) }
  }

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError) {
    try requireState(
      learningRates: learningRates, momentum: momentum, counters: counters.filter { !$0.key.hasPrefix("base.") },
      named: ["step"])
    try base.check(learningRates: learningRates, momentum: momentum, counters: inner(counters))
  }

  var counters: [String: Int] {
    get {
      let inner = base.counters.map { ("base.\($0.key)", $0.value) }
      return Dictionary(inner + [("step", stepCount)]) { first, _ in first }
    }
    set {
      stepCount = newValue["step"] ?? 0
      base.counters = inner(newValue)
    }
  }

  /// The counters of the inner optimiser.
  private func inner(_ counters: [String: Int]) -> [String: Int] {
    let inner = counters.filter { $0.key.hasPrefix("base.") }.map { (String($0.key.dropFirst(5)), $0.value) }
    return Dictionary(inner) { first, _ in first }
  }
}
