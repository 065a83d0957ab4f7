import Kernels

/// The description of an optimiser: the rule by which gradients update parameters.
public protocol Optimizer: Sendable {
  /// The optimiser's name in messages and summaries.
  var name: String { get }
  /// The learning rate.
  var learningRate: Float { get set }
  /// Plans updates of parameters in memory, with new optimiser state.
  func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer
}

extension Optimizer {
  /// Plans updates of a model's parameters, with new optimiser state.
  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(OptimizerError) -> any PlannedOptimizer {
    try plan(ParameterMemory(model), threads: threads, level: level)
  }

  /// Plans updates of parameters in memory at the best level.
  public func plan(_ memory: ParameterMemory, threads: Int = 1) throws(OptimizerError) -> any PlannedOptimizer {
    try plan(memory, threads: threads, level: nil)
  }

  /// Plans updates of parameters in memory with one thread.
  public func plan(_ memory: ParameterMemory, level: InstructionSet?) throws(OptimizerError) -> any PlannedOptimizer {
    try plan(memory, threads: 1, level: level)
  }
}

/// An optimiser planned for one model, or for other parameters, with its state.
///
/// Its complete state can be read and written: an optimiser planned from the same description that is given the values
/// of the ``stateTensors``, ``counters``, ``learningRates`` and ``momentum`` of another one continues as that one
/// would, bit for bit.
public protocol PlannedOptimizer: AnyObject {
  /// The learning rate of the next step. With parameter groups, it is that of the parameters in no group; setting it
  /// scales the groups' rates by the same factor.
  var learningRate: Float { get set }
  /// The learning rates of all groups, the first being that of the parameters in no group. Apply a schedule that does
  /// more than scale, such as one with a minimum, to each: `rates[i] = schedule.learningRate(at: t, from: bases[i])`.
  var learningRates: [Float] { get set }
  /// The momentum (Adam's beta1), which some schedules change; nil if the optimiser has none. Setting it sets that of
  /// all groups that have one.
  var momentum: Float? { get set }
  /// The state of the parameters under PyTorch's names, such as `exp_avg`, with the layout of ``Model/parameterBuffer``
  /// or ``ParameterMemory/ranges``. The memory is never moved, and may be written between steps.
  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }
  /// The counters, such as the number of steps. When set, missing names count as 0, and unknown names are ignored.
  var counters: [String: Int] { get set }
  /// Checks that values, such as a checkpoint's, are valid for this optimiser; changes nothing.
  /// - Throws: ``OptimizerError`` naming the value that is missing, unknown or out of range.
  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError)
  /// Updates the parameters from their gradients, in one pass. Frozen parameters and their state are not changed:
  /// ``ParameterMemory/unfrozenRanges`` are the others. It allocates nothing, except at the first step after parameters
  /// were frozen or unfrozen.
  func step()
}

extension PlannedOptimizer {
  public var learningRates: [Float] {
    get { [learningRate] }
    set { if let first = newValue.first { learningRate = first } }
  }
  public var momentum: Float? {
    get { nil }
    set {}
  }
  public var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { [] }
  public var counters: [String: Int] {
    get { [:] }
    set {}
  }

  public func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(OptimizerError) {
    try requireState(
      learningRates: learningRates, momentum: momentum, counters: counters, named: self.counters.keys.sorted())
  }
}

/// The largest valid counter, 2⁵³: `Double` represents every integer up to it, and no training reaches it.
let largestCount = 1 << 53

extension PlannedOptimizer {
  /// The checks for every optimiser: as many learning rates as it has, a momentum only if it has one, and counters of
  /// exactly these names; learning rates and momentum are finite and not negative, counters from 0 to ``largestCount``.
  func requireState(
    learningRates: [Float], momentum: Float?, counters: [String: Int], named names: [String]
  ) throws(OptimizerError) {
    func require(_ condition: Bool, _ name: String, _ value: String, _ expected: String) throws(OptimizerError) {
      guard condition else {
        throw .invalidValue(optimizer: "the optimiser", name: name, value: value, expected: expected)
      }
    }
    let rates = self.learningRates.count
    try require(
      learningRates.count == rates, "the number of learning rates", "\(learningRates.count)",
      "\(rates), one for each group of parameters")
    for rate in learningRates {
      try require(rate >= 0 && rate.isFinite, "a learning rate", "\(rate)", "a number of at least 0")
    }
    try require(
      (momentum == nil) == (self.momentum == nil), "the momentum", momentum.map { "\($0)" } ?? "missing",
      self.momentum == nil ? "none" : "a number of at least 0")
    if let momentum {
      try require(momentum >= 0 && momentum.isFinite, "the momentum", "\(momentum)", "a number of at least 0")
    }
    try require(
      counters.keys.sorted() == names, "the counters", "\(counters.keys.sorted())", "\(names)")
    for (name, count) in counters.sorted(by: { $0.key < $1.key }) {
      try require(0...largestCount ~= count, "the counter '\(name)'", "\(count)", "0 to \(largestCount)")
    }
  }
}

extension Optimizer {
  /// Checks that an option lies in a range.
  func require(_ name: String, _ value: Float, atLeast low: Float, below high: Float = .infinity) throws(OptimizerError)
  {
    guard low <= value, value < high else {
      throw .invalidValue(
        optimizer: self.name, name: name, value: "\(value)",
        expected: "at least \(low)" + (high == .infinity ? "" : " and less than \(high)"))
    }
  }
}

/// Plans a kernel that runs over parameters or gradients.
func parameterKernel<Op: KernelOperation>(
  _ operation: Op.Type, _ problem: Op.Problem, for user: String, threads: Int, level: InstructionSet?
) throws(OptimizerError) -> Plan<Op> {
  do {
    return try Plan<Op>(problem, level: level, threads: threads)
  } catch {
    throw .kernel(optimizer: user, error)
  }
}
