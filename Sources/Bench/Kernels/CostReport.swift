import Kernels

/// Processors that `bench kernels --costs` knows.
enum MachineName: String, CaseIterable {
  case current
  case haswell
  case zen2
  case zen4
  case zen5
  case iceLake = "ice-lake"
  case sapphireRapids = "sapphire-rapids"

  var machine: Machine {
    switch self {
    case .current: .current
    case .haswell: .haswell
    case .zen2: .zen2
    case .zen4: .zen4
    case .zen5: .zen5
    case .iceLake: .iceLake
    case .sapphireRapids: .sapphireRapids
    }
  }
}

/// The result file of `bench kernels --costs`, schema `bench.costs/1`.
struct CostReport: Encodable {
  private(set) var schema = "bench.costs/1"
  let machine: String
  var rows: [CostRow] = []
}

/// What one kernel is expected to take for one problem on one thread.
struct CostRow: Encodable {
  let kernel: String
  let pass: String
  let shape: String
  /// The name of the row in the operation's table.
  let algorithm: String
  let isa: String
  let cycles: Double
  /// The model that the cycles follow from, and what it counts; nil where there is none.
  let model: String?
  let terms: [String: Double]?
  /// Whether a plan at this row's level chooses it.
  let chosen: Bool

  static let table = Table(columns: [
    .text("kernel", width: 23), .text("pass", width: 16), .text("shape", width: 27), .text("algorithm", width: 25),
    .figure("cycles", width: 14), .text("model"),
  ])

  var cells: [String] {
    [kernel, pass, shape, algorithm + (chosen ? " *" : ""), Figure.fixed(cycles, 0), model ?? ""]
  }
}

/// The result file of `bench kernels --planning`, schema `bench.planning/1`.
struct PlanningReport: Encodable {
  private(set) var schema = "bench.planning/1"
  let cpu: String
  var rows: [PlanningRow] = []
}

/// The time of making a plan for one problem: validation, the choice of a row, and all that it prepares.
struct PlanningRow: Encodable {
  let kernel: String
  let pass: String
  let shape: String
  /// The row that the plan chooses.
  let algorithm: String
  let isa: String
  let threads: Int
  let medianSeconds: Double
  let minSeconds: Double

  static let table = Table(columns: [
    .text("kernel", width: 23), .text("pass", width: 16), .text("shape", width: 27), .text("algorithm", width: 25),
    .figure("threads"), .figure("median", width: 10), .figure("min", width: 10),
  ])

  var cells: [String] {
    [
      kernel, pass, shape, algorithm, "\(threads)", Figure.duration(medianSeconds), Figure.duration(minSeconds),
    ]
  }
}

extension OperationCase {
  func costs(level: InstructionSet, machine: Machine) -> [CostRow] {
    var rows: [CostRow] = []
    var chosen: [InstructionSet: String] = [:]
    for level in InstructionSet.allCases {
      chosen[level] = Op.cheapest(of: { $0.level == level && !$0.isReference }, for: problem, machine)?.name
    }
    for kernel in Op.kernels where !kernel.isReference && kernel.level <= level {
      guard let cost = kernel.cost(problem, machine) else { continue }
      let terms = kernel.costTerms(problem, machine)
      rows.append(
        CostRow(
          kernel: self.kernel, pass: pass, shape: shape, algorithm: kernel.name, isa: kernel.level.rawValue,
          cycles: cost, model: terms?.model.name, terms: terms?.named, chosen: kernel.name == chosen[kernel.level]))
    }
    return rows
  }

  func planning(level: InstructionSet, threads: Int) throws -> PlanningRow {
    let plan = try Plan<Op>(problem, level: level, threads: threads)
    let samples = try Timing.brief.sample { _ in _ = try Plan<Op>(problem, level: level, threads: threads) }
    return PlanningRow(
      kernel: kernel, pass: pass, shape: shape, algorithm: plan.kernel.name, isa: plan.kernel.level.rawValue,
      threads: threads, medianSeconds: samples.median, minSeconds: samples.min() ?? .nan)
  }
}
