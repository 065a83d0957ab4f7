import Foundation
import Layers
import Testing

/// What a trainer can do besides plain epochs over bytes.
struct TrainerOptionsTests {
  private static func network() -> Sequential {
    Sequential(Conv2D(4, kernelSize: 5, stride: 2), ReLU(), MaxPool2D(2), Flatten(), Linear(10))
  }

  private static func trainer(
    batchSize: Int, loss: any Loss = CrossEntropy(), optimizer: any Optimizer = SGD(learningRate: 0.1, momentum: 0.9)
  ) throws -> Trainer {
    let model = try Model(network(), inputShape: [3, 32, 32], seed: 3)
    return try Trainer(model: model, optimizer: optimizer, loss: loss, batchSize: batchSize, seed: 5)
  }

  private static let images = SyntheticImages.make(count: 22, seed: 4, split: .train)

  private static func distance(_ a: Trainer, _ b: Trainer) -> Float {
    zip(a.model.parameterBuffer, b.model.parameterBuffer).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: [LossReduction.mean, .sum])
  func accumulatedBatchesAreAsOneBatch(reduction: LossReduction) throws {
    let optimizer = SGD(learningRate: reduction == .sum ? 0.01 : 0.1)
    let loss = CrossEntropy(reduction: reduction)
    let whole = try Self.trainer(batchSize: 8, loss: loss, optimizer: optimizer)
    let parts = try Self.trainer(batchSize: 2, loss: loss, optimizer: optimizer)
    parts.batchesPerUpdate = 4
    // 22 images: updates of 8, 8 and 6.
    _ = try whole.trainEpoch(on: Self.images)
    _ = try parts.trainEpoch(on: Self.images)
    #expect(whole.updates == 3 && parts.updates == 3)
    #expect(Self.distance(whole, parts) < 1e-5)
    let apart = try Self.trainer(batchSize: 2, loss: loss, optimizer: optimizer)
    _ = try apart.trainEpoch(on: Self.images)
    #expect(apart.updates == 11)
    #expect(Self.distance(whole, apart) > 1e-4)
  }

  @Test func aScheduleSetsLearningRateAndMomentumBeforeEachUpdate() throws {
    let schedule = OneCycle(maximum: 0.05, duration: 12)
    let scheduled = try Self.trainer(batchSize: 4)
    scheduled.schedule = schedule
    scheduled.scheduleUnit = .update
    for _ in 0..<2 { _ = try scheduled.trainEpoch(on: Self.images) }

    // The same by hand.
    let byHand = try Model(Self.network(), inputShape: [3, 32, 32], seed: 3)
    let optimizer = try SGD(learningRate: 0.1, momentum: 0.9).plan(byHand)
    let plan = try byHand.plan(batchSize: 4, mode: .training)
    var order = EpochOrder(seed: 5)
    var update = 0
    for epoch in 0..<2 {
      order.begin(epoch: epoch, count: 22)
      for first in Swift.stride(from: 0, to: 22, by: 4) {
        let indices = order.indices[first..<min(first + 4, 22)].map(Int.init)
        let pixels = indices.flatMap { i in
          (0..<3072).map { Float(Self.images.pixels[i * 3072 + $0]) * (2 / 255) - 1 }
        }
        let scores = try plan.forward(Tensor(shape: [indices.count, 3, 32, 32], pixels))
        let result = try CrossEntropy().evaluate(scores, labels: indices.map { Int(Self.images.labels[$0]) })
        try plan.backward(result.gradient)
        optimizer.learningRate = Float(schedule.learningRate(at: update, from: 0.1))
        optimizer.momentum = Float(try #require(schedule.momentum(at: update)))
        optimizer.step()
        update += 1
      }
    }
    let distance = zip(scheduled.model.parameterBuffer, byHand.parameterBuffer).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(distance < 1e-6)
    let plain = try Self.trainer(batchSize: 4)
    for _ in 0..<2 { _ = try plain.trainEpoch(on: Self.images) }
    #expect(Self.distance(scheduled, plain) > 1e-4)
  }

  @Test func aSchedulesUnitMayBeTheEpoch() throws {
    let trainer = try Self.trainer(batchSize: 4)
    trainer.schedule = StepDecay(period: 1, gamma: 0.5)
    for epoch in 0..<3 {
      _ = try trainer.trainEpoch(on: Self.images)
      #expect(trainer.learningRate == 0.1 * Float(pow(0.5, Double(epoch))))
    }
  }

  private static func loader(batchSize: Int = 4, prefetch: Int = 2) throws -> BatchLoader {
    try BatchLoader(
      dataset: images, batchSize: batchSize, transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()],
      seed: 7, prefetch: prefetch)
  }

  @Test func aLoadersEpochThatStoppedGoesOnWithTheSameBits() throws {
    let whole = try Self.trainer(batchSize: 4)
    let losses = try (0..<2).map { _ in try whole.trainEpoch(on: Self.loader()).loss }

    let first = try Self.trainer(batchSize: 4)
    var batches = 0
    #expect(throws: CancellationError.self) {
      try first.trainEpoch(on: Self.loader(), progress: { _ in batches += 1 }, isCancelled: { batches == 2 })
    }
    let second = try Self.trainer(batchSize: 4)
    try second.restore(first.state())
    let rest = try (0..<2).map { _ in try second.trainEpoch(on: Self.loader(prefetch: 0)).loss }
    #expect(rest == losses)
    #expect(Self.distance(whole, second) == 0)
    let plain = try Self.trainer(batchSize: 4)
    #expect(try plain.trainEpoch(on: Self.images).loss != losses[0])
  }

  @Test func aLoaderThatDoesNotFitIsAnError() throws {
    let trainer = try Self.trainer(batchSize: 4)
    #expect(throws: TrainingError.self) { try trainer.trainEpoch(on: Self.loader(batchSize: 3)) }
    let small = try BatchLoader(dataset: Self.images, batchSize: 4, transforms: [RandomCrop(28)])
    #expect(throws: LayerError.self) { try trainer.trainEpoch(on: small) }
  }

  @Test func evaluationsOfALoaderAndOfBytesAgreeAndCountTheSame() throws {
    let trainer = try Self.trainer(batchSize: 4)
    _ = try trainer.trainEpoch(on: Self.images)
    let bytes = try trainer.evaluate(on: Self.images)
    let loader = try BatchLoader(dataset: Self.images, batchSize: 10, shuffles: false)
    let loaded = try trainer.evaluate(on: loader)
    #expect(abs(loaded.loss - bytes.loss) < 1e-5)
    #expect(loaded.accuracy == bytes.accuracy && loaded.images == 22)
    let matrix = try trainer.confusionMatrix(on: Self.images)
    #expect(matrix.accuracy == bytes.accuracy)
  }

  @Test func valuesMayBeTheTargets() throws {
    let network = Sequential(Flatten(), Linear(8), Tanh(), Linear(12))
    let model = try Model(network, inputShape: [12], seed: 2)
    let trainer = try Trainer(model: model, optimizer: Adam(learningRate: 0.01), loss: MeanSquaredError(), batchSize: 6)
    var generator = SplitMix64(seed: 8)
    let images = try Initialization.uniform(bound: 1).tensor(shape: [6, 12], using: &generator)
    let first = try trainer.step(images, targets: images)
    for _ in 0..<200 { _ = try trainer.step(images, targets: images) }
    #expect(try trainer.step(images, targets: images) < first / 4)
    #expect(throws: LossError.self) { try trainer.step(images, targets: Tensor(shape: [6, 11])) }
    let classifier = try Self.trainer(batchSize: 2)
    let classes = try Tensor(shape: [2, 10], repeating: 0.1)
    #expect(throws: Never.self) { try classifier.step(Tensor(shape: [2, 3, 32, 32]), targets: classes) }
    let labelled = try Self.trainer(batchSize: 2, loss: NegativeLogLikelihood())
    #expect(throws: LossError.self) { try labelled.step(Tensor(shape: [2, 3, 32, 32]), targets: classes) }
  }
}
