import Foundation
import Layers
import Testing

/// Learning rates are PyTorch's, see Tests/Fixtures/make_schedules.py.
struct ScheduleTests {
  private static func fixture() throws -> [String: [Double]] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/schedules.json"))
    return try JSONDecoder().decode([String: [Double]].self, from: data)
  }

  private static let schedules: [(name: String, schedule: any Schedule)] = [
    ("constant", Constant()),
    ("linear", LinearRamp(startFactor: 0.4, duration: 10)),
    ("step", StepDecay(period: 3, gamma: 0.7)),
    ("multiStep", MultiStepDecay(milestones: [2, 7, 7, 15], gamma: 0.5)),
    ("exponential", ExponentialDecay(gamma: 0.93)),
    ("cosine", Cosine(period: 16, minimum: 0.002)),
    ("oneCycle", OneCycle(maximum: 0.5, duration: 24)),
    (
      "oneCycleLinear",
      OneCycle(
        maximum: 0.5, duration: 24, warmUpFraction: 0.25, annealing: .linear, divisor: 10, finalDivisor: 100,
        threePhases: true)
    ),
    ("warmRestarts", CosineWarmRestarts(period: 5, minimum: 0.002)),
    ("warmRestartsLonger", CosineWarmRestarts(period: 3, periodFactor: 2)),
    ("cyclic", Cyclic(base: 0.01, maximum: 0.3, unitsUp: 4)),
    ("cyclicHalving", Cyclic(base: 0.01, maximum: 0.3, unitsUp: 2, unitsDown: 5, mode: .triangular2)),
    (
      "cyclicRange",
      Cyclic(base: 0.01, maximum: 0.3, unitsUp: 5, unitsDown: 3, mode: .exponentialRange(gamma: 0.95))
    ),
    ("warmUp", Cosine(period: 20).warmedUp(over: 4, startFactor: 0.1)),
  ]

  @Test(arguments: schedules.indices) func learningRatesAreThoseOfPyTorch(index: Int) throws {
    let (name, schedule) = Self.schedules[index]
    let expected = try #require(try Self.fixture()[name])
    #expect(expected.count == 24)
    for (time, value) in expected.enumerated() {
      let rate = schedule.learningRate(at: time, from: 0.1)
      #expect(abs(rate - value) <= 1e-12 + 1e-9 * value, "\(name) at \(time): \(rate), not \(value)")
    }
  }

  private static let cyclicMomenta: [(String, any Schedule)] = [
    ("cyclicMomentum", Cyclic(base: 0.01, maximum: 0.3, unitsUp: 4)),
    (
      "cyclicHalvingMomentum",
      Cyclic(base: 0.01, maximum: 0.3, unitsUp: 2, unitsDown: 5, mode: .triangular2, momentumRange: 0.7...0.95)
    ),
    (
      "cyclicRangeMomentum",
      Cyclic(base: 0.01, maximum: 0.3, unitsUp: 5, unitsDown: 3, mode: .exponentialRange(gamma: 0.95))
    ),
  ]

  @Test func momentaAreThoseOfPyTorch() throws {
    let schedules: [(String, any Schedule)] = [
      ("oneCycleMomentum", OneCycle(maximum: 0.5, duration: 24)),
      (
        "oneCycleLinearMomentum",
        OneCycle(
          maximum: 0.5, duration: 24, warmUpFraction: 0.25, annealing: .linear, threePhases: true,
          momentumRange: 0.7...0.9)
      ),
    ]
    for (name, schedule) in schedules + Self.cyclicMomenta {
      let expected = try #require(try Self.fixture()[name])
      #expect(Set(expected).count > 2)
      for (time, value) in expected.enumerated() {
        let momentum = try #require(schedule.momentum(at: time))
        #expect(abs(momentum - value) <= 1e-12, "\(name) at \(time): \(momentum), not \(value)")
      }
    }
    #expect(OneCycle(maximum: 0.5, duration: 24, momentumRange: nil).momentum(at: 3) == nil)
    #expect(Cosine(period: 4).momentum(at: 3) == nil)
    #expect(Cyclic(base: 0.1, maximum: 0.5, momentumRange: nil).momentum(at: 3) == nil)
    #expect(OneCycle(maximum: 0.5, duration: 9).warmedUp(over: 3, startFactor: 0.1).momentum(at: 3) == 0.95)
  }

  @Test func aPlateauShrinksTheLearningRateAsInPyTorch() throws {
    let fixture = try Self.fixture()
    let metrics = try #require(fixture["metrics"])
    for (name, plateau) in [
      ("plateau", ReduceOnPlateau(metric: .trainingLoss, factor: 0.5, patience: 2, cooldown: 1)),
      (
        "plateauLarger",
        ReduceOnPlateau(
          metric: .trainingAccuracy, factor: 0.3, patience: 1, threshold: 0.05, thresholdMode: .absolute, minimum: 0.01)
      ),
    ] {
      let expected = try #require(fixture[name])
      #expect(Set(expected).count > 2)
      for time in metrics.indices {
        let figures = Array(metrics[..<time])
        #expect(abs(plateau.learningRate(from: 0.1, after: figures) - expected[time]) <= 1e-12, "\(name) at \(time)")
        // The same from a history, also behind a warm-up.
        let history = TrainingHistory(
          epochs: figures.enumerated().map { i, figure in
            EpochRecord(
              epoch: i + 1, learningRate: 0.1,
              training: EpochResult(loss: figure, accuracy: figure, seconds: 1, images: 1))
          })
        #expect(abs(plateau.learningRate(at: time, from: 0.1, after: history) - expected[time]) <= 1e-12)
        let warmed = plateau.warmedUp(over: 1)
        #expect(warmed.metric == plateau.metric)
        #expect(abs(warmed.learningRate(at: time + 1, from: 0.1, after: history) - expected[time]) <= 1e-12)
      }
    }
  }

  @Test func schedulesHoldBehindTheirEnd() {
    #expect(LinearRamp(duration: 0).learningRate(at: 0, from: 2) == 2)
    let cycle = OneCycle(maximum: 1, duration: 10)
    #expect(cycle.learningRate(at: 100, from: 7) == cycle.learningRate(at: 9, from: 7))
    #expect(StepDecay(period: 0).learningRate(at: 2, from: 1).isFinite)
    #expect(CosineWarmRestarts(period: 0, periodFactor: 0).learningRate(at: 7, from: 2) == 2)
    // Periods that have outgrown what can be counted end no more.
    #expect(CosineWarmRestarts(period: 1, periodFactor: 2).learningRate(at: .max, from: 2).isFinite)
    #expect(Cyclic(base: 0.1, maximum: 0.5, unitsUp: 0, unitsDown: -1).learningRate(at: 1, from: 7) == 0.5)
  }
}
