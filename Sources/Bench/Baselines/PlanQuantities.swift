import AllocationCounter
import Kernels

/// What plans are: which row, how much scratch memory; and how many heap allocations making them takes.
enum PlanQuantities {
  /// Files of Benchmarks/shapes: one for each kind of choice.
  private static let files = ["targets", "square", "fully-connected", "pooling", "depthwise", "winograd"]
  /// A shape of each family, for the operations that these files do not have.
  private static let others = ["mb32ic64ih14", "mb32ic10", "n100000", "mb8ic16ih14oh3"]

  static func problems() throws -> [any KernelCase] {
    let folder = try ShapeFile.folder()
    var shapes: [KernelShape] = []
    for file in files { shapes += try ShapeFile(path: "\(folder)/\(file).txt").shapes }
    for shape in others { shapes.append(try KernelShape(shape, at: "baselines")) }
    var seen: Set<KernelShape> = []
    return shapes.filter { seen.insert($0).inserted }.flatMap(KernelCases.cases)
  }

  /// The values of the sections ``BaselineSection/plans``, by problem, and ``BaselineSection/planning``, by operation
  /// and pass; none of the latter where allocations are not counted.
  static func plans(
    _ problems: [any KernelCase], level: InstructionSet, machine: Machine
  ) throws -> (plans: [String: String], planning: [String: String]) {
    var plans: [String: String] = [:]
    var allocations: [String: Int] = [:]
    for problem in problems {
      let plan = try problem.plan(level: level, machine: machine)
      plans[problem.name] = "\(plan.row), \(plan.workspaceByteCount) bytes"
      allocations["\(problem.kernel) \(problem.pass)", default: 0] += plan.allocations
    }
    return (plans, allocation_counter_is_supported() != 0 ? allocations.mapValues { "\($0)" } : [:])
  }

  /// The values of the section ``BaselineSection/rows``, by operation and pass.
  static func rows(_ problems: [any KernelCase], level: InstructionSet) -> [String: String] {
    var values: [String: String] = [:]
    for problem in problems {
      values["\(problem.kernel) \(problem.pass)"] = problem.rowNames(level: level).joined(separator: ", ")
    }
    return values
  }
}

extension KernelCases {
  /// The problems of some shapes.
  static func cases(_ shapes: [String]) throws -> [any KernelCase] {
    try shapes.flatMap { cases(try KernelShape($0, at: "baselines")) }
  }
}

extension KernelCase {
  /// Operation, pass and shape: what is to be computed, and not with which row.
  var name: String { "\(kernel) \(pass) \(shape)" }
}

extension OperationCase {
  func rowNames(level: InstructionSet) -> [String] { Op.kernels.filter { $0.level == level }.map(\.name) }

  func plan(
    level: InstructionSet, machine: Machine
  ) throws -> (row: String, workspaceByteCount: Int, allocations: Int) {
    // The first plan of an operation makes its table.
    _ = try Plan<Op>(problem, level: level, machine: machine)
    let before = allocation_count_of_thread()
    let plan = try Plan<Op>(problem, level: level, machine: machine)
    return (plan.kernel.name, plan.workspaceByteCount, allocation_count_of_thread() - before)
  }
}
