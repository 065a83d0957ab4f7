import Kernels
import TestSupport
import Testing

/// Operands that a step's options ask for: without them it is refused, and nothing is written.
@Suite struct OptimizerOperandTests {
  private final class Memory {
    let parameters = GuardedBuffer<Float>([1, 2, 3])
    let gradients = GuardedBuffer<Float>([4, 5, 6])
    let state = (0..<3).map { _ in GuardedBuffer<Float>(repeating: 0, count: 3) }

    var isUntouched: Bool {
      parameters.values == [1, 2, 3] && state.allSatisfy { $0.values == [0, 0, 0] }
    }
  }

  /// Expects that each row refuses the operands with an error that names what is missing.
  private func refuses<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: Op.Problem, naming operand: String, _ operands: (Memory) -> Op.Operands
  ) throws {
    for row in runnableRows(operation) {
      let plan = try plan(row, problem)
      let memory = Memory()
      let error = #expect(throws: KernelError.self) {
        try plan.run(operands(memory), workspace: Workspace())
      }
      #expect(error.map { "\($0)".contains(operand) } == true, "\(row.name): \(error.map { "\($0)" } ?? "")")
      let raw = Workspace(byteCount: 64)
      #expect(throws: KernelError.self) { try plan.run(operands(memory), workspace: raw.base) }
      #expect(memory.isUntouched, "\(row.name)")
    }
  }

  @Test("momentum without velocity is refused, the problem's and the step's")
  func momentum() throws {
    func operands(_ memory: Memory, momentum: Float?) -> SGDStep.Operands {
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, velocity: nil, learningRate: 0.1,
        isFirst: true, momentum: momentum)
    }
    try refuses(SGDStep.self, .init(count: 3, momentum: 0.9), naming: "velocity") { operands($0, momentum: nil) }
    try refuses(SGDStep.self, .init(count: 3), naming: "velocity") { operands($0, momentum: 0.9) }
    try refuses(SGDStep.self, .init(count: 3), naming: "velocity") { operands($0, momentum: .nan) }

    func rmsprop(_ memory: Memory, momentum: Float?) -> RMSpropStep.Operands {
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, squares: memory.state[0].pointer,
        learningRate: 0.1, momentum: momentum)
    }
    try refuses(RMSpropStep.self, .init(count: 3, momentum: 0.9), naming: "velocity") { rmsprop($0, momentum: nil) }
    try refuses(RMSpropStep.self, .init(count: 3), naming: "velocity") { rmsprop($0, momentum: 0.5) }
  }

  @Test("RMSprop that is centred without means is refused")
  func centered() throws {
    try refuses(RMSpropStep.self, .init(count: 3, centered: true), naming: "means") { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, squares: memory.state[0].pointer,
        learningRate: 0.1)
    }
  }

  private func adam(_ memory: Memory, step: Int) -> AdamStep.Operands {
    .init(
      parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
      firstMoments: memory.state[0].pointer, secondMoments: memory.state[1].pointer, learningRate: 0.1, step: step)
  }

  @Test("AMSGrad without its moments is refused")
  func amsgrad() throws {
    try refuses(AdamStep.self, .init(count: 3, amsgrad: true), naming: "largestMoments") { adam($0, step: 1) }
  }

  @Test("Adam's steps are counted from 1", arguments: [0, -1, Int.min])
  func steps(step: Int) throws {
    try refuses(AdamStep.self, .init(count: 3), naming: "step") { adam($0, step: step) }
  }

  @Test("NAdam's and RAdam's steps are counted from 1", arguments: [0, -1, Int.min])
  func stepsOfAdamsKin(step: Int) throws {
    try refuses(NAdamStep.self, .init(count: 3), naming: "step") { nadam($0, step: step, product: 0.5) }
    try refuses(RAdamStep.self, .init(count: 3), naming: "step") { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
        firstMoments: memory.state[0].pointer, secondMoments: memory.state[1].pointer, learningRate: 0.1, step: step)
    }
  }

  @Test("NAdam's product of momenta is at least 0 and below 1", arguments: [-0.1, 1, 2, .nan, .infinity])
  func momentumProduct(product: Double) throws {
    try refuses(NAdamStep.self, .init(count: 3), naming: "momentumProduct") { nadam($0, step: 1, product: product) }
  }

  private func nadam(_ memory: Memory, step: Int, product: Double) -> NAdamStep.Operands {
    .init(
      parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
      firstMoments: memory.state[0].pointer, secondMoments: memory.state[1].pointer, learningRate: 0.1, step: step,
      momentumProduct: product)
  }

  @Test("where momentum is 0 the step needs no velocity, and any step from 1 on is one")
  func notNeeded() throws {
    for row in runnableRows(SGDStep.self) {
      let memory = Memory()
      let plan = try plan(row, .init(count: 3, momentum: 0.9))
      try plan.run(
        .init(
          parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, velocity: nil, learningRate: 1,
          isFirst: false, momentum: 0),
        workspace: Workspace())
      #expect(memory.parameters.values == [-3, -3, -3])
    }
    for row in runnableRows(AdamStep.self) {
      let memory = Memory()
      try plan(row, .init(count: 3)).run(adam(memory, step: Int.max), workspace: Workspace())
      #expect(memory.parameters.values.allSatisfy { $0.isFinite })
    }
    for row in runnableRows(NAdamStep.self) {
      let memory = Memory()
      try plan(row, .init(count: 3)).run(nadam(memory, step: Int.max, product: 0), workspace: Workspace())
      #expect(memory.parameters.values.allSatisfy { $0.isFinite })
    }
  }
}
