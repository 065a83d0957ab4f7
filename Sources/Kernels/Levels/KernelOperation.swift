/// An operation that has a table of kernels, such as a matrix product or one pass of a convolution.
///
/// Dispatch, the tests and the benchmark all walk ``kernels``: a row that is added there is dispatched, tested against
/// the last row and timed without another edit.
public protocol KernelOperation: Sendable {
  /// The shapes and parameters of one use of the operation; it says nothing about where the data is.
  associatedtype Problem: Sendable
  /// Pointers to the data of one run.
  associatedtype Operands
  /// What a run throws where operands do not fit the problem: `KernelError` where an operation's operands depend on its
  /// options, as those of the optimisers do, else `Never`, and then a run is called without `try`.
  associatedtype RunError: Error = Never

  /// The operation's name in tables and result files, such as `conv2d`.
  static var name: String { get }
  /// `forward`, `backward-data`, `backward-weights`, or `forward` where there is only one pass.
  static var pass: String { get }
  /// Every implementation. The last row is the scalar reference, which accepts every valid problem.
  static var kernels: [Kernel<Self>] { get }
  /// Throws when the operation is not defined for the problem, or where its sizes, or what follows from them, cannot be
  /// addressed: planning computes with them unchecked.
  static func validate(_ problem: Problem) throws(KernelError)
  /// Throws when a run's operands do not fit the problem. It is called at each run, so it looks at a few values only.
  static func check(_ problem: Problem, _ operands: Operands) throws(RunError)
}

extension KernelOperation {
  public static var pass: String { "forward" }
}

extension KernelOperation where RunError == Never {
  public static func check(_ problem: Problem, _ operands: Operands) {}
}

extension KernelOperation {
  /// The row of the table that is chosen for a problem among some of them: the first one whose cost is within half a
  /// percent of the lowest, because costs are not more exact than that; nil where none of them accepts the problem.
  ///
  /// A cost of less than a cycle says that no other algorithm is faster: their costs are then not asked for.
  package static func cheapest(
    of isCandidate: (Kernel<Self>) -> Bool, for problem: Problem, _ machine: Machine
  ) -> Kernel<Self>? {
    let rows = kernels
    var best: (row: Int, cost: Double)?
    let costs = rows.indices.map { (i) -> Double? in
      guard isCandidate(rows[i]) else { return nil }
      if let best, best.cost < 1, rows[best.row].algorithm != rows[i].algorithm { return nil }
      guard let cost = rows[i].cost(problem, machine) else { return nil }
      if best.map({ cost < $0.cost }) ?? true { best = (i, cost) }
      return cost
    }
    guard let best else { return nil }
    return costs.firstIndex { $0.map { $0 <= best.cost * 1.005 } ?? false }.map { rows[$0] }
  }
}

/// One row of an operation's table: an implementation at an instruction-set level.
public struct Kernel<Op: KernelOperation>: Sendable {
  /// How it computes, such as `packed` or `rows`; with the level and the tile it is the row's name.
  public let algorithm: String
  /// The level whose instructions it uses.
  public let level: InstructionSet
  /// Rows × vectors of the register tile; empty where there is no tile.
  public let tile: String
  /// The cycles that one thread of a machine is expected to take for a problem; nil where this kernel cannot run it,
  /// which does not depend on the machine. Among the kernels of the best level that has one, the first one whose cost
  /// is within half a percent of the lowest is chosen. It is 0 where a level has one kernel for every problem.
  public let cost: @Sendable (Op.Problem, Machine) -> Double?
  /// What the cost is a sum of; nil where it is none, or where the problem is shared out among kernels of several models.
  package let costTerms: @Sendable (Op.Problem, Machine) -> CostTerms?
  private let preparation: @Sendable (Op.Problem, Machine, _ threads: Int) -> PreparedKernel<Op.Operands>

  /// A row that does the same on every machine.
  public init(
    algorithm: String, level: InstructionSet, tile: String = "",
    cost: @escaping @Sendable (Op.Problem, Machine) -> Double? = { _, _ in 0 },
    prepare: @escaping @Sendable (Op.Problem, _ threads: Int) -> PreparedKernel<Op.Operands>
  ) {
    self.init(
      algorithm: algorithm, level: level, tile: tile, cost: cost,
      prepareForMachine: { problem, _, threads in prepare(problem, threads) })
  }

  /// A row that cuts its work as the machine is.
  public init(
    algorithm: String, level: InstructionSet, tile: String = "",
    cost: @escaping @Sendable (Op.Problem, Machine) -> Double?,
    prepareForMachine prepare: @escaping @Sendable (Op.Problem, Machine, _ threads: Int) -> PreparedKernel<Op.Operands>
  ) {
    self.init(
      algorithm: algorithm, level: level, tile: tile, cost: cost, terms: { _, _ in nil }, prepareForMachine: prepare)
  }

  /// A row whose cost is a sum of terms for some problems.
  init(
    algorithm: String, level: InstructionSet, tile: String = "",
    cost: @escaping @Sendable (Op.Problem, Machine) -> Double?,
    terms: @escaping @Sendable (Op.Problem, Machine) -> CostTerms?,
    prepareForMachine prepare: @escaping @Sendable (Op.Problem, Machine, _ threads: Int) -> PreparedKernel<Op.Operands>
  ) {
    self.algorithm = algorithm
    self.level = level
    self.tile = tile
    self.cost = cost
    costTerms = terms
    preparation = prepare
  }

  /// Does once, for a problem, a number of threads and a machine, all that does not depend on the data.
  public func prepare(
    _ problem: Op.Problem, _ threads: Int, machine: Machine = .current
  ) -> PreparedKernel<Op.Operands> {
    preparation(problem, machine, threads)
  }

  /// A row whose cost is a sum of terms.
  init(
    algorithm: String, level: InstructionSet, tile: String = "",
    terms: @escaping @Sendable (Op.Problem, Machine) -> CostTerms?,
    prepare: @escaping @Sendable (Op.Problem, _ threads: Int) -> PreparedKernel<Op.Operands>
  ) {
    self.init(
      algorithm: algorithm, level: level, tile: tile, cost: { terms($0, $1)?.cycles }, terms: terms,
      prepareForMachine: { problem, _, threads in prepare(problem, threads) })
  }

  /// Whether this kernel can run the problem.
  public func accepts(_ problem: Op.Problem) -> Bool { cost(problem, .current) != nil }

  /// The scalar reference of an operation: the oracle of the tests, and the fallback.
  public static func reference(_ body: @escaping @Sendable (Op.Problem, Op.Operands) -> Void) -> Kernel {
    Kernel(
      algorithm: "reference", level: .lowest, cost: { _, _ in .infinity },
      prepare: { problem, _ in PreparedKernel { operands, _ in body(problem, operands) } })
  }

  /// Whether this row is the scalar reference.
  public var isReference: Bool { algorithm == "reference" }

  /// The row's name, such as `pixels.avx512.6x4`.
  public var name: String {
    isReference ? algorithm : tile.isEmpty ? "\(algorithm).\(level)" : "\(algorithm).\(level).\(tile)"
  }
}

/// A kernel that is ready to run one problem any number of times.
public struct PreparedKernel<Operands>: Sendable {
  /// Bytes of scratch memory that a run needs, for all threads together.
  public let workspaceByteCount: Int
  /// How the row computes this problem, where it has several ways; empty where it has one.
  public let path: String
  /// How weights are packed once for many runs; nil where a run has nothing to gain from that.
  public let weightPacking: WeightPacking?
  let body: @Sendable (Operands, UnsafeMutableRawPointer) -> Void

  public init(
    workspaceByteCount: Int = 0, path: String = "", weightPacking: WeightPacking? = nil,
    _ body: @escaping @Sendable (Operands, UnsafeMutableRawPointer) -> Void
  ) {
    self.workspaceByteCount = workspaceByteCount
    self.path = path
    self.weightPacking = weightPacking
    self.body = body
  }
}

/// The form in which a kernel reads weights and bias, for weights that stay the same over many runs: else every run packs
/// them, which for few outputs takes as long as computing them.
public struct WeightPacking: Sendable {
  /// Bytes of the packed form, which lies on a cache line.
  public let byteCount: Int
  /// Plans of equal layouts read each other's packed weights.
  public let layout: [Int]
  /// Writes the packed form of weights and biases, which are as the operation's operands have them, and in their order: a
  /// bias, or nil for zeros, for each of the weights.
  public let pack:
    @Sendable (
      _ weights: [UnsafePointer<Float>], _ biases: [UnsafePointer<Float>?], _ packed: UnsafeMutableRawPointer
    ) -> Void
}

/// A validated problem with the kernel that will run it.
///
///     let plan = try Plan<GEMM>(.init(rows: 64, columns: 10, depth: 400), threads: 2)
///     let workspace = Workspace(byteCount: plan.workspaceByteCount)
///     plan.run(.init(a: a, b: b, c: c), workspace: workspace)
///
/// A plan is immutable: several threads may run it at once, each with a workspace of its own. A run allocates nothing.
public struct Plan<Op: KernelOperation>: Sendable {
  public let problem: Op.Problem
  /// The row of the table that runs.
  public let kernel: Kernel<Op>
  public let threads: Int
  /// Bytes of scratch memory that a run needs.
  public var workspaceByteCount: Int { prepared.workspaceByteCount }
  /// How the row computes this problem, such as `whole-a` of `packed`, a row of the matrix product; empty where a row has
  /// one way.
  public var path: String { prepared.path }
  /// How weights are packed once for many runs; nil where a run has nothing to gain from that.
  public var weightPacking: WeightPacking? { prepared.weightPacking }
  private let prepared: PreparedKernel<Op.Operands>

  /// Plans with the best kernel.
  ///
  /// - Parameters:
  ///   - problem: the shapes and options of the operation.
  ///   - level: the level to use; nil for the highest that the processor has and `KERNELS_ISA` permits.
  ///   - threads: how many threads share the work, at least 1. The results do not depend on it.
  ///   - name: the name of a row to use in place of the choice by level and cost.
  ///   - machine: the processor to plan for. It decides how fast a run is, and no bit of its results.
  public init(
    _ problem: Op.Problem, level: InstructionSet? = nil, threads: Int = 1, kernel name: String? = nil,
    machine: Machine = .current
  ) throws(KernelError) {
    try Op.validate(problem)
    try require(Op.name, "threads", threads, in: 1...1024)
    self.problem = problem
    self.threads = threads
    kernel = try Plan.choose(problem, level: level, name: name, machine: machine)
    prepared = kernel.prepare(problem, threads, machine: machine)
    planCheck(
      prepared.workspaceByteCount >= 0 && prepared.workspaceByteCount < .max >> 8,
      "\(kernel.name) asks for \(prepared.workspaceByteCount) bytes of workspace")
    WorkerPool.shared.start(threads: threads)
  }

  /// The row with the lowest cost of the highest permitted level that has one for the problem; the reference where none
  /// has.
  private static func choose(
    _ problem: Op.Problem, level: InstructionSet?, name: String?, machine: Machine
  ) throws(KernelError) -> Kernel<Op> {
    if let level, !InstructionSet.available.contains(level) { throw .unavailableInstructionSet(level) }
    let cap: InstructionSet
    if let level { cap = level } else { cap = try .best() }
    if let name {
      let named = Op.kernels.first { $0.name == name && $0.level <= cap && $0.cost(problem, machine) != nil }
      guard let named else { throw .noKernel(operation: Op.name, name: name) }
      return named
    }
    for level in InstructionSet.allCases.reversed() where level <= cap {
      if let kernel = Op.cheapest(of: { $0.level == level && !$0.isReference }, for: problem, machine) { return kernel }
    }
    guard let reference = Op.kernels.last, reference.isReference else {
      throw .noKernel(operation: Op.name, name: "any")
    }
    return reference
  }

  /// Runs the problem on the operands. The operands' memory is as large as the problem says, and outputs do not overlap
  /// inputs unless the operation's operands say that they may.
  ///
  /// - Parameters:
  ///   - operands: pointers to the data, as the operation describes them.
  ///   - workspace: scratch memory, which no other run uses at the same time. One that is smaller than
  ///     ``workspaceByteCount`` grows to that first, so that only the first of many runs allocates.
  /// - Throws: ``KernelError`` where the operation's ``KernelOperation/RunError`` is that, if operands that the problem's
  ///   options ask for are missing or out of range. Nothing is written then.
  public func run(_ operands: Op.Operands, workspace: Workspace) throws(Op.RunError) {
    try Op.check(problem, operands)
    workspace.grow(toByteCount: workspaceByteCount)
    prepared.body(operands, workspace.base)
  }

  /// Runs the problem with scratch memory that lies at `workspace`, 64-byte aligned. That it is at least
  /// ``workspaceByteCount`` large is the caller's word, as the sizes of the operands are.
  ///
  /// - Throws: as ``run(_:workspace:)-(_,Workspace)``.
  public func run(_ operands: Op.Operands, workspace: UnsafeMutableRawPointer) throws(Op.RunError) {
    try Op.check(problem, operands)
    planCheck(
      workspaceByteCount == 0 || Int(bitPattern: workspace) % 64 == 0, "the workspace is not 64-byte aligned")
    prepared.body(operands, workspace)
  }
}

extension Plan {
  /// Plans with a row of the table that accepts the problem; for tests that run every row.
  package init(
    _ problem: Op.Problem, kernel: Kernel<Op>, threads: Int, machine: Machine = .current
  ) throws(KernelError) {
    try Op.validate(problem)
    try require(Op.name, "threads", threads, in: 1...1024)
    self.problem = problem
    self.threads = threads
    self.kernel = kernel
    prepared = kernel.prepare(problem, threads, machine: machine)
    WorkerPool.shared.start(threads: threads)
  }

  /// The row that a plan for the problem at a level has.
  package static func choice(
    for problem: Op.Problem, level: InstructionSet, machine: Machine = .current
  ) throws(KernelError) -> Kernel<Op> {
    try choose(problem, level: level, name: nil, machine: machine)
  }
}
