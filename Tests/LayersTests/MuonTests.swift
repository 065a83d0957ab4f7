import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// Muon has the numbers of PyTorch's and of cifar10-airbench's, see Tests/Fixtures/make_muon.py.
struct MuonTests {
  struct Fixture: Decodable {
    let shapes: [[Int]]
    let start: [Double]
    let gradients: [[Double]]
    let cases: [String: [[Double]]]
  }

  private static let fixture: Result<Fixture, any Error> = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/muon.json"))
    return try JSONDecoder().decode(Fixture.self, from: data)
  }

  private static let optimizers: [(name: String, optimizer: Muon)] = [
    ("torch", Muon(learningRate: 0.02, weightDecay: 0.1, rateAdjustment: .aspectRatio)),
    (
      "torch.original",
      Muon(learningRate: 0.02, momentum: 0.9, weightDecay: 0.3, steps: 4, rateAdjustment: .aspectRatio)
    ),
    ("torch.adam", Muon(learningRate: 0.01, momentum: 0.8, nesterov: false, rateAdjustment: .matchingAdam)),
    ("airbench", Muon(learningRate: 0.24, momentum: 0.6, steps: 3, normalizesWeights: true)),
  ]

  /// Parameters of the caller, each in memory of its own.
  private final class Memory {
    let shapes: [[Int]]
    let values: [UnsafeMutableBufferPointer<Float>]
    let gradients: [UnsafeMutableBufferPointer<Float>]

    init(_ fixture: Fixture) {
      shapes = fixture.shapes
      values = fixture.shapes.map { .allocate(capacity: $0.reduce(1, *)) }
      gradients = fixture.shapes.map { .allocate(capacity: $0.reduce(1, *)) }
      write(fixture.start, to: values)
    }

    deinit { for memory in values + gradients { memory.deallocate() } }

    func write(_ numbers: [Double], to memory: [UnsafeMutableBufferPointer<Float>]) {
      var rest = numbers[...]
      for part in memory {
        _ = part.initialize(from: rest.prefix(part.count).map { Float($0) })
        rest = rest.dropFirst(part.count)
      }
    }

    func parameters() throws -> ParameterMemory {
      try ParameterMemory(
        shapes.indices.map {
          .init(name: "p\($0)", shape: Shape(shapes[$0]), values: values[$0], gradients: gradients[$0])
        })
    }
  }

  @Test(arguments: InstructionSet.available, [1, 2])
  func stepsHaveTheNumbersOfOthers(level: InstructionSet, threads: Int) throws {
    let fixture = try Self.fixture.get()
    for (name, optimizer) in Self.optimizers {
      let memory = Memory(fixture)
      let planned = try optimizer.plan(memory.parameters(), threads: threads, level: level)
      let expected = try #require(fixture.cases[name])
      for (step, numbers) in expected.enumerated() {
        memory.write(fixture.gradients[step], to: memory.gradients)
        planned.step()
        let given = memory.values.flatMap { Array($0) }
        #expect(given.count == numbers.count)
        let worst = zip(given, numbers).map { abs(Double($0) - $1) / max(abs($1), 0.1) }.max() ?? .infinity
        #expect(worst < 2e-5, "\(name) \(level), step \(step): off by \(worst)")
      }
    }
  }

  /// The size of the gradient does not matter, and one of zeros moves nothing.
  @Test func zeroGradientsMoveNothing() throws {
    let fixture = try Self.fixture.get()
    let memory = Memory(fixture)
    memory.write([Double](repeating: 0, count: fixture.start.count), to: memory.gradients)
    let planned = try Muon(learningRate: 0.1).plan(memory.parameters())
    planned.step()
    #expect(memory.values.flatMap { Array($0) } == fixture.start.map { Float($0) })
  }

  @Test func vectorsAndWrongOptionsAreRefused() throws {
    let model = try Model(Sequential(Linear(3)), inputShape: [4])
    #expect(throws: OptimizerError.self) { try Muon(learningRate: 0.1).plan(model) }
    #expect(throws: OptimizerError.self) { try Muon(learningRate: -1).plan(model) }
    #expect(throws: OptimizerError.self) { try Muon(learningRate: 1, momentum: 0).plan(model) }
    #expect(throws: OptimizerError.self) { try Muon(learningRate: 1, steps: -1).plan(model) }
  }
}

/// Each part is updated by its own rule, as if the others were not there.
struct OptimizerPartsTests {
  private static func model() throws -> Model {
    try Model(
      Sequential(Conv2D(4, kernelSize: 3), ReLU(), Conv2D(5, kernelSize: 3), Flatten(), Linear(3)),
      inputShape: [2, 7, 7], seed: 3)
  }

  private static let muon = Muon(learningRate: 0.1, momentum: 0.6)
  private static let sgd = SGD(learningRate: 0.02, momentum: 0.9)

  private static func setGradients(_ model: Model, step: Int) {
    for (i, place) in model.trainableRanges.enumerated() {
      for (j, k) in place.range.enumerated() {
        model.gradientBuffer[k] = Float((j * 7 + i * 3 + step * 5) % 11) / 11 - 0.4
      }
    }
  }

  private static var parts: OptimizerParts {
    OptimizerParts(others: sgd, [OptimizerParts.Part(muon, where: { $0.shape.rank == 4 })])
  }

  @Test func partsAreUpdatedAsIfAlone() throws {
    let (whole, filters, others) = (try Self.model(), try Self.model(), try Self.model())
    let planned = try Self.parts.plan(whole)
    try filters.freeze(filters.parameters.filter { $0.shape.rank != 4 }.map(\.name))
    let alone = try OptimizerParts(others: Self.sgd, [.init(Self.muon) { $0.shape.rank == 4 }]).plan(filters)
    try others.freeze(others.parameters.filter { $0.shape.rank == 4 }.map(\.name))
    let sgd = try Self.sgd.plan(others)
    for step in 0..<3 {
      for model in [whole, filters, others] { Self.setGradients(model, step: step) }
      planned.step()
      alone.step()
      sgd.step()
    }
    for parameter in whole.parameters {
      let own = parameter.shape.rank == 4 ? filters : others
      #expect(try whole.parameter(parameter.name).scalars == own.parameter(parameter.name).scalars, "\(parameter.name)")
    }
  }

  @Test func ratesScaleTogetherAndCanBeSetApart() throws {
    let planned = try Self.parts.plan(Self.model())
    #expect(planned.learningRates == [0.02, 0.1])
    planned.learningRate = 0.01
    #expect(planned.learningRates == [0.01, 0.05])
    planned.learningRates = [0.3, 0.4]
    #expect(planned.learningRates == [0.3, 0.4])
  }

  @Test func aTrainingGoesOnFromItsStateWithTheSameBits() throws {
    let (first, second) = (try Self.model(), try Self.model())
    let planned = try Self.parts.plan(first)
    for step in 0..<2 {
      Self.setGradients(first, step: step)
      planned.step()
    }
    _ = second.parameterBuffer.update(from: first.parameterBuffer)
    let resumed = try Self.parts.plan(second)
    for (state, saved) in zip(resumed.stateTensors, planned.stateTensors) {
      #expect(state.name == saved.name)
      _ = state.values.update(from: saved.values)
    }
    try resumed.check(learningRates: planned.learningRates, momentum: planned.momentum, counters: planned.counters)
    resumed.counters = planned.counters
    for model in [first, second] { Self.setGradients(model, step: 2) }
    planned.step()
    resumed.step()
    #expect(first.parameterBuffer.elementsEqual(second.parameterBuffer))
    #expect(throws: OptimizerError.self) { try resumed.check(learningRates: [1], momentum: nil, counters: [:]) }
  }

  /// A group's schedule replaces the one of all.
  @Test func groupsCanHaveASchedule() throws {
    let model = try Self.model()
    let trainer = try Trainer(model: model, optimizer: Self.parts, batchSize: 2)
    trainer.schedule = LinearRamp(startFactor: 1, endFactor: 0, duration: 4)
    trainer.groupSchedules = [1: LinearRamp(startFactor: 1, endFactor: 0, duration: 2)]
    trainer.scheduleUnit = .update
    let images = try Tensor(shape: [2, 2, 7, 7], repeating: 0.5)
    var filters: [[Float]] = []
    for _ in 0..<4 {
      _ = try trainer.step(images, labels: [0, 2])
      filters.append(try model.parameter("0.weight").scalars)
    }
    // The filters' rate is 0 from the third update on.
    #expect(filters[0] != filters[1])
    #expect(filters[1] == filters[2] && filters[2] == filters[3])
  }
}
