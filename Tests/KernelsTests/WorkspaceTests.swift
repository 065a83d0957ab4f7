import Kernels
import TestSupport
import Testing

@Suite struct WorkspaceTests {
  @Test("a workspace that is too small grows to what the plan needs, and stays so")
  func grows() throws {
    let problem = GEMM.Problem(rows: 40, columns: 50, depth: 160)
    let data = GEMMTests.Data(problem, seed: 5)
    let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
    let plan = try Plan<GEMM>(problem)
    #expect(plan.workspaceByteCount > 64)
    let (a, b) = (GuardedBuffer(data.a), GuardedBuffer(data.b))
    let workspace = Workspace()
    #expect(workspace.byteCount == 0)
    for _ in 0..<2 {
      let c = GuardedBuffer<Float>.poisoned(count: 40 * 50)
      plan.run(.init(a: a.pointer, b: b.pointer, c: c.pointer), workspace: workspace)
      #expect(firstDifference(c.values, expected) == nil)
      #expect(workspace.byteCount == plan.workspaceByteCount)
    }
  }

  @Test(
    "only the first run allocates", .enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func growsOnce() throws {
    let plan = try Plan<GEMM>(.init(rows: 40, columns: 50, depth: 160))
    let memory = GuardedBuffer<Float>(repeating: 0, count: 8000)
    let c = GuardedBuffer<Float>(repeating: 0, count: 2000)
    let workspace = Workspace(byteCount: 1)
    let run = { plan.run(.init(a: memory.pointer, b: memory.pointer, c: c.pointer), workspace: workspace) }
    #expect(Allocations.onThread(during: run) > 0)
    #expect(Allocations.onThread(during: run) == 0)
  }

  @Test("a workspace that is large enough stays where it is")
  func stays() throws {
    let plan = try Plan<GEMM>(.init(rows: 4, columns: 5, depth: 6))
    let workspace = Workspace(byteCount: plan.workspaceByteCount + 1)
    let (base, count) = (workspace.base, workspace.byteCount)
    let memory = GuardedBuffer<Float>(repeating: 0, count: 30)
    let c = GuardedBuffer<Float>.poisoned(count: 20)
    plan.run(.init(a: memory.pointer, b: memory.pointer, c: c.pointer), workspace: workspace)
    #expect(workspace.base == base && workspace.byteCount == count)
    workspace.grow(toByteCount: 3)
    #expect(workspace.base == base && workspace.byteCount == count)
    #expect(c.values == [Float](repeating: 0, count: 20))
  }

  @Test("a large plane is pooled within the limit, with the reference's result", arguments: InstructionSet.available)
  func largePlanes(level: InstructionSet) throws {
    var random = TestRandom(seed: 3)
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: 2048, inputWidth: 2048, kernelHeight: 2, kernelWidth: 2, strideHeight: 3,
      strideWidth: 3, paddingHeight: 1, paddingWidth: 1)
    let input = GuardedBuffer(random.integers(2048 * 2048))
    let count = shape.outputHeight * shape.outputWidth
    func pool(_ plan: Plan<AveragePool2DForward>) -> [Float] {
      let output = GuardedBuffer<Float>.poisoned(count: count)
      plan.run(
        .init(input: input.pointer, output: output.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
      return output.values
    }
    let plan = try Plan<AveragePool2DForward>(shape, level: level)
    #expect(!plan.kernel.isReference && plan.workspaceByteCount <= Workspace.mostBytesPerThread)
    #expect(firstDifference(pool(plan), pool(try Plan(shape, kernel: "reference"))) == nil, "\(plan.kernel.name)")
    #expect(AveragePool2DForward.kernels.contains { $0.algorithm == "general" && !$0.accepts(shape) })
  }
}
