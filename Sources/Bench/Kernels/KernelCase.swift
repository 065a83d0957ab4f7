import Kernels
import Layers

/// A problem to run every kernel of its operation on.
protocol KernelCase {
  var kernel: String { get }
  var pass: String { get }
  /// Name-number pairs, such as `mb4ic3ih32oc6kh5`.
  var shape: String { get }

  /// Runs each row of the operation's table up to a level, the reference first.
  ///
  /// - Parameter report: called with each row as soon as it is measured, and whether it is the one that a plan at this
  ///   level chooses; when it says no, the rest is left out.
  func measure(
    level: InstructionSet, threads: Int, timing: Timing, limits: MachineLimits,
    report: (KernelsRow, _ isChosen: Bool) throws -> Bool
  ) throws
}

/// The data of a problem: what a run reads and writes, and the memory that it writes.
struct CaseData<Operands> {
  let operands: Operands
  /// Kept, as the operands point into them.
  private let inputs: [Words]
  let outputs: [Words]

  init(_ operands: Operands, inputs: [Words], outputs: [Words]) {
    self.operands = operands
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// A problem of one operation.
struct OperationCase<Op: KernelOperation>: KernelCase {
  let shape: String
  let problem: Op.Problem
  /// Floating-point operations of a run.
  let flops: Double
  /// Bytes of all inputs and outputs.
  let bytes: Double
  /// Makes small integers to run on, whose sums are exact in any order: results compare exactly.
  let makeData: () -> CaseData<Op.Operands>

  var kernel: String { Op.name }
  var pass: String { Op.pass }

  func measure(
    level: InstructionSet, threads: Int, timing: Timing, limits: MachineLimits,
    report: (KernelsRow, _ isChosen: Bool) throws -> Bool
  ) throws {
    let data = makeData()
    let chosen = try Plan<Op>(problem, level: level, threads: threads).kernel.name
    var expected: [[Float]] = []
    for row in Op.kernels.reversed() where row.level <= level && row.fitness(problem) != nil {
      let threads = row.isReference ? 1 : threads
      let plan = try Plan<Op>(problem, level: row.level, threads: threads, kernel: row.name)
      let workspace = Workspace(byteCount: plan.workspaceByteCount)
      for output in data.outputs { output.poison() }
      let first = ContinuousClock().measure { plan.run(data.operands, workspace: workspace) } / .seconds(1)
      let results = data.outputs.map(\.values)
      if row.isReference { expected = results }
      // The reference is the yardstick of what is right, not of speed: its one run is its time.
      let samples =
        row.isReference ? [first] : timing.sample { plan.run(data.operands, workspace: workspace) }
      let median = samples.median
      let limit = max(flops / limits.peak(row.level, threads: threads), bytes / limits.bandwidth)
      let isContinued = try report(
        KernelsRow(
          kernel: kernel, pass: pass, shape: shape, algorithm: row.name, isa: row.level.rawValue, threads: threads,
          medianSeconds: median, minSeconds: samples.min() ?? .nan, gflops: flops / median / 1e9,
          gbs: bytes / median / 1e9, limitFraction: limit / median, verified: results == expected),
        row.name == chosen)
      guard isContinued else { return }
    }
  }
}

/// Memory of 32-bit words for a problem's data, on a cache line.
final class Words {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>
  private let memory: Workspace

  init(count: Int) {
    self.count = count
    memory = Workspace(byteCount: count * 4)
    pointer = memory.base.assumingMemoryBound(to: Float.self)
    poison()
  }

  /// Integers from −4 to 4.
  convenience init(count: Int, random: inout SplitMix64) {
    self.init(count: count)
    for i in 0..<count { pointer[i] = Float(Int.random(in: -4...4, using: &random)) }
  }

  /// Fills it with NaN, so that a value that is not written is seen.
  func poison() { pointer.initialize(repeating: .nan, count: count) }

  var constant: UnsafePointer<Float> { UnsafePointer(pointer) }
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  /// The same words as integers.
  var integers: UnsafeMutablePointer<Int32> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int32.self) }
  var byteCount: Double { Double(count * 4) }
}
