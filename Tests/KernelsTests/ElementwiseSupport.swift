import Kernels
import TestSupport
import Testing

/// The rows of an operation's table that this processor can run, the reference last.
func runnableRows<Op: KernelOperation>(_ operation: Op.Type) -> [Kernel<Op>] {
  Op.kernels.filter { InstructionSet.available.contains($0.level) }
}

/// A plan for one row of a table; its threads share even the least work.
func plan<Op: KernelOperation>(_ row: Kernel<Op>, _ problem: Op.Problem, threads: Int = 1) throws -> Plan<Op> {
  let plan = try sharing { try Plan<Op>(problem, level: row.level, threads: threads, kernel: row.name) }
  #expect(plan.kernel.name == row.name)
  return plan
}

/// Runs a plan on operands whose memory belongs to `owners`, and which the operation does not refuse.
func run<Op: KernelOperation>(_ plan: Plan<Op>, _ operands: Op.Operands, keeping owners: AnyObject...) {
  do {
    try plan.run(operands, workspace: poisonedWorkspace(plan.workspaceByteCount))
  } catch {
    Issue.record("\(plan.kernel.name): \(error)")
  }
  withExtendedLifetime(owners) {}
}

/// Elements enough for three threads to share, and not a multiple of anything.
let sharedCount = 400_009

/// Counts around the vectors of every level, and some odd larger ones.
let elementCounts: [Int] = Array(0...33) + [63, 64, 65, 127, 257, 1001, 4099]

/// Values at which element-wise functions go wrong first.
let specialValues: [Float] = [
  0, -0.0, 1, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
  .leastNormalMagnitude, -.leastNormalMagnitude, .leastNormalMagnitude / 2, .greatestFiniteMagnitude,
  -.greatestFiniteMagnitude, 88.7, 88.8, -87.3, -103.9, -104.1, 0.34657, -0.34657, 9.01, -9.1,
]

/// Special values among random ones, each at a different place of a vector as the count changes.
func mixedValues(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var random = TestRandom(seed: seed &+ UInt64(count))
  var values = random.reals(count, in: -20...20)
  for (i, special) in specialValues.enumerated() where count > 0 {
    if i % 3 == count % 3 || count > 64 { values[(i * 7 + count) % count] = special }
  }
  return values
}

/// The distance of two floats in units of the last place; NaN is at 0 from NaN and far from all else, and so is 0 from
/// its opposite.
func ulps(_ a: Float, _ b: Float) -> Int {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .max }
  if a == 0, b == 0 { return a.sign == b.sign ? 0 : .max }
  func ordered(_ x: Float) -> Int {
    let magnitude = Int(x.magnitude.bitPattern)
    return x.sign == .minus ? -magnitude : magnitude
  }
  return abs(ordered(a) - ordered(b))
}

/// The first pair that is more than some units in the last place apart, in words; nil if there is none.
func firstApart(_ a: [Float], _ b: [Float], ulps limit: Int) -> String? {
  if a.count != b.count { return "counts \(a.count) and \(b.count)" }
  for (i, (x, y)) in zip(a, b).enumerated() where ulps(x, y) > limit {
    return "at \(i): \(x) instead of \(y), \(ulps(x, y)) ulp"
  }
  return nil
}

/// Whether two arrays hold the same bits, NaN alike.
func sameBits(_ a: [Float], _ b: [Float]) -> Bool { firstApart(a, b, ulps: 0) == nil }
