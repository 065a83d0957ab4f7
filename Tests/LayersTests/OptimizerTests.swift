import Kernels
import Layers
import TestSupport
import Testing

/// What all planned optimisers promise; their numbers are in OptimizerFixtureTests.
struct OptimizerStateTests {
  static let optimizers: [any Optimizer] = [
    SGD(learningRate: 0.05), SGD(learningRate: 0.05, momentum: 0.9, weightDecay: 0.01, dampening: 0.3),
    Adam(weightDecay: 0.1), Adam(amsgrad: true), AdamW(amsgrad: true),
    RMSprop(momentum: 0.9, centered: true), RMSprop(centered: true),
    Adagrad(learningRateDecay: 0.1, initialAccumulator: 0.1),
    AdamW(learningRate: 0.01).withoutDecay().grouped([
      ParameterGroup(where: { $0.name == "2.weight" }) {
        $0.learningRate = 0.001
        $0.amsgrad = true
      }
    ]),
    Lookahead(Adam().clipped(.norm(0.5)), interval: 3), SGD(learningRate: 0.1, momentum: 0.9).clipped(.value(0.3)),
  ]

  /// A model whose parameters leave gaps between them.
  static func model() throws -> Model {
    try Model(Sequential(Linear(5), ReLU(), Linear(3)), inputShape: [7], seed: 4)
  }

  /// Fills the gradients with what depends on the step.
  static func setGradients(_ model: Model, step: Int) {
    var random = TestRandom(seed: UInt64(step))
    for (_, range) in model.trainableRanges {
      for (i, value) in zip(range, random.reals(range.count)) { model.gradientBuffer[i] = value }
    }
  }

  @Test(arguments: optimizers) func stateTakenOverGoesOnWithTheSameBits(optimizer: any Optimizer) throws {
    // Given five steps of one model, and a second with its values and the optimiser's state.
    let (first, second) = (try Self.model(), try Self.model())
    let planned = try optimizer.plan(first, threads: 1, level: nil)
    func step(_ model: Model, _ planned: any PlannedOptimizer, _ t: Int) {
      Self.setGradients(model, step: t)
      planned.learningRate = 0.01 / Float(t)
      if planned.momentum != nil { planned.momentum = 0.8 + 0.01 * Float(t) }
      planned.step()
    }
    for t in 1...5 { step(first, planned, t) }
    let resumed = try optimizer.plan(second, threads: 2, level: nil)
    _ = second.parameterBuffer.update(from: first.parameterBuffer)
    #expect(resumed.stateTensors.map(\.name) == planned.stateTensors.map(\.name))
    for (old, new) in zip(planned.stateTensors, resumed.stateTensors) {
      #expect(old.values.count == first.parameterBuffer.count)
      _ = new.values.update(from: old.values)
    }
    resumed.counters = planned.counters
    resumed.learningRates = planned.learningRates
    resumed.momentum = planned.momentum

    // When both go on, they have the same bits.
    for t in 6...9 {
      step(first, planned, t)
      step(second, resumed, t)
    }
    #expect(first.parameterBuffer.map(\.bitPattern) == second.parameterBuffer.map(\.bitPattern), "\(optimizer)")
  }

  @Test(
    arguments: [
      Adam(epsilon: 0), AdamW(epsilon: 0, amsgrad: true), RMSprop(epsilon: 0, momentum: 0.5, centered: true),
      Adagrad(epsilon: 0), SGD(learningRate: 0.1, momentum: 0.9),
    ] as [any Optimizer])
  func gapsStayZeroAndNothingBecomesNaN(optimizer: any Optimizer) throws {
    // Given gradients of which some, and some parameters' all, are always 0.
    let model = try Self.model()
    let ranges = model.trainableRanges.map(\.range)
    let planned = try optimizer.plan(model, threads: 1, level: nil)
    let before = Array(model.parameterBuffer)
    for t in 1...20 {
      for i in ranges[0] { model.gradientBuffer[i] = i.isMultiple(of: 2) ? 0 : Float(t) }
      planned.step()
    }
    for (i, value) in model.parameterBuffer.enumerated() {
      #expect(value.isFinite, "\(optimizer) at \(i)")
      if !ranges.contains(where: { $0.contains(i) }) { #expect(value == 0, "\(optimizer) at \(i)") }
    }
    if !(optimizer is AdamW) { #expect(Array(model.parameterBuffer[ranges[1]]) == Array(before[ranges[1]])) }
  }

  @Test func settingTheLearningRateKeepsTheGroupsRatios() throws {
    let model = try Self.model()
    let optimizer = SGD(learningRate: 0.1).grouped([
      ParameterGroup(where: { $0.name == "0.weight" }) { $0.learningRate = 0.5 },
      ParameterGroup(where: { $0.name == "0.bias" }) { $0.learningRate = 0 },
    ])
    let planned = try optimizer.plan(model)
    #expect(planned.learningRates == [0.1, 0.5, 0])
    planned.learningRate = 0
    planned.learningRate = 0.2
    #expect(planned.learningRates == [0.2, 1, 0])
    planned.learningRates = [1, 2, 3]
    #expect(planned.learningRates == [1, 2, 3])
    #expect(planned.learningRate == 1)
  }

  @Test func momentumIsThereWhereItCanBeSet() throws {
    let model = try Self.model()
    for (optimizer, momentum) in [
      (SGD(learningRate: 0.1), nil), (SGD(learningRate: 0.1, momentum: 0.8), 0.8), (Adam(), 0.9), (Adagrad(), nil),
      (RMSprop(), nil), (RMSprop(momentum: 0.7), 0.7), (Lookahead(AdamW(beta1: 0.8)), 0.8),
      (SGD(learningRate: 0.1).grouped([ParameterGroup(where: { _ in true }) { $0.momentum = 0.6 }]), 0.6),
    ] as [(any Optimizer, Float?)] {
      let planned = try optimizer.plan(model, threads: 1, level: nil)
      #expect(planned.momentum == momentum, "\(optimizer)")
      // A momentum of 0 does not end the cycling.
      planned.momentum = 0
      planned.momentum = 0.5
      #expect(planned.momentum == momentum.map { _ in 0.5 }, "\(optimizer)")
    }
  }

  @Test func groupsGiveWhatOneOptimizerGivesWhereTheyDoNotDiffer() throws {
    let (one, two) = (try Self.model(), try Self.model())
    let optimizer = AdamW(learningRate: 0.1, amsgrad: true)
    let plain = try optimizer.plan(one)
    let groups = (0..<4).map { i in
      ParameterGroup<AdamW>(where: { $0.name == ["2.bias", "0.weight", "2.weight", "nothing"][i] }) { _ in }
    }
    let grouped = try optimizer.grouped(groups).plan(two, threads: 2)
    for t in 1...3 {
      Self.setGradients(one, step: t)
      Self.setGradients(two, step: t)
      plain.step()
      grouped.step()
    }
    #expect(one.parameterBuffer.map(\.bitPattern) == two.parameterBuffer.map(\.bitPattern))
    for (a, b) in zip(plain.stateTensors, grouped.stateTensors) { #expect(Array(a.values) == Array(b.values)) }
  }

  @Test func notANumberClipsAllGradientsButNotTheGaps() throws {
    let model = try Self.model()
    let places = Set(model.trainableRanges.flatMap { Array($0.range) })
    let clipping = try GradientClipping.norm(1).plan(model)
    Self.setGradients(model, step: 1)
    model.gradientBuffer[3] = .nan
    #expect(clipping.run()?.isNaN == true)
    for (i, gradient) in model.gradientBuffer.enumerated() {
      #expect(places.contains(i) ? gradient.isNaN : gradient == 0, "at \(i)")
    }

    Self.setGradients(model, step: 1)
    model.gradientBuffer[3] = -.infinity
    #expect(clipping.run() == .infinity)
    for (i, gradient) in model.gradientBuffer.enumerated() {
      #expect(i == 3 ? gradient.isNaN : gradient == 0, "at \(i)")
    }

    Self.setGradients(model, step: 1)
    let before = Array(model.gradientBuffer)
    try GradientClipping.norm(100).plan(model).run()
    #expect(Array(model.gradientBuffer) == before)
    #expect(throws: OptimizerError.self) { try GradientClipping.norm(-1).plan(model) }
    #expect(throws: OptimizerError.self) { try GradientClipping.value(.nan).plan(model) }
  }

  @Test func theAverageIsInTheModelOnlyWhileItIsAskedFor() throws {
    let model = try Self.model()
    let average = try WeightAverage(model, .exponential(decay: 0.5))
    average.update()
    let first = Array(model.parameterBuffer)
    for i in model.trainableRanges[0].range { model.parameterBuffer[i] += 1 }
    average.update()
    let second = Array(model.parameterBuffer)
    let mean = Array(average.values)
    #expect(zip(mean, zip(first, second)).allSatisfy { abs($0 - ($1.0 + $1.1) / 2) < 1e-6 })
    let inside = average.withAveragedWeights {
      average.update()
      return average.withAveragedWeights { Array(model.parameterBuffer) }
    }
    #expect(inside == mean)
    #expect(Array(model.parameterBuffer) == second)
    #expect(Array(average.values) == mean)
    #expect(average.updates == 2)
    #expect(throws: OptimizerError.self) { try WeightAverage(model, .corrected(decay: 1.5)) }
    #expect(throws: OptimizerError.self) { try WeightAverage(model, .warmedUp(decay: 0.9, gamma: 0)) }
  }

  @Test func optionsThatMakeNoSenseAreNamed() throws {
    let model = try Self.model()
    for optimizer in [
      SGD(learningRate: -1), SGD(learningRate: 1, nesterov: true), Adam(beta1: 1), AdamW(weightDecay: -1),
      RMSprop(alpha: -0.1), RMSprop(epsilon: .nan), Adagrad(initialAccumulator: -1), Adagrad(learningRateDecay: -1),
      Lookahead(Adam(), interval: 0), Lookahead(Adam(), alpha: 2), Adam(beta2: .nan).clipped(.norm(1)),
      Adam().grouped([ParameterGroup(where: { _ in false }) { $0.epsilon = -1 }]),
    ] as [any Optimizer] {
      #expect(throws: OptimizerError.self, "\(optimizer)") { try optimizer.plan(model, threads: 1, level: nil) }
    }
    let error = #expect(throws: OptimizerError.self) { try SGD(learningRate: -1).plan(model) }
    #expect(error?.description == "SGD: learningRate is -1.0; expected at least 0.0")
    let range = #expect(throws: OptimizerError.self) { try Adam(beta1: 1).plan(model) }
    #expect(range?.description == "Adam: beta1 is 1.0; expected at least 0.0 and less than 1.0")
  }
}
