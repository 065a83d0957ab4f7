import Kernels
import Layers
import TestSupport
import Testing

/// Optimisers that update memory of the caller's.
struct ParameterMemoryTests {
  static let optimizers: [any Optimizer] = [
    SGD(learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01), Adam(learningRate: 0.05, amsgrad: true),
    AdamW(learningRate: 0.05), RMSprop(learningRate: 0.01, momentum: 0.5, centered: true),
    Adagrad(learningRate: 0.1), NAdam(learningRate: 0.01), RAdam(learningRate: 0.01, beta2: 0.9),
    Lookahead(Adam(learningRate: 0.1), interval: 2),
    SGD(learningRate: 0.1, momentum: 0.5).clipped(.value(0.3)),
    AdamW(learningRate: 0.05).grouped([ParameterGroup(where: { $0.shape.rank == 1 }) { $0.learningRate = 0.5 }])
      .withoutDecay(),
  ]

  /// Memory of a model's parameters, each apart from the others.
  private final class Copies {
    let model: Model
    let values: [UnsafeMutableBufferPointer<Float>]
    let gradients: [UnsafeMutableBufferPointer<Float>]

    init(_ model: Model) {
      self.model = model
      values = model.trainableRanges.map { range in
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: range.range.count)
        _ = copy.initialize(from: model.parameterBuffer[range.range])
        return copy
      }
      gradients = model.trainableRanges.map { range in
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: range.range.count)
        copy.initialize(repeating: 0)
        return copy
      }
    }

    deinit {
      for buffer in values + gradients { buffer.deallocate() }
    }

    func memory() throws -> ParameterMemory {
      try ParameterMemory(
        zip(model.parameters.indices, zip(values, gradients)).map { i, buffers in
          .init(
            name: model.parameters[i].name, shape: model.parameters[i].shape, values: buffers.0, gradients: buffers.1)
        })
    }
  }

  private static func model() throws -> Model {
    try Model(Sequential(Linear(7), Tanh(), Linear(3)), inputShape: [5], seed: 3)
  }

  @Test(arguments: optimizers.indices, InstructionSet.available)
  func anyMemoryIsUpdatedAsAModelIs(_ index: Int, level: InstructionSet) throws {
    let optimizer = Self.optimizers[index]
    let model = try Self.model()
    let copies = Copies(model)
    let ofModel = try optimizer.plan(model, level: level)
    let ofMemory = try optimizer.plan(copies.memory(), threads: 2, level: level)
    var random = TestRandom(seed: 5)
    for _ in 0..<5 {
      for (i, range) in model.trainableRanges.map(\.range).enumerated() {
        for (k, value) in random.reals(range.count).enumerated() {
          model.gradientBuffer[range.lowerBound + k] = value
          copies.gradients[i][k] = value
        }
      }
      ofModel.step()
      ofMemory.step()
    }
    let ranges = try copies.memory().ranges
    #expect(ranges.map(\.name) == model.trainableRanges.map(\.name))
    for (i, range) in model.trainableRanges.map(\.range).enumerated() {
      #expect(Array(copies.values[i]) == Array(model.parameterBuffer[range]), "\(optimizer)")
      for (a, b) in zip(ofModel.stateTensors, ofMemory.stateTensors) {
        #expect(a.name == b.name, "\(optimizer)")
        #expect(Array(a.values[range]) == Array(b.values[ranges[i].range]), "\(optimizer) \(a.name)")
      }
    }
  }

  @Test func gradientsOfSeveralPiecesAreClippedTogether() throws {
    let model = try Self.model()
    let copies = Copies(model)
    for gradients in copies.gradients { gradients.update(repeating: 2) }
    let count = copies.gradients.reduce(0) { $0 + $1.count }
    let norm = 2 * Float(count).squareRoot()
    let clipping = try GradientClipping.norm(1).plan(copies.memory())
    #expect(abs(try #require(clipping.run()) - norm) < 1e-5 * norm)
    for gradients in copies.gradients { #expect(gradients.allSatisfy { abs($0 - 2 / norm) < 1e-6 }) }
    copies.gradients[1][0] = .nan
    #expect(clipping.globalNorm().isNaN)
  }

  /// Without an optimiser's concrete type, too.
  @Test func threadsAndLevelMayBeLeftOut() throws {
    let model = try Self.model()
    let copies = Copies(model)
    let memory = try copies.memory()
    for optimizer in Self.optimizers {
      for planned in [
        try optimizer.plan(model), try optimizer.plan(model, threads: 2), try optimizer.plan(model, level: .lowest),
        try optimizer.plan(memory), try optimizer.plan(memory, threads: 2), try optimizer.plan(memory, level: .lowest),
      ] {
        #expect(planned.learningRate == optimizer.learningRate)
      }
    }
  }

  @Test func memoryIsValidated() throws {
    let six = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
    let five = UnsafeMutableBufferPointer<Float>.allocate(capacity: 5)
    defer {
      six.deallocate()
      five.deallocate()
    }
    let good = ParameterMemory.Parameter(name: "a", shape: [2, 3], values: six, gradients: six)
    #expect(throws: OptimizerError.duplicateParameter(name: "a")) { try ParameterMemory([good, good]) }
    for bad in [
      ParameterMemory.Parameter(name: "a", shape: [2, 3], values: five, gradients: six),
      .init(name: "a", shape: [2, 3], values: six, gradients: five),
      .init(name: "a", shape: [-2, -3], values: six, gradients: six),
    ] {
      #expect(throws: OptimizerError.self, "\(bad)") { try ParameterMemory([bad]) }
    }
    // Nothing to update is no error.
    let nothing = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    let empty = try ParameterMemory([.init(name: "e", shape: [0], values: nothing, gradients: nothing)])
    try Adam().plan(empty).step()
    try Adam().plan(ParameterMemory([])).step()
  }

  @Test("a step allocates nothing", .enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func stepsAllocateNothing() throws {
    let copies = Copies(try Self.model())
    for optimizer in Self.optimizers {
      let planned = try optimizer.plan(copies.memory())
      planned.step()
      #expect(Allocations.onThread { for _ in 0..<4 { planned.step() } } == 0, "\(optimizer)")
    }
  }
}
