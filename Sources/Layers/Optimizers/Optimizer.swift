import Kernels

/// How parameters follow their gradients, described.
public protocol Optimizer: Sendable {
  /// The optimiser's name in messages and summaries.
  var name: String { get }
  /// The size of a step.
  var learningRate: Float { get set }
  /// Plans the update of parameters in memory. What the optimiser remembers starts anew.
  func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer
}

extension Optimizer {
  /// Plans the update of a model's parameters. What the optimiser remembers starts anew.
  public func plan(
    _ model: Model, threads: Int = 1, level: InstructionSet? = nil
  ) throws(LayerError) -> any PlannedOptimizer {
    try plan(ParameterMemory(model), threads: threads, level: level)
  }

  /// Plans the update of parameters in memory at the best level.
  public func plan(_ memory: ParameterMemory, threads: Int = 1) throws(LayerError) -> any PlannedOptimizer {
    try plan(memory, threads: threads, level: nil)
  }

  /// Plans the update of parameters in memory by one thread.
  public func plan(_ memory: ParameterMemory, level: InstructionSet?) throws(LayerError) -> any PlannedOptimizer {
    try plan(memory, threads: 1, level: level)
  }
}

/// The optimiser of one model, or of other parameters: it remembers what its formula needs from step to step.
///
/// All that it remembers can be read and written: an optimiser that is planned by the same description, and is given the
/// ``stateTensors``' values, the ``counters``, the ``learningRates`` and the ``momentum`` of another, goes on as that
/// would have, bit for bit.
public protocol PlannedOptimizer: AnyObject {
  /// The size of the next step. Where there are groups of parameters, it is that of the parameters in none of them;
  /// setting it changes the groups' by the same factor.
  var learningRate: Float { get set }
  /// The learning rates of all groups, first that of the parameters in none of them. A schedule that does not just
  /// multiply, such as one with a minimum, is applied to each: `rates[i] = schedule.learningRate(at: t, from: bases[i])`.
  var learningRates: [Float] { get set }
  /// The momentum (Adam's beta1), which some schedules change; nil where there is none to change. Setting it sets that
  /// of all groups which have one.
  var momentum: Float? { get set }
  /// What is remembered for each parameter, under PyTorch's names, such as `exp_avg`. The memory is laid out as
  /// ``Model/parameterBuffer``, or by ``ParameterMemory/ranges``, stays where it is, and may be written between steps.
  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }
  /// What is counted, such as steps. Names that are missing where it is set count as 0, and others say nothing.
  var counters: [String: Int] { get set }
  /// Checks that these values, such as a checkpoint's, are ones that this optimiser can have and go on with; it changes
  /// nothing.
  /// - Throws: ``LayerError`` naming the value that is missing, unknown or out of range.
  func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError)
  /// Updates the parameters by their gradients, in one pass over all of them. Those that are frozen now stay as they are,
  /// and so does what is remembered of them: ``ParameterMemory/unfrozenRanges`` are the others. It allocates nothing, but
  /// for the first step after parameters were frozen or unfrozen.
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

  public func check(learningRates: [Float], momentum: Float?, counters: [String: Int]) throws(LayerError) {
    try requireState(
      learningRates: learningRates, momentum: momentum, counters: counters, named: self.counters.keys.sorted())
  }
}

/// The largest count of a training, 2⁵³: `Double` holds all counts up to it, and no training comes near.
let largestCount = 1 << 53

extension PlannedOptimizer {
  /// What holds for every optimiser: there are as many values as it has itself, and counters of these names; learning
  /// rates and momentum are finite and not negative, counts from 0 to ``largestCount``.
  func requireState(
    learningRates: [Float], momentum: Float?, counters: [String: Int], named names: [String]
  ) throws(LayerError) {
    func require(_ condition: Bool, _ name: String, _ value: String, _ expected: String) throws(LayerError) {
      guard condition else {
        throw .invalidValue(layer: "the optimiser", name: name, value: value, expected: expected)
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
  func require(_ name: String, _ value: Float, atLeast low: Float, below high: Float = .infinity) throws(LayerError) {
    guard low <= value, value < high else {
      throw .invalidValue(
        layer: self.name, name: name, value: "\(value)",
        expected: "at least \(low)" + (high == .infinity ? "" : " and less than \(high)"))
    }
  }
}

/// Plans a kernel that runs over parameters or gradients.
func parameterKernel<Op: KernelOperation>(
  _ operation: Op.Type, _ problem: Op.Problem, for user: String, threads: Int, level: InstructionSet?
) throws(LayerError) -> Plan<Op> {
  do {
    return try Plan<Op>(problem, level: level, threads: threads)
  } catch {
    throw .kernel(layer: user, error)
  }
}
