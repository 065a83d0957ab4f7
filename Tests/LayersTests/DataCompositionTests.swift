import Foundation
import Layers
import Testing

/// Data sets made of others: unions, transformed copies, targets that are the images, weights.
struct DataCompositionTests {
  private static let images = SyntheticImages.make(count: 12, seed: 4, split: .train)

  @Test func aUnionHasTheImagesOfItsSetsOneBehindAnother() throws {
    let augmented = try Self.images.transformed(
      by: [RandomRotation(degrees: 10), GaussianNoise(standardDeviation: 0.1)], seed: 1)
    let union = try Self.images.union(augmented, Self.images.first(3))
    #expect(union.count == 27 && union.classNames == Self.images.classNames && union.imageShape == [3, 32, 32])
    for i in 0..<27 {
      let own = i < 12 ? i : i < 24 ? i - 12 : i - 24
      #expect(union.label(at: i) == Self.images.label(at: own))
      let expected = i < 12 || i >= 24 ? try Self.images.image(at: own) : try augmented.image(at: own)
      #expect(try union.image(at: i) == expected)
    }
    #expect(try augmented.image(at: 3) != Self.images.image(at: 3))
    let small = try TensorDataset(images: Tensor(shape: [2, 1, 4, 4]), labels: [0, 1])
    #expect(throws: DataError.self) { try Self.images.union(small) }
    #expect(throws: DataError.self) { try UnionDataset([]) }
  }

  @Test func aTransformedSetsImageIsTheSameWheneverItIsRead() throws {
    let transforms: [any ImageTransform] = [RandomCrop(32, padding: 4), RandomHorizontalFlip()]
    let set = try Self.images.transformed(by: transforms, seed: 1)
    let first = try (0..<12).map { try set.image(at: $0) }
    #expect(try (0..<12).reversed().map { try set.image(at: $0) }.reversed() == first)
    let loader = try BatchLoader(dataset: set, batchSize: 12, shuffles: false, threads: 2)
    loader.start(epoch: 3)
    let batch = try #require(try loader.next())
    #expect(Array(batch.images) == first.flatMap(\.scalars))
    #expect(try Self.images.transformed(by: transforms, seed: 2).image(at: 0) != first[0])
  }

  private static func autoencoder(_ normalization: Normalization, seed: UInt64 = 7) throws -> Trainer {
    let model = try Model(
      Sequential(Flatten(), Linear(6), ReLU(), Linear(3072)), inputShape: [3, 32, 32], seed: 3)
    return try Trainer(
      model: model, optimizer: SGD(learningRate: 0.1), loss: MeanSquaredError(), batchSize: 4,
      normalization: normalization, seed: seed)
  }

  @Test(arguments: [Normalization.identity, .signedUnit])
  func theTargetMayBeTheImageItself(normalization: Normalization) throws {
    let trainer = try Self.autoencoder(normalization)
    let set = Self.images.reconstructed()
    // The loss is that of the normalised image against the output.
    let plan = try trainer.model.plan(batchSize: 12, mode: .inference)
    let pixels = Self.images.pixels.map { byte in
      let colour = Float(byte) * (1 / 255)
      return normalization == .identity ? colour : colour * 2 - 1
    }
    let output = try plan.forward(Tensor(shape: [12, 3, 32, 32], pixels))
    let expected = try MeanSquaredError().evaluate(output, targets: Tensor(shape: [12, 3072], pixels))
    let result = try trainer.evaluate(on: set)
    #expect(abs(result.loss - Double(expected.loss)) < 1e-6 * Double(expected.loss))
    #expect(result.accuracy == 0)
    // A loader's images are the same, and its noise changes the input alone.
    let onLoader = try Self.autoencoder(normalization)
    let loss = try trainer.trainEpoch(on: set).loss
    #expect(try onLoader.trainEpoch(on: BatchLoader(dataset: set, batchSize: 4, seed: 7)).loss == loss)
    let noisy = try BatchLoader(
      dataset: set, batchSize: 4, transforms: [RandomHorizontalFlip(1)],
      inputTransforms: [GaussianNoise(standardDeviation: 0.3)],
      shuffles: false, prefetch: 0)
    noisy.start(epoch: 0)
    let batch = try #require(try noisy.next())
    let clean = try BatchLoader(
      dataset: Self.images, batchSize: 4, transforms: [RandomHorizontalFlip(1)], shuffles: false, prefetch: 0)
    clean.start(epoch: 0)
    let cleanBatch = try #require(try clean.next())
    let targets = try #require(batch.targets)
    #expect(Array(targets) == Array(cleanBatch.images))
    #expect(Array(batch.images) != Array(cleanBatch.images))
    #expect(throws: DataError.self) {
      try BatchLoader(dataset: set, batchSize: 4, inputTransforms: [RandomCrop(28)])
    }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 4, mixing: Mixup(alpha: 1)) }
  }

  private static func classifier(_ loss: any Loss) throws -> Trainer {
    let model = try Model(Sequential(Flatten(), Linear(10)), inputShape: [3, 32, 32], seed: 3)
    return try Trainer(model: model, optimizer: SGD(learningRate: 0.1), loss: loss, batchSize: 6, seed: 7)
  }

  /// A weight multiplies an image's loss and gradient: 0 is as if the image had none, 2 as if it were there twice.
  @Test(arguments: [LossReduction.sum, .mean]) func weightsReachTheLoss(reduction: LossReduction) throws {
    let loss = CrossEntropy(reduction: reduction)
    let set = Self.images
    let weights = (0..<12).map { [Float(1), 0, 2, 0.5][$0 % 4] }
    let weighted = try set.weighted(by: weights)
    let trainer = try Self.classifier(loss)
    let plan = try trainer.model.plan(batchSize: 12, mode: .inference)
    let scores = try plan.forward(
      Tensor(shape: [12, 3, 32, 32], set.pixels.map { Float($0) * (1 / 255) * 2 - 1 }))
    let losses = try loss.evaluate(scores, labels: set.labels.map(Int.init)).losses.scalars
    let expected: Double = zip(losses, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) } / 12
    let result = try trainer.evaluate(on: weighted)
    // An evaluation reports the mean over images for a loss that is their sum, too.
    #expect(abs(result.loss - expected) < 1e-5 * expected)
    #expect(result.accuracy == (try trainer.evaluate(on: set).accuracy))

    // A step on two images of which one counts for nothing is that of the other, in a mean at half the rate.
    let (a, b) = (try Self.classifier(loss), try Self.classifier(loss))
    let alone = try set.weighted(by: (0..<12).map { $0 == 1 ? 1 : 0 })
    _ = try a.step(on: alone, indices: [1, 2])
    b.learningRate = reduction == .sum ? 0.1 : 0.05
    _ = try b.step(on: set, indices: [1])
    let distance = zip(a.model.parameterBuffer, b.model.parameterBuffer).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(distance < 1e-6)

    // A loader's batches bring them along.
    let (c, d) = (try Self.classifier(loss), try Self.classifier(loss))
    let loader = try BatchLoader(dataset: weighted, batchSize: 6, seed: 7)
    #expect(try c.trainEpoch(on: loader).loss == d.trainEpoch(on: weighted).loss)
    #expect(Array(c.model.parameterBuffer) == Array(d.model.parameterBuffer))
    let given = try BatchLoader(dataset: set, batchSize: 6, imageWeights: weights, seed: 7)
    #expect(try Self.classifier(loss).trainEpoch(on: given).loss == Self.classifier(loss).trainEpoch(on: loader).loss)
  }

  @Test func anImageOfWeightZeroCountsForNothingEvenWhereItsLossIsNoNumber() throws {
    var pixels = [Float](repeating: 0.25, count: 2 * 3072)
    pixels[0] = .infinity
    let set = try TensorDataset(images: Tensor(shape: [2, 3, 32, 32], pixels), labels: [1, 2], classCount: 10)
    let trainer = try Self.classifier(CrossEntropy())
    let loss = try trainer.step(on: set.weighted(by: [0, 1]), indices: [0, 1])
    #expect(loss.isFinite)
  }

  @Test func weightsAreChecked() throws {
    for weights in [[1], [Float](repeating: -1, count: 12), [Float](repeating: .nan, count: 12)] as [[Float]] {
      #expect(throws: DataError.self) { try Self.images.weighted(by: weights) }
    }
    let set = try TensorDataset(images: Tensor(shape: [6, 2]), labels: [0, 0, 0, 1, 1, 3], classCount: 4)
    #expect(try set.balancedClassWeights() == [0.5, 0.75, 0, 1.5])
    #expect(throws: DataError.self) { try TensorDataset(images: Tensor(shape: [6, 2])).balancedClassWeights() }
  }

  @Test func subsetsKeepWeightsAndTargets() throws {
    let weighted = try Self.images.reconstructed().weighted(by: (0..<12).map(Float.init))
    let subset = try weighted.subset([3, 1]).subset([1, 0])
    #expect(subset.imageWeights == [1, 3])
    #expect(subset.targetsAreImages && subset.targetShape == [3, 32, 32])
    let union = try subset.union(Self.images.reconstructed())
    #expect(union.imageWeights == [1, 3] + [Float](repeating: 1, count: 12))
  }
}
