import Foundation
import Kernels
import Layers
import Testing

/// 12 steps have PyTorch's numbers, see Tests/Fixtures/make_optimizers.py.
struct OptimizerFixtureTests {
  struct Fixture: Decodable {
    let start: [Double]
    let gradients: [[Double]]
    let cases: [String: Case]
  }

  struct Case: Decodable {
    let parameters: [[Double]]
    let norms: [Double]?
    let rates: [[Double]]?
    let momenta: [Double]?
    let averages: [[Double]]?
  }

  private static let fixture: Result<Fixture, any Error> = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/optimizers.json"))
    return try JSONDecoder().decode(Fixture.self, from: data)
  }

  /// The model of the fixtures, and its numbers without the gaps between parameters.
  private struct Fixed {
    let model: Model
    let places: [Int]

    init(_ fixture: Fixture) throws {
      model = try Model(Sequential(Linear(3), ReLU(), Linear(2)), inputShape: [4])
      places = model.trainableRanges.flatMap { Array($0.range) }
      for (place, value) in zip(places, fixture.start) { model.parameterBuffer[place] = Float(value) }
    }

    func setGradients(_ values: [Double]) {
      for (place, value) in zip(places, values) { model.gradientBuffer[place] = Float(value) }
    }

    func expect(
      _ buffer: UnsafeMutableBufferPointer<Float>, _ expected: [Double], _ name: String, _ step: Int,
      _ level: InstructionSet
    ) {
      #expect(expected.count == places.count)
      for (i, (place, value)) in zip(places, expected).enumerated() {
        let given = Double(buffer[place])
        #expect(abs(given - value) <= 1e-5 * abs(value), "\(name) \(level) step \(step), \(i): \(given), not \(value)")
      }
    }
  }

  static let optimizers: [(name: String, optimizer: any Optimizer)] = [
    ("sgd", SGD(learningRate: 0.02)),
    ("sgd.momentum", SGD(learningRate: 0.02, momentum: 0.9)),
    ("sgd.dampening", SGD(learningRate: 0.02, momentum: 0.8, weightDecay: 0.05, dampening: 0.3)),
    ("sgd.nesterov", SGD(learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.05)),
    ("sgd.maximize", SGD(learningRate: 0.02, momentum: 0.5, weightDecay: 0.1, maximize: true)),
    ("adam", Adam()),
    ("adam.options", Adam(learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)),
    ("adam.amsgrad", Adam(learningRate: 0.01, beta2: 0.9, amsgrad: true)),
    ("adam.maximize", Adam(learningRate: 0.01, weightDecay: 0.1, amsgrad: true, maximize: true)),
    ("adamw", AdamW()),
    (
      "adamw.amsgrad",
      AdamW(learningRate: 0.01, beta1: 0.7, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.3, amsgrad: true)
    ),
    ("adamw.maximize", AdamW(learningRate: 0.01, weightDecay: 0.2, maximize: true)),
    ("rmsprop", RMSprop()),
    ("rmsprop.options", RMSprop(learningRate: 0.005, alpha: 0.9, epsilon: 1e-3, weightDecay: 0.1)),
    ("rmsprop.momentum", RMSprop(learningRate: 0.002, momentum: 0.8)),
    ("rmsprop.centered", RMSprop(learningRate: 0.005, centered: true)),
    (
      "rmsprop.all",
      RMSprop(learningRate: 0.002, alpha: 0.95, weightDecay: 0.05, momentum: 0.6, centered: true, maximize: true)
    ),
    ("adagrad", Adagrad()),
    (
      "adagrad.options",
      Adagrad(learningRate: 0.05, learningRateDecay: 0.1, initialAccumulator: 0.2, epsilon: 1e-3)
    ),
    ("adagrad.maximize", Adagrad(learningRate: 0.02, weightDecay: 0.1, maximize: true)),
    ("nadam", NAdam()),
    (
      "nadam.options",
      NAdam(learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1, momentumDecay: 0.3)
    ),
    ("nadam.decoupled", NAdam(learningRate: 0.01, weightDecay: 0.2, decoupledWeightDecay: true)),
    ("nadam.maximize", NAdam(learningRate: 0.01, weightDecay: 0.1, maximize: true)),
    ("radam", RAdam()),
    ("radam.options", RAdam(learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)),
    ("radam.decoupled", RAdam(learningRate: 0.01, beta2: 0.9, weightDecay: 0.2, decoupledWeightDecay: true)),
    ("radam.maximize", RAdam(learningRate: 0.01, weightDecay: 0.1, maximize: true)),
    (
      "groups.nadam",
      NAdam(learningRate: 0.01, weightDecay: 0.2).grouped([
        ParameterGroup(where: { $0.name == "2.weight" }) {
          $0.learningRate = 0.002
          $0.beta1 = 0.8
          $0.beta2 = 0.99
          $0.momentumDecay = 0.1
        }
      ]).withoutDecay()
    ),
    ("cycle.nadam", NAdam(learningRate: 0.01)),
    ("cycle.radam", RAdam(learningRate: 0.01)),
    (
      "groups.sgd",
      SGD(learningRate: 0.01, momentum: 0.9, weightDecay: 0.05).grouped([
        ParameterGroup(where: { $0.name == "2.weight" }) {
          $0.learningRate = 0.002
          $0.weightDecay = 0.1
          $0.nesterov = true
        },
        ParameterGroup(where: { $0.name.hasSuffix(".bias") }) {
          $0.weightDecay = 0
          $0.momentum = 0.5
          $0.dampening = 0.2
        },
      ])
    ),
    (
      "groups.adamw",
      AdamW(learningRate: 0.01, weightDecay: 0.2).grouped([
        ParameterGroup(where: { $0.name == "2.weight" }) {
          $0.learningRate *= 0.2
          $0.beta1 = 0.8
          $0.beta2 = 0.99
          $0.epsilon = 1e-4
          $0.amsgrad = true
        }
      ]).withoutDecay()
    ),
    (
      "groups.adagrad",
      Adagrad(learningRate: 0.02, weightDecay: 0.1, initialAccumulator: 0.1).grouped([
        ParameterGroup(where: { $0.name == "2.weight" }) {
          $0.learningRate = 0.05
          $0.learningRateDecay = 0.2
        },
        ParameterGroup(where: { $0.shape.rank == 1 }) {
          $0.initialAccumulator = 0.5
          $0.weightDecay = 0
        },
      ])
    ),
    (
      "groups.rmsprop",
      RMSprop(learningRate: 0.005, weightDecay: 0.1).grouped([
        ParameterGroup(where: { $0.name == "2.weight" }) {
          $0.centered = true
          $0.alpha = 0.9
        },
        ParameterGroup(where: { $0.shape.rank == 1 }) {
          $0.momentum = 0.7
          $0.weightDecay = 0
        },
      ])
    ),
    ("cycle.sgd", SGD(learningRate: 0.01, momentum: 0.9)),
    ("cycle.adam", Adam(learningRate: 0.01)),
    ("clip.norm", SGD(learningRate: 0.02, momentum: 0.9).clipped(.norm(2.5))),
    ("clip.value", Adam(learningRate: 0.01).clipped(.value(0.4))),
    ("lookahead.sgd", Lookahead(SGD(learningRate: 0.02, momentum: 0.9))),
    ("lookahead.adam", Lookahead(Adam(learningRate: 0.01), interval: 3, alpha: 0.8)),
  ]

  @Test(arguments: optimizers.indices, InstructionSet.available)
  func stepsAreThoseOfPyTorch(index: Int, level: InstructionSet) throws {
    let (name, optimizer) = Self.optimizers[index]
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture.cases[name])
    #expect(expected.parameters.count == 12)
    let fixed = try Fixed(fixture)
    let planned = try optimizer.plan(fixed.model, threads: 1, level: level)
    for step in 0..<12 {
      fixed.setGradients(fixture.gradients[step])
      if let rates = expected.rates { planned.learningRates = rates[step].map { Float($0) } }
      if let momentum = expected.momenta?[step] { planned.momentum = Float(momentum) }
      planned.step()
      if let norm = expected.norms?[step] {
        let given = try #require((planned as? PlannedClippedOptimizer)?.gradientNorm)
        #expect(abs(Double(given) - norm) <= 1e-6 * norm)
      }
      fixed.expect(fixed.model.parameterBuffer, expected.parameters[step], name, step, level)
    }
  }

  static let frozenOptimizers: [(name: String, optimizer: any Optimizer)] = [
    ("frozen.sgd", SGD(learningRate: 0.02, momentum: 0.8, weightDecay: 0.05, dampening: 0.3)),
    ("frozen.adamw", AdamW(learningRate: 0.01, weightDecay: 0.3, amsgrad: true)),
    ("frozen.nadam", NAdam(learningRate: 0.01, weightDecay: 0.1)),
    ("frozen.radam", RAdam(learningRate: 0.01, weightDecay: 0.1)),
    ("frozen.rmsprop", RMSprop(learningRate: 0.002, momentum: 0.8, centered: true)),
    ("frozen.adagrad", Adagrad(learningRate: 0.05, learningRateDecay: 0.1)),
    (
      "frozen.groups",
      SGD(learningRate: 0.01, momentum: 0.9, weightDecay: 0.05).grouped([
        .prefix("2.weight") {
          $0.learningRate = 0.002
          $0.weightDecay = 0.1
          $0.nesterov = true
        },
        ParameterGroup(where: { $0.name.hasSuffix(".bias") }) {
          $0.weightDecay = 0
          $0.momentum = 0.5
          $0.dampening = 0.2
        },
      ])
    ),
    ("frozen.clip", SGD(learningRate: 0.02, momentum: 0.9).clipped(.norm(1.5))),
  ]

  /// In PyTorch these parameters have no gradients in those steps. Halfway the state moves to another optimiser.
  @Test(arguments: frozenOptimizers.indices, InstructionSet.available)
  func frozenParametersMissStepsAsInPyTorch(index: Int, level: InstructionSet) throws {
    let (name, optimizer) = Self.frozenOptimizers[index]
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture.cases[name])
    let fixed = try Fixed(fixture)
    var planned = try optimizer.plan(fixed.model, threads: 1, level: level)
    try fixed.model.freeze("0")
    for step in 0..<12 {
      if step == 4 { try fixed.model.unfreeze("0") }
      if step == 5 { try fixed.model.freeze("2.bias") }
      if step == 9 { try fixed.model.unfreeze() }
      if step == 7 {
        let other = try optimizer.plan(fixed.model, threads: 1, level: level)
        for (copy, original) in zip(other.stateTensors, planned.stateTensors) {
          _ = copy.values.update(from: original.values)
        }
        try other.check(
          learningRates: planned.learningRates, momentum: planned.momentum, counters: planned.counters)
        other.counters = planned.counters
        #expect(other.counters == planned.counters)
        planned = other
      }
      fixed.setGradients(fixture.gradients[step])
      for (name, range) in fixed.model.trainableRanges where fixed.model.frozenNames.contains(name) {
        for i in range { fixed.model.gradientBuffer[i] = 0 }
      }
      planned.step()
      if let norm = expected.norms?[step] {
        let given = try #require((planned as? PlannedClippedOptimizer)?.gradientNorm)
        #expect(abs(Double(given) - norm) <= 1e-6 * norm)
      }
      fixed.expect(fixed.model.parameterBuffer, expected.parameters[step], name, step, level)
    }
  }

  @Test(
    arguments: [
      ("average.exponential", WeightAverage.Rule.exponential(decay: 0.9)), ("average.equal", .equal),
      ("average.corrected", .corrected(decay: 0.9)), ("average.warmedUp", .warmedUp(decay: 0.9, gamma: 2, power: 0.75)),
    ], InstructionSet.available)
  func averagesAreThoseOfPyTorch(rule: (name: String, rule: WeightAverage.Rule), level: InstructionSet) throws {
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture.cases[rule.name]?.averages)
    let fixed = try Fixed(fixture)
    let planned = try SGD(learningRate: 0.05).plan(fixed.model, threads: 1, level: level)
    let average = try WeightAverage(fixed.model, rule.rule, level: level)
    for step in 0..<12 {
      fixed.setGradients(fixture.gradients[step])
      planned.step()
      average.update()
      fixed.expect(average.values, expected[step], rule.name, step, level)
    }
  }

  @Test(arguments: InstructionSet.available)
  func accumulatedGradientsAreThoseOfOneBatch(level: InstructionSet) throws {
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture.cases["accumulation"])
    let fixed = try Fixed(fixture)
    let planned = try SGD(learningRate: 0.02, momentum: 0.9).plan(fixed.model, threads: 1, level: level)
    let accumulator = try GradientAccumulator(fixed.model, level: level)
    for step in 0..<12 {
      for i in 0..<3 {
        fixed.setGradients(fixture.gradients[(3 * step + i) % 12])
        if i < 2 { accumulator.add(scale: 1 / 3) } else { accumulator.finish(scale: 1 / 3) }
      }
      planned.step()
      fixed.expect(fixed.model.parameterBuffer, expected.parameters[step], "accumulation", step, level)
    }
  }
}
