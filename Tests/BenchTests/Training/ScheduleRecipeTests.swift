import Layers
import Testing

@testable import Bench

/// The learning rates of a training of 20 epochs with 5 updates each, from a rate of 0.1.
@Suite struct ScheduleRecipeTests {
  private static let (rate, epochs, updates) = (0.1, 20, 5)

  /// The rate of each epoch's first update.
  private func rates(_ text: String, warmUp: Int = 0) throws -> [Double] {
    let recipe = try ScheduleRecipe(text, warmUpEpochs: warmUp)
    guard
      let schedule = recipe.makeSchedule(
        learningRate: Self.rate, epochs: Self.epochs, updatesPerEpoch: Self.updates)
    else { return [Double](repeating: Self.rate, count: Self.epochs) }
    let scale = recipe.unit == .update ? Self.updates : 1
    return (0..<Self.epochs).map { schedule.learningRate(at: $0 * scale, from: Self.rate) }
  }

  private func expect(_ text: String, warmUp: Int = 0, _ expected: (Int) -> Double) throws {
    for (epoch, rate) in try rates(text, warmUp: warmUp).enumerated() {
      #expect(abs(rate - expected(epoch)) < 1e-12, "\(text), epoch \(epoch)")
    }
  }

  @Test func schedulesAreTheLibrarysInEpochs() throws {
    let rate = Self.rate
    try expect("constant") { _ in rate }
    try expect("linear") { LinearRamp().learningRate(at: $0, from: rate) }
    try expect("linear:0.4:1:10") {
      LinearRamp(startFactor: 0.4, endFactor: 1, duration: 10).learningRate(at: $0, from: rate)
    }
    try expect("step:3:0.7") { StepDecay(period: 3, gamma: 0.7).learningRate(at: $0, from: rate) }
    try expect("multi-step:0.2:5:12") { rate * ($0 < 5 ? 1 : $0 < 12 ? 0.2 : 0.04) }
    try expect("exponential:0.9") { ExponentialDecay(gamma: 0.9).learningRate(at: $0, from: rate) }
    try expect("cosine:0.001") { Cosine(period: 20, minimum: 0.001).learningRate(at: $0, from: rate) }
    try expect("warm-restarts:4:2") { CosineWarmRestarts(period: 4, periodFactor: 2).learningRate(at: $0, from: rate) }
    try expect("cyclic:0.01:3") {
      Cyclic(base: 0.01, maximum: rate, unitsUp: 3, momentumRange: nil).learningRate(at: $0, from: rate)
    }
  }

  @Test func aWarmUpGrowsFromAThirdAtEveryUpdateAndThenTheScheduleBegins() throws {
    let recipe = try ScheduleRecipe("step:3:0.5", warmUpEpochs: 2)
    #expect(recipe.unit == .update)
    let schedule = try #require(recipe.makeSchedule(learningRate: 0.1, epochs: 20, updatesPerEpoch: 5))
    for update in 0..<10 {
      let expected = 0.1 * (1 / 3.0 + 2 / 3.0 * Double(update) / 10)
      #expect(abs(schedule.learningRate(at: update, from: 0.1) - expected) < 1e-12)
    }
    try expect("step:3:0.5", warmUp: 2) { epoch in
      epoch < 2
        ? 0.1 / 3 * (1 + Double(epoch)) : StepDecay(period: 3, gamma: 0.5).learningRate(at: epoch - 2, from: 0.1)
    }
    try expect("exponential:0.9", warmUp: 1) { epoch in
      epoch < 1 ? 0.1 / 3 : ExponentialDecay(gamma: 0.9).learningRate(at: epoch - 1, from: 0.1)
    }
    try expect("constant", warmUp: 1) { $0 < 1 ? 0.1 / 3 : 0.1 }
  }

  @Test(arguments: [0, 4])
  func oneCycleAndCosineEndWithTheTraining(_ warmUp: Int) throws {
    let updates = Self.epochs * Self.updates
    func rate(_ text: String, at update: Int) throws -> Double {
      let recipe = try ScheduleRecipe(text, warmUpEpochs: warmUp)
      return try #require(recipe.makeSchedule(learningRate: 0.1, epochs: Self.epochs, updatesPerEpoch: Self.updates))
        .learningRate(at: recipe.unit == .update ? update : update / Self.updates, from: 0.1)
    }
    // 0.1 / 25 / 10,000 at the last update, and more at the one before.
    #expect(abs(try rate("one-cycle", at: updates - 1) - 4e-7) < 1e-12)
    #expect(try rate("one-cycle", at: updates - 2) > 5e-7)
    let largest = try (0..<updates).map { try rate("one-cycle", at: $0) }.max()
    #expect(abs(try #require(largest) - 0.1) < 1e-3)
    #expect(try rate("cosine", at: updates) < 1e-12)
    #expect(try rate("cosine", at: updates - 1) > 1e-6)
  }

  @Test(arguments: [0, 2])
  func plateauFollowsTheValidationLoss(_ warmUp: Int) throws {
    let recipe = try ScheduleRecipe("plateau:1:0.5", warmUpEpochs: warmUp)
    let schedule = try #require(recipe.makeSchedule(learningRate: 0.1, epochs: 20, updatesPerEpoch: 5))
    #expect(schedule.metric == .validationLoss)
    func rate(after losses: [Double]) -> Double {
      let epochs = losses.enumerated().map {
        EpochRecord(
          epoch: $0 + 1, learningRate: 0.1, training: EpochResult(loss: 1, accuracy: 0, seconds: 1, images: 1),
          validation: EvaluationResult(loss: $1, accuracy: 0, seconds: 1, images: 1))
      }
      return schedule.learningRate(
        at: recipe.unit == .update ? 5 * losses.count : losses.count, from: 0.1, after: TrainingHistory(epochs: epochs))
    }
    #expect(rate(after: [3, 2, 1]) == 0.1)
    #expect(rate(after: [3, 2, 2]) == 0.1)
    #expect(rate(after: [3, 2, 2, 2]) == 0.05)
  }
}
