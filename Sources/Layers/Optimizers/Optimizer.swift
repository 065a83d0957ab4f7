import Kernels

/// How parameters follow their gradients, described.
public protocol Optimizer: Sendable {
  /// The optimiser's name in messages and summaries.
  var name: String { get }
  /// The size of a step.
  var learningRate: Float { get set }
  /// Plans the update of a model's parameters. What the optimiser remembers starts at zero.
  func plan(_ model: Model, threads: Int, level: InstructionSet?) throws(LayerError) -> any PlannedOptimizer
}

/// The optimiser of one model: it remembers what its formula needs from step to step.
public protocol PlannedOptimizer: AnyObject {
  /// The size of the next step.
  var learningRate: Float { get set }
  /// Updates the model's parameters by their gradients, in one pass over all of them. It allocates nothing.
  func step()
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

  /// Plans an update kernel.
  func kernel<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> Plan<Op> {
    do {
      return try Plan<Op>(problem, level: level, threads: threads)
    } catch {
      throw .kernel(layer: name, error)
    }
  }
}
