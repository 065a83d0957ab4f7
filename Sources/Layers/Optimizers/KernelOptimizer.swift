import Kernels

/// An optimiser whose step is a run of one kernel over parameters, gradients and up to three arrays of state.
protocol KernelOptimizer: GroupableOptimizer {
  associatedtype Step: KernelOperation
  /// PyTorch's names of the arrays that options of this kind can ask for, at most three.
  static var stateNames: [String] { get }
  /// What each of these arrays holds in the beginning; nil for one that these options do not ask for.
  var firstStates: [Float?] { get }
  /// Whether there is a momentum that schedules may change, which is then ``cycledMomentum``.
  var cyclesMomentum: Bool { get }
  var cycledMomentum: Float { get set }
  /// PyTorch's name of the number that ``advanced(_:toStep:)`` makes go on; nil where there is none.
  static var productName: String? { get }
  /// A number of 0 to 1 that a step depends on, from what it was at the step before; 1 before the first.
  func advanced(_ product: Float, toStep step: Int) -> Float
  /// Checks the options.
  func check() throws(LayerError)
  func problem(count: Int) -> Step.Problem
  func operands(_ memory: StepMemory) -> Step.Operands
}

/// Where a step finds its arrays, and which step it is.
struct StepMemory {
  var parameters: UnsafeMutablePointer<Float>
  var gradients: UnsafePointer<Float>
  /// The arrays of ``KernelOptimizer/stateNames``, where these options ask for them.
  var states: (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?)
  /// Counted from 1.
  var step: Int
  /// ``KernelOptimizer/advanced(_:toStep:)`` at this step.
  var product: Float
}

extension KernelOptimizer {
  static var productName: String? { nil }
  func advanced(_ product: Float, toStep step: Int) -> Float { product }

  public static func plan(
    _ groups: [OptimizerGroup<Self>], of memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer {
    try PlannedSteps(groups, memory, threads: threads, level: level)
  }
}

/// A kernel run for each piece of memory of each group, most often one in all. What is frozen is left out, so that the
/// parameters around it, and those that have missed steps, are pieces of their own.
final class PlannedSteps<Options: KernelOptimizer>: PlannedOptimizer {
  private let memory: ParameterMemory
  /// In the order of ``KernelOptimizer/stateNames``; nil for those that no group asks for.
  private let states: [FloatStorage?]
  private let groups: [Group]
  private var workspace = Workspace(byteCount: 0)
  private let threads: Int
  private let level: InstructionSet?
  /// The steps of parameters that are never frozen.
  private var stepCount = 0
  /// Of each parameter.
  private var histories: [StepHistory]
  /// ``ParameterMemory/freezeCount`` of what is planned; nil for nothing.
  private var freezeCount: Int?

  /// Classes, because options and plans are large values to copy at every step.
  private final class Group {
    var options: Options
    /// This group's learning rate over the first's.
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
    /// The positions of its parameters.
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
  ) throws(LayerError) {
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
            layer: group.options.name, name: "a group's range", value: "\(range)", expected: "whole parameters")
        }
      }
    }
    self.groups = groups.map { group in
      let ratio = baseRate == 0 ? nil : Double(group.options.learningRate) / baseRate
      return Group(group.options, ratio, group.ranges)
    }
    try plan()
  }

  /// Plans the runs over what is not frozen now.
  private func plan() throws(LayerError) {
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

  /// The parts of a range whose neighbouring parameters are not frozen and have made the same steps.
  private func segments(of range: Range<Int>) -> [(range: Range<Int>, parameters: Range<Int>)] {
    var segments: [(range: Range<Int>, parameters: Range<Int>)] = []
    let inside = memory.places.indices.filter { memory.places[$0].overlaps(range) }
    for (k, i) in inside.enumerated() where !memory.isFrozen(i) {
      // The gaps before the first parameter and behind the last are as well updated as left out: all is 0 there.
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

  /// The arrays that any group asks for, each group's ranges filled with what it begins with.
  private static func states(_ groups: [OptimizerGroup<Options>], count: Int) -> [FloatStorage?] {
    Options.stateNames.indices.map { i in
      guard groups.contains(where: { $0.options.firstStates[i] != nil }) else { return nil }
      let storage = FloatStorage(repeating: 0, count: count)
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

  /// Parameters without values, which no run updates, have no history.
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

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError) {
    try requireState(
      learningRates: learningRates, momentum: momentum, counters: stepCounters.check(counters), named: ["step"])
    // The options' own limits, such as a beta1 below 1.
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
      // The options were checked, they ask for the arrays that their problem needs, and parts of an array are no harder
      // to plan than all of it.
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
