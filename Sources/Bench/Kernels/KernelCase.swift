import Foundation
import Kernels

/// A problem to run every kernel of its operation on.
protocol KernelCase {
  /// The operation's type, such as `Conv2DForward`.
  var operation: String { get }
  var kernel: String { get }
  var pass: String { get }
  /// Name-number pairs, such as `mb4ic3ih32oc6kh5`.
  var shape: String { get }
  var work: Work { get }

  /// The row that a plan chooses, and the scratch memory that it asks for.
  func plan(level: InstructionSet, threads: Int) throws -> (row: String, isReference: Bool, workspaceByteCount: Int)

  /// The names of the table's rows of a level.
  func rowNames(level: InstructionSet) -> [String]

  /// What a plan for a machine is: its row, its scratch memory, and the heap allocations of making it.
  func plan(
    level: InstructionSet, machine: Machine
  ) throws -> (row: String, workspaceByteCount: Int, allocations: Int)

  /// Hands out what instructions are counted of: a run of a plan, and the making of the plan, each with its name.
  func count(level: InstructionSet, machine: Machine, _ report: (String, @escaping () -> Void) throws -> Void) throws

  /// What each row up to a level is expected to take on a machine.
  func costs(level: InstructionSet, machine: Machine) -> [CostRow]

  /// Times the making of a plan.
  func planning(level: InstructionSet, threads: Int) throws -> PlanningRow

  /// Makes data and a plan, and returns what runs the plan a number of times.
  func repeated(level: InstructionSet, threads: Int) throws -> (_ count: Int) throws -> Void

  /// Runs rows of the operation's table: verifies and times each.
  ///
  /// Rows take turns, so that what else the machine does meets all of them alike.
  ///
  /// - Parameter report: called with each row when all are measured; when it says no, the rest is left out.
  func measure(_ conditions: Conditions, report: (KernelsRow) throws -> Bool) throws
}

/// Under which conditions kernels are measured.
struct Conditions {
  /// The highest level of the rows.
  let level: InstructionSet
  let threads: Int
  /// Whether only the row is run that a plan chooses.
  var chosenOnly = false
  /// Whether runs may find their data in the caches.
  var warm = false
  /// For the row that a plan chooses.
  let timing: Timing
  /// For the other rows.
  let otherTiming: Timing
  let limits: MachineLimits
}

/// What a run has to do at the least, and what it is counted as.
struct Work {
  /// Floating-point operations as they are usually counted: with those on padding.
  let flops: Double
  /// Those that are needed.
  let leastFlops: Double
  /// Each input read and each output written once.
  let bytes: Double

  init(flops: Double, leastFlops: Double? = nil, bytes: Double) {
    self.flops = flops
    self.leastFlops = leastFlops ?? flops
    self.bytes = bytes
  }

  /// Counts 32-bit words.
  init(flops: Int, leastFlops: Int? = nil, words: Int) {
    self.init(flops: Double(flops), leastFlops: leastFlops.map(Double.init), bytes: 4 * Double(words))
  }
}

/// How a result is compared with the reference's.
enum Agreement: Equatable {
  /// All is integers that floats hold exactly.
  case exact
  /// Where rounding is part of the operation: within 2·10⁻⁶ of the larger of 1 and the right value.
  case close
  /// Where sums of this many terms round in another order: the permitted error grows with the root of their number.
  case sum(terms: Int)
  /// Where sums of this many products of such integers are computed by transforms: within some roundings of what such a
  /// sum is on the average, wherever it is smaller.
  case transformed(terms: Int)

  func holds(_ results: [[Float]], _ expected: [[Float]]) -> Bool {
    switch self {
    case .exact: results == expected
    case .close: Agreement.holds(results, expected, within: 2e-6)
    case .sum(let terms): Agreement.holds(results, expected, within: 2e-6 * max(Float(terms).squareRoot(), 1))
    case .transformed(let terms): Agreement.holds(results, expected, within: 1e-3 * max(Float(terms).squareRoot(), 1))
    }
  }

  private static func holds(_ results: [[Float]], _ expected: [[Float]], within tolerance: Float) -> Bool {
    zip(results, expected).allSatisfy { results, expected in
      zip(results, expected).allSatisfy { $0 == $1 || abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }
  }
}

/// A problem of one operation.
struct OperationCase<Op: KernelOperation>: KernelCase {
  let shape: String
  let problem: Op.Problem
  let work: Work
  /// Terms of the longest sum.
  var terms = 1
  var agreement = Agreement.exact
  /// Whether all of a run's results are right, by sums over them that cost far less than computing them. It stands in
  /// for the reference where that would take seconds.
  var checksum: ((Op.Operands) -> Bool)?
  /// Makes the data.
  let makeOperands: (CaseMemory) -> Op.Operands

  var operation: String { "\(Op.self)" }
  var kernel: String { Op.name }
  var pass: String { Op.pass }

  /// The reference makes about half a billion operations a second: above this number of them, the checksum verifies.
  private static var referenceFlops: Double { 5e7 }

  func plan(level: InstructionSet, threads: Int) throws -> (row: String, isReference: Bool, workspaceByteCount: Int) {
    let plan = try Plan<Op>(problem, level: level, threads: threads)
    return (plan.kernel.name, plan.kernel.isReference, plan.workspaceByteCount)
  }

  func repeated(level: InstructionSet, threads: Int) throws -> (_ count: Int) throws -> Void {
    let data = RotatedData(terms: terms, cacheBytes: nil, makeOperands)
    let plan = try Plan<Op>(problem, level: level, threads: threads)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    data.memory.reset()
    return { count in
      for _ in 0..<count { try plan.run(data.operands[0], workspace: workspace) }
    }
  }

  func measure(_ conditions: Conditions, report: (KernelsRow) throws -> Bool) throws {
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard work.bytes < memory / 2 else {
      let size = Figure.fixed(work.bytes / 1e9, 1)
      throw UsageError("\(kernel) \(shape) has \(size) GB of data, more than half of the memory")
    }
    let data = RotatedData(terms: terms, cacheBytes: conditions.warm ? nil : Machine.lastCacheBytes, makeOperands)
    let chosen = try Plan<Op>(problem, level: conditions.level, threads: conditions.threads).kernel
    let byChecksum = checksum != nil && work.flops > OperationCase.referenceFlops && !chosen.isReference
    let verification = byChecksum ? Verification.checksum : agreement == .exact ? .exact : .close
    func send(_ kernel: Kernel<Op>, _ path: String, _ samples: [Double], isVerified: Bool) throws -> Bool {
      let threads = kernel.isReference ? 1 : conditions.threads
      let limit = max(
        work.leastFlops / conditions.limits.peak(kernel.level, threads: threads),
        work.bytes / conditions.limits.bandwidth)
      return try report(
        KernelsRow(
          kernel: self.kernel, pass: pass, shape: shape, algorithm: kernel.name, path: path, isa: kernel.level.rawValue,
          threads: threads, samples: samples, work: work, limitSeconds: limit, isVerified: isVerified,
          verification: verification, isChosen: kernel.name == chosen.name, isWarm: data.isWarm))
    }
    var expected: [[Float]] = []
    if !byChecksum, let last = Op.kernels.last {
      // The reference is the yardstick of what is right, not of speed: its one run is its time.
      let seconds = try run(last, conditions, data).seconds
      expected = data.memory.results
      if !conditions.chosenOnly || chosen.isReference {
        guard try send(last, "", [seconds], isVerified: true) else { return }
      }
    }
    var candidates: [Candidate] = []
    for kernel in Op.kernels where !kernel.isReference && kernel.level <= conditions.level {
      guard kernel.accepts(problem), !conditions.chosenOnly || kernel.name == chosen.name else { continue }
      let plan = try run(kernel, conditions, data).plan
      let isVerified =
        if byChecksum, let checksum { checksum(data.operands[0]) } else {
          agreement.holds(data.memory.results, expected)
        }
      candidates.append(Candidate(plan: plan, isVerified: isVerified))
    }
    let workspace = Workspace(byteCount: candidates.map(\.plan.workspaceByteCount).max() ?? 0)
    for _ in 0..<Timing.turns {
      for (index, candidate) in candidates.enumerated() {
        let isChosen = candidate.plan.kernel.name == chosen.name
        let timing = (isChosen ? conditions.timing : conditions.otherTiming).turn
        // Outside of what is timed: read from the candidate, the plan would be copied in each run.
        let plan = candidate.plan
        candidates[index].samples += try timing.sample {
          try plan.run(data.operands[$0 % data.operands.count], workspace: workspace)
        }
      }
    }
    for candidate in candidates {
      let plan = candidate.plan
      guard try send(plan.kernel, plan.path, candidate.samples, isVerified: candidate.isVerified) else { return }
    }
  }

  /// A row that is measured.
  private struct Candidate {
    let plan: Plan<Op>
    let isVerified: Bool
    var samples: [Double] = []
  }

  /// Plans a row and runs it once on the first copy of the data, made ready.
  private func run(
    _ kernel: Kernel<Op>, _ conditions: Conditions, _ data: RotatedData<Op.Operands>
  ) throws -> (plan: Plan<Op>, seconds: Double) {
    let threads = kernel.isReference ? 1 : conditions.threads
    let plan = try Plan<Op>(problem, level: kernel.level, threads: threads, kernel: kernel.name)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    data.memory.reset()
    let seconds = try ContinuousClock().measure { try plan.run(data.operands[0], workspace: workspace) } / .seconds(1)
    return (plan, seconds)
  }
}
