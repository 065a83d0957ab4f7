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
  ]

  /// A model whose parameters leave gaps between them.
  static func model() throws -> Model {
    try Model(Sequential(Linear(5), ReLU(), Linear(3)), inputShape: [7], seed: 4)
  }

  /// Fills the gradients with what depends on the step.
  static func setGradients(_ model: Model, step: Int) {
    var random = TestRandom(seed: UInt64(step))
    for (_, range) in model.trainedRanges {
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
    let ranges = model.trainedRanges.map(\.range)
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
}
