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
}

extension KernelOptimizer {
  public static func plan(
    _ groups: [OptimizerGroup<Self>], of memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer {
    try PlannedSteps(groups, memory, threads: threads, level: level)
  }
}

/// A kernel run for each piece of memory of each group, most often one in all.
final class PlannedSteps<Options: KernelOptimizer>: PlannedOptimizer {
  private let memory: ParameterMemory
  /// In the order of ``KernelOptimizer/stateNames``; nil for those that no group asks for.
  private let states: [FloatStorage?]
  private let groups: [Group]
  private let workspace: Workspace
  private var stepCount = 0

  /// Classes, because options and plans are large values to copy at every step.
  private final class Group {
    var options: Options
    /// This group's learning rate over the first's.
    let rateRatio: Double?
    let runs: [Run]
    let cyclesMomentum: Bool

    init(_ options: Options, _ rateRatio: Double?, _ runs: [Run]) {
      self.options = options
      cyclesMomentum = options.cyclesMomentum
      self.rateRatio = rateRatio
      self.runs = runs
    }
  }

  private final class Run {
    let piece: ParameterMemory.Block
    let plan: Plan<Options.Step>

    init(_ piece: ParameterMemory.Block, _ plan: Plan<Options.Step>) {
      self.piece = piece
      self.plan = plan
    }
  }

  init(
    _ groups: [OptimizerGroup<Options>], _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) {
    self.memory = memory
    states = PlannedSteps.states(groups, count: memory.count)
    let baseRate = Double(groups.first?.options.learningRate ?? 0)
    var planned: [Group] = []
    var workspaceByteCount = 0
    for group in groups {
      try group.options.check()
      var runs: [Run] = []
      for piece in group.ranges.flatMap(memory.pieces) {
        let plan = try parameterKernel(
          Options.Step.self, group.options.problem(count: piece.range.count), for: group.options.name,
          threads: threads, level: level)
        workspaceByteCount = max(workspaceByteCount, plan.workspaceByteCount)
        runs.append(Run(piece, plan))
      }
      let ratio = baseRate == 0 ? nil : Double(group.options.learningRate) / baseRate
      planned.append(Group(group.options, ratio, runs))
    }
    self.groups = planned
    workspace = Workspace(byteCount: workspaceByteCount)
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

  var counters: [String: Int] {
    get { ["step": stepCount] }
    set { stepCount = max(newValue["step"] ?? 0, 0) }
  }

  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError) {
    try requireState(learningRates: learningRates, momentum: momentum, counters: counters)
    // The options' own limits, such as a beta1 below 1.
    for (group, rate) in zip(groups, learningRates) {
      var options = group.options
      options.learningRate = rate
      if let momentum, group.cyclesMomentum { options.cycledMomentum = momentum }
      try options.check()
    }
  }

  func step() {
    stepCount += 1
    for group in groups {
      for run in group.runs {
        do {
          try run.plan.run(group.options.operands(memory(of: run.piece)), workspace: workspace)
        } catch {
          // The options were checked, and they ask for the arrays that their problem needs.
          preconditionFailure("\(Options.self): \(error)")
        }
      }
    }
  }

  private func memory(of piece: ParameterMemory.Block) -> StepMemory {
    let first = piece.range.lowerBound
    func state(_ i: Int) -> UnsafeMutablePointer<Float>? {
      i < states.count ? states[i].map { $0.pointer + first } : nil
    }
    return StepMemory(
      parameters: piece.values, gradients: UnsafePointer(piece.gradients), states: (state(0), state(1), state(2)),
      step: stepCount)
  }
}
