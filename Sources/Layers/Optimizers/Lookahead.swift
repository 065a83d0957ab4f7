import Kernels

/// Lookahead (Zhang, Lucas, Hinton and Ba, 2019) around any optimiser: after every `interval` steps of it, slow weights s
/// go a part of the way to where it has come, s ← s + α(p − s), and it goes on from there, p ← s.
///
/// The slow weights begin as the parameters before the first step.
public struct Lookahead: Optimizer {
  public var base: any Optimizer
  /// Steps between two of the slow weights.
  public var interval: Int
  /// The part of the way.
  public var alpha: Float

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
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> any PlannedOptimizer {
    guard interval >= 1 else {
      throw .invalidValue(layer: name, name: "interval", value: "\(interval)", expected: "at least 1")
    }
    guard 0...1 ~= alpha else {
      throw .invalidValue(layer: name, name: "alpha", value: "\(alpha)", expected: "0 to 1")
    }
    return try PlannedLookahead(self, model, threads: threads, level: level)
  }
}

private final class PlannedLookahead: PlannedOptimizer {
  private let base: any PlannedOptimizer
  private let interval: Int
  private let alpha: Double
  private let model: Model
  private let slow: FloatStorage
  private let kernel: Plan<WeightAverageStep>
  private let workspace: Workspace
  private var stepCount = 0

  init(_ options: Lookahead, _ model: Model, threads: Int, level: InstructionSet?) throws(LayerError) {
    base = try options.base.plan(model, threads: threads, level: level)
    interval = options.interval
    alpha = Double(options.alpha)
    self.model = model
    let count = model.parameterBuffer.count
    slow = FloatStorage(copying: model.values.storage.pointer, count: count)
    kernel = try parameterKernel(
      WeightAverageStep.self, WeightAverageStep.Problem(count: count, valuesFollow: true), for: options.name,
      threads: threads, level: level)
    workspace = Workspace(byteCount: kernel.workspaceByteCount)
  }

  func step() {
    if stepCount == 0 { slow.pointer.update(from: model.values.storage.pointer, count: slow.count) }
    base.step()
    stepCount += 1
    if stepCount.isMultiple(of: interval) {
      kernel.run(
        WeightAverageStep.Operands(
          averages: slow.pointer, values: model.values.storage.pointer, share: alpha),
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

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError) {
    try requireState(learningRates: learningRates, momentum: momentum, counters: counters)
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

  /// The counters of the optimiser inside.
  private func inner(_ counters: [String: Int]) -> [String: Int] {
    let inner = counters.filter { $0.key.hasPrefix("base.") }.map { (String($0.key.dropFirst(5)), $0.value) }
    return Dictionary(inner) { first, _ in first }
  }
}
