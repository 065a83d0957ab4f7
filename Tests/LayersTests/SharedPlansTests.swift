import Kernels
import Layers
import Synchronization
import Testing

/// Layers of a network whose kernels have equal problems share one plan.
struct SharedPlansTests {
  /// Copies values; counts how often a run of it is prepared.
  private enum CountedCopy: KernelOperation {
    struct Problem: Hashable, Sendable { var count: Int }
    typealias Operands = (input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>)
    static let name = "counted-copy"
    static let preparations = Mutex<[Int: Int]>([:])
    static let kernels: [Kernel<CountedCopy>] = [
      Kernel(algorithm: "copy", level: .lowest) { problem, _ in
        preparations.withLock { $0[problem.count, default: 0] += 1 }
        return PreparedKernel { operands, _ in operands.output.update(from: operands.input, count: problem.count) }
      },
      .reference { problem, operands in operands.output.update(from: operands.input, count: problem.count) },
    ]
    static func validate(_ problem: Problem) throws(KernelError) {}
  }

  private struct Copy: Layer {
    let kind = "Copy"
    func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }

    func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
      Planned(
        copy: try problem.kernel(
          CountedCopy.self, .init(count: problem.batchSize * problem.inputShape.count), for: kind))
    }

    private final class Planned: PlannedLayer {
      let copy: Plan<CountedCopy>
      init(copy: Plan<CountedCopy>) { self.copy = copy }
      var workspaceByteCount: Int { copy.workspaceByteCount }
      func forward(_ memory: ForwardMemory) {
        copy.run((memory.input, memory.output), workspace: memory.workspace)
      }
      func backward(_ memory: BackwardMemory) {}
    }
  }

  private static func preparations(_ count: Int) -> Int {
    CountedCopy.preparations.withLock { $0[count] ?? 0 }
  }

  /// The sizes are those of no other test here, which count in the same place.
  @Test func aPlanPreparesEqualProblemsOnce() throws {
    let model = try Model(Sequential(Copy(), Copy(), Sequential(Copy(), Copy())), inputShape: [5])
    let plan = try model.plan(batchSize: 3, mode: .inference)
    #expect(Self.preparations(15) == 1)
    let input = try Tensor(shape: [3, 5], (0..<15).map { Float($0) })
    #expect(try plan.forward(input).scalars == input.scalars)
    // Other numbers of images are other problems, and another plan has kernels of its own.
    try plan.prepare(count: 2)
    #expect(Self.preparations(10) == 1)
    _ = try model.plan(batchSize: 3, mode: .inference)
    #expect(Self.preparations(15) == 2)
  }

  @Test func aPredictorPreparesEqualProblemsOnce() throws {
    let model = try Model(Sequential(Copy(), Copy(), Copy()), inputShape: [7])
    let predictor = try Predictor(model, mostImages: 1)
    #expect(Self.preparations(7) == 1)
    let input = try Tensor(shape: [1, 7], (0..<7).map { Float($0) })
    #expect(try predictor.predict(input).scalars == input.scalars)
  }
}
