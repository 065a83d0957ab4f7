import Foundation
import Layers
import Testing

/// One normalisation for all that a trainer sees, however the images come.
struct TrainerNormalizationTests {
  /// A caller's data set, of which the trainer only knows the protocol.
  private struct Wrapped: Dataset {
    let base: ImageDataset
    var count: Int { base.count }
    var imageShape: Shape { base.imageShape }
    var classNames: [String] { base.classNames }
    func label(at index: Int) -> Int { base.label(at: index) }
    func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
      base.readImage(at: index, into: pixels)
    }
  }

  private static let images = SyntheticImages.make(count: 22, seed: 4, split: .train)
  private static let normalizations: [Normalization] = [
    .signedUnit, .identity, .imageNet, (try? images.channelStatistics().normalization) ?? .identity,
  ]

  private static func trainer(_ normalization: Normalization) throws -> Trainer {
    let network = Sequential(Conv2D(4, kernelSize: 5, stride: 2), ReLU(), MaxPool2D(2), Flatten(), Linear(10))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 3)
    return try Trainer(
      model: model, optimizer: SGD(learningRate: 0.1), batchSize: 4, normalization: normalization, seed: 7)
  }

  /// However images come, the model sees the same bits: losses and parameters are the same.
  @Test(arguments: normalizations)
  func aDataSetAndALoaderOfItAreTheSameToATrainer(normalization: Normalization) throws {
    let onBytes = try Self.trainer(normalization)
    let onLoader = try Self.trainer(normalization)
    let onFloats = try Self.trainer(normalization)
    let onSubset = try Self.trainer(normalization)
    let loader = try BatchLoader(dataset: Self.images, batchSize: 4, seed: 7)
    let untouched = try BatchLoader(
      dataset: Wrapped(base: Self.images), batchSize: 4, transforms: [RandomHorizontalFlip(0)], seed: 7)
    let normalized = try BatchLoader(dataset: Self.images, batchSize: 4, normalization: normalization, shuffles: false)
    let subset = try Self.images.subset(Array(0..<22))
    for epoch in 0..<2 {
      let loss = try onBytes.trainEpoch(on: Self.images).loss
      #expect(try onLoader.trainEpoch(on: epoch == 0 ? loader : untouched).loss == loss)
      #expect(try onFloats.trainEpoch(on: Wrapped(base: Self.images)).loss == loss)
      #expect(try onSubset.trainEpoch(on: subset).loss == loss)
    }
    let loss = try onBytes.evaluate(on: Self.images).loss
    for trainer in [onLoader, onFloats, onSubset] {
      #expect(Array(trainer.model.parameterBuffer) == Array(onBytes.model.parameterBuffer))
      #expect(try trainer.evaluate(on: Self.images).loss == loss)
      #expect(try trainer.evaluate(on: Wrapped(base: Self.images)).loss == loss)
      #expect(try trainer.evaluate(on: normalized).loss == loss)
      #expect(try trainer.confusionMatrix(on: subset) == onBytes.confusionMatrix(on: Self.images))
    }
  }

  @Test func batchesThatWereNormalisedOtherwiseAreRefused() throws {
    let trainer = try Self.trainer(.imageNet)
    let loader = try BatchLoader(dataset: Self.images, batchSize: 4, normalization: .signedUnit)
    let expected = TrainingError.normalization(given: .signedUnit, expected: .imageNet)
    #expect(throws: expected) { try trainer.trainEpoch(on: loader) }
    #expect(throws: expected) { try trainer.evaluate(on: loader) }
    #expect(throws: DataError.self) {
      try Self.trainer(Normalization(mean: [0, 0], standardDeviation: [1, 1])).evaluate(on: Self.images)
    }
  }

  @Test func aCheckpointHoldsTheNormalisationAndTheClassNames() throws {
    let trainer = try Self.trainer(.imageNet)
    _ = try trainer.trainEpoch(on: Self.images)
    let state = try trainer.state()
    #expect(state.normalization == .imageNet)
    #expect(state.classNames == Self.images.classNames)
    let same = try Self.trainer(.imageNet)
    try same.restore(state)
    #expect(same.classNames == Self.images.classNames)
    #expect(throws: CheckpointError.self) { try Self.trainer(.signedUnit).restore(state) }
    var broken = state
    broken.metadata["normalization"] = "{\"mean\": [0.5], \"std\": [0]}"
    #expect(throws: CheckpointError.self) { try Self.trainer(.imageNet).restore(broken) }
    #expect(broken.normalization == nil)
  }

  @Test func filesCallTheStandardDeviationStd() throws {
    var state = SafeTensors()
    state.normalization = .signedUnit
    #expect(state.metadata["normalization"] == "{\"mean\":[0.5],\"std\":[0.5]}")
    state.metadata["normalization"] = "{\"mean\": [0.25, 0.5, 0], \"std\": [1, 2, 3]}"
    #expect(try state.normalization == Normalization(mean: [0.25, 0.5, 0], standardDeviation: [1, 2, 3]))
  }

  @Test func constantsThatAreNoNumbersAreRefused() throws {
    #expect(throws: DataError.self) { try Normalization(mean: [0], standardDeviation: [0]) }
    #expect(throws: DataError.self) { try Normalization(mean: [.nan], standardDeviation: [1]) }
    #expect(throws: DataError.self) { try Normalization(mean: [0, 1], standardDeviation: [1]) }
    #expect(throws: DataError.self) { try Normalization(mean: [0], standardDeviation: [1e-300]) }
    let own = try Normalization(mean: [0.1, 0.2, 1.0 / 3], standardDeviation: [0.3, 0.4, 0.7])
    #expect(try JSONDecoder().decode(Normalization.self, from: JSONEncoder().encode(own)) == own)
  }
}
