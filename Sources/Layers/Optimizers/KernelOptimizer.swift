import Kernels

/// An optimiser whose step is a run of one kernel over parameters, gradients and up to three arrays of state.
protocol KernelOptimizer: GroupableOptimizer {
  associatedtype Step: KernelOperation
  /// PyTorch's names of the state arrays, at most three, that some options need.
  static var stateNames: [String] { get }
  /// The initial value of each state array; nil for one that these options do not need.
  var firstStates: [Float?] { get }
  /// Whether schedules may change the momentum, see ``cycledMomentum``.
  var cyclesMomentum: Bool { get }
  var cycledMomentum: Float { get set }
  /// PyTorch's name of the running product that ``advanced(_:toStep:)`` updates; nil for none.
  static var productName: String? { get }
  /// The running product, 0 to 1, at a step, from its value at the step before; 1 before the first step.
  func advanced(_ product: Float, toStep step: Int) -> Float
  /// Checks the options.
  func check() throws(OptimizerError)
  func problem(count: Int) -> Step.Problem
  func operands(_ memory: StepMemory) -> Step.Operands
}

/// The arrays of a step, and its number.
struct StepMemory {
  var parameters: UnsafeMutablePointer<Float>
  var gradients: UnsafePointer<Float>
  /// The state arrays of ``KernelOptimizer/stateNames``; nil for those that the options do not need.
  var states: (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?)
  /// The step's number, counted from 1.
  var step: Int
  /// ``KernelOptimizer/advanced(_:toStep:)`` at this step.
  var product: Float
}

extension KernelOptimizer {
  static var productName: String? { nil }
  func advanced(_ product: Float, toStep step: Int) -> Float { product }

  public static func plan(
    _ groups: [OptimizerGroup<Self>], of memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    try PlannedSteps(groups, memory, threads: threads, level: level)
  }
}

/// One kernel run for each contiguous block of each group, in most cases a single run. Frozen parameters are skipped,
/// so blocks end at them, and at parameters that have made a different number of steps.
final class PlannedSteps<Options: KernelOptimizer>: PlannedOptimizer {
  private let memory: ParameterMemory
  /// The state arrays in the order of ``KernelOptimizer/stateNames``; nil for those that no group needs.
  private let states: [FloatStorage?]
  private let groups: [Group]
  private var workspace = Workspace(byteCount: 0)
  private let threads: Int
  private let level: InstructionSet?
  /// The number of steps of parameters that were never frozen.
  private var stepCount = 0
  /// The history of each parameter.
  private var histories: [StepHistory]
  /// ``ParameterMemory/freezeCount`` at the time of planning; nil before the first.
  private var freezeCount: Int?

  /// Classes, because options and plans are large values, which would be copied at every step.
  private final class Group {
    var options: Options
    /// This group's learning rate divided by the first group's; nil if that is 0.
    let rateRatio: Double?
    let ranges: [Range<Int>]
    var runs: [Run] = []
    let cyclesMomentum: Bool

    init(_ options: Options, _ rateRatio: Double?, _ ranges: [Range<Int>]) {
      self.options = options
      cyclesMomentum = options.cyclesMomentum
      self.rateRatio = rateRatio
      self.ranges = ranges
    }
  }

  private final class Run {
    let piece: ParameterMemory.Block
    /// The indices of the block's parameters.
    let parameters: Range<Int>
    let plan: Plan<Options.Step>

    init(_ piece: ParameterMemory.Block, _ parameters: Range<Int>, _ plan: Plan<Options.Step>) {
      self.piece = piece
      self.parameters = parameters
      self.plan = plan
    }
  }

  init(
    _ groups: [OptimizerGroup<Options>], _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) {
    self.memory = memory
    self.threads = threads
    self.level = level
    states = PlannedSteps.states(groups, count: memory.count)
    histories = [StepHistory](repeating: StepHistory(), count: memory.parameters.count)
    let baseRate = Double(groups.first?.options.learningRate ?? 0)
    for group in groups {
      try group.options.check()
      for range in group.ranges {
        guard memory.places.allSatisfy({ $0.isEmpty || !$0.overlaps(range) || $0.clamped(to: range) == $0 }) else {
          throw .invalidValue(
            optimizer: group.options.name, name: "a group's range", value: "\(range)", expected: "whole parameters")
        }
      }
    }
    self.groups = groups.map { group in
      let ratio = baseRate == 0 ? nil : Double(group.options.learningRate) / baseRate
      return Group(group.options, ratio, group.ranges)
    }
    try plan()
  }

  /// Plans the runs over the parameters that are not frozen.
  private func plan() throws(OptimizerError) {
    var workspaceByteCount = 0
    for group in groups {
      var runs: [Run] = []
      for range in group.ranges {
        for segment in segments(of: range) {
          for piece in memory.pieces(of: segment.range) {
            let plan = try parameterKernel(
              Options.Step.self, group.options.problem(count: piece.range.count), for: group.options.name,
              threads: threads, level: level)
            workspaceByteCount = max(workspaceByteCount, plan.workspaceByteCount)
            let parameters = segment.parameters.filter { memory.places[$0].overlaps(piece.range) }
            runs.append(Run(piece, (parameters.first ?? 0)..<(parameters.last ?? -1) + 1, plan))
          }
        }
      }
      group.runs = runs
    }
    if workspaceByteCount > workspace.byteCount { workspace = Workspace(byteCount: workspaceByteCount) }
    freezeCount = memory.freezeCount
  }

  /// Splits a range into segments of neighbouring parameters that are not frozen and have made the same steps.
  private func segments(of range: Range<Int>) -> [(range: Range<Int>, parameters: Range<Int>)] {
    var segments: [(range: Range<Int>, parameters: Range<Int>)] = []
    let inside = memory.places.indices.filter { memory.places[$0].overlaps(range) }
    for (k, i) in inside.enumerated() where !memory.isFrozen(i) {
      // The gaps before the first and after the last parameter may be included: they hold zeros, which a step leaves at
      // zero.
      let start = k == 0 ? range.lowerBound : memory.places[i].lowerBound
      let end = k == inside.count - 1 ? range.upperBound : memory.places[i].upperBound
      if let last = segments.last, k > 0, last.parameters.upperBound == inside[k - 1] + 1,
        histories[inside[k - 1]] == histories[i]
      {
        segments[segments.count - 1] = (last.range.lowerBound..<end, last.parameters.lowerBound..<i + 1)
      } else {
        segments.append((start..<end, i..<i + 1))
      }
    }
    return segments
  }

  /// The state arrays that any group needs, filled with each group's initial values.
  private static func states(_ groups: [OptimizerGroup<Options>], count: Int) -> [FloatStorage?] {
    Options.stateNames.indices.map { i in
      guard groups.contains(where: { $0.options.firstStates[i] != nil }) else { return nil }
      let storage = FloatStorage(zeros: count)
      for group in groups {
        guard let first = group.options.firstStates[i], first != 0 else { continue }
        for range in group.ranges {
          (storage.pointer + range.lowerBound).update(repeating: first, count: range.count)
        }
      }
      return storage
    }
  }

  var learningRate: Float {
    get { groups[0].options.learningRate }
    set {
      for (i, group) in groups.enumerated() {
        if i == 0 {
          group.options.learningRate = newValue
        } else if let ratio = group.rateRatio {
          group.options.learningRate = Float(Double(newValue) * ratio)
        }
      }
    }
  }

  var learningRates: [Float] {
    get { groups.map(\.options.learningRate) }
    set { for (group, rate) in zip(groups, newValue) { group.options.learningRate = rate } }
  }

  var momentum: Float? {
    get { groups.first(where: \.cyclesMomentum)?.options.cycledMomentum }
    set {
      guard let newValue else { return }
      for group in groups where group.cyclesMomentum { group.options.cycledMomentum = newValue }
    }
  }

  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    zip(Options.stateNames, states).compactMap { name, storage in
      storage.map { (name, UnsafeMutableBufferPointer(start: $0.pointer, count: $0.count)) }
    }
  }

  /// The indices of parameters that have values: others are never updated, and have no history.
  private var counted: [Int] { memory.places.indices.filter { !memory.places[$0].isEmpty } }

  private var stepCounters: StepCounters {
    StepCounters(names: counted.map { memory.parameters[$0].name }, productName: Options.productName)
  }

  var counters: [String: Int] {
    get { stepCounters.counters(stepCount: stepCount, counted.map { histories[$0] }) }
    set {
      let restored = stepCounters.histories(newValue)
      stepCount = restored.stepCount
      for (i, history) in zip(counted, restored.histories) { histories[i] = history }
      freezeCount = nil
    }
  }

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError) {
    try requireState(
      learningRates: learningRates, momentum: momentum, counters: stepCounters.check(counters), named: ["step"])
    // The options' limits, such as beta1 < 1.
    for (group, rate) in zip(groups, learningRates) {
      var options = group.options
      options.learningRate = rate
      if let momentum, group.cyclesMomentum { options.cycledMomentum = momentum }
      try options.check()
    }
  }

  func step() {
    do {
      if freezeCount != memory.freezeCount { try plan() }
      stepCount += 1
      for group in groups {
        for run in group.runs {
          var history = histories[run.parameters.lowerBound]
          history.steps += 1
          history.product = group.options.advanced(history.product, toStep: history.steps)
          for i in run.parameters { histories[i] = history }
          try run.plan.run(group.options.operands(memory(of: run.piece, history)), workspace: workspace)
        }
      }
    } catch {
      // Cannot happen: the options and the level were checked when the optimiser was planned, and a part of an array is
      // planned like the whole.
      preconditionFailure("\(Options.self): \(error)")
    }
  }

  private func memory(of piece: ParameterMemory.Block, _ history: StepHistory) -> StepMemory {
    let first = piece.range.lowerBound
    func state(_ i: Int) -> UnsafeMutablePointer<Float>? {
      i < states.count ? states[i].map { $0.pointer + first } : nil
    }
    return StepMemory(
      parameters: piece.values, gradients: UnsafePointer(piece.gradients), states: (state(0), state(1), state(2)),
      step: history.steps, product: history.product)
  }
}
