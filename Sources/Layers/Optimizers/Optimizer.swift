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
  /// Updates the parameters by their gradients, in one pass over all of them. It allocates nothing.
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
