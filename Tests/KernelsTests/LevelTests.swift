import Kernels
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips a test, and says so, on a processor that lacks the level that it is for.
  static func needs(_ level: String) -> Self {
    .enabled(
      if: InstructionSet.available.contains { $0.rawValue == level }, "this processor lacks \(level): it is not tested")
  }
}

/// Which levels this run of the tests covers: the suites walk the levels that the processor has, and here those that it
/// lacks are reported as skipped.
@Suite struct LevelTests {
  #if arch(arm64)
    @Test func neonRuns() throws { try runs(.neon) }
  #else
    @Test func baselineRuns() throws { try runs(.baseline) }

    @Test(.enabled(if: InstructionSet.available.contains(.avx2), "this processor lacks avx2: it is not tested"))
    func avx2Runs() throws { try runs(.avx2) }

    @Test(.enabled(if: InstructionSet.available.contains(.avx512), "this processor lacks avx512: it is not tested"))
    func avx512Runs() throws { try runs(.avx512) }
  #endif

  @Test func aLevelThatTheProcessorLacksIsRefusedAndHasNoSpeed() {
    for level in InstructionSet.allCases where !InstructionSet.available.contains(level) {
      #expect(throws: KernelError.unavailableInstructionSet(level)) {
        try Plan<ReLUForward>(.init(count: 1), level: level)
      }
      #expect(Machine.peakFLOPS(level: level) == 0)
      #expect(Machine.bandwidth(level: level) == 0)
    }
  }

  /// A plan at a level runs a kernel of that level.
  private func runs(_ level: InstructionSet) throws {
    let plan = try Plan<ReLUForward>(.init(count: 3), level: level)
    #expect(plan.kernel.level == level && !plan.kernel.isReference)
    let memory = GuardedBuffer<Float>([-1, 0, 2])
    plan.run(.init(input: memory.pointer, output: memory.pointer), workspace: Workspace(byteCount: 0))
    #expect(memory.values == [0, 0, 2])
  }
}
