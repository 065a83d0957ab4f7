import Kernels
import Layers
import TestSupport
import Testing

/// Losses of classes for each pixel: those of rows, whose numbers are PyTorch's, of the pixels' scores.
struct PixelLossTests {
  static let shapes: [Shape] = [
    [2, 3, 4, 5], [3, 5, 1, 7], [1, 17, 9, 3], [2, 4, 6], [2, 3, 1, 1], [2, 2, 3, 2, 2],
  ]

  static let losses: [any Loss] = LossReduction.allCases.flatMap { reduction -> [any Loss] in
    [
      CrossEntropy(reduction: reduction), CrossEntropy(ignoreIndex: 1, reduction: reduction),
      CrossEntropy(labelSmoothing: 0.1, reduction: reduction), NegativeLogLikelihood(reduction: reduction),
      NegativeLogLikelihood(ignoreIndex: 0, reduction: reduction), FocalLoss(reduction: reduction),
      FocalLoss(gamma: 1.5, ignoreIndex: 0, reduction: reduction),
    ]
  }

  /// Scores `[batch, classes, …]` as rows of a pixel's classes.
  private func rows(_ tensor: Tensor) throws -> Tensor {
    let (batch, classes) = (tensor.shape[0], tensor.shape[1])
    let plane = tensor.count / (batch * classes)
    let values = tensor.scalars
    let rows = (0..<batch * plane).flatMap { row in
      (0..<classes).map { values[(row / plane * classes + $0) * plane + row % plane] }
    }
    return try Tensor(shape: [batch * plane, classes], rows)
  }

  @Test(arguments: shapes, InstructionSet.available)
  func pixelsAreRows(_ shape: Shape, level: InstructionSet) throws {
    var random = TestRandom(seed: 8)
    let scores = try Tensor(shape: shape, random.reals(shape.count, in: -4...4))
    let labelShape = Shape([shape[0]] + shape.dimensions.dropFirst(2))
    let labels = (0..<labelShape.count).map { _ in Int.random(in: 0..<shape[1], using: &random) }
    for loss in Self.losses {
      let right = try loss.evaluate(rows(scores), labels: labels, level: level)
      for threads in [1, 2] {
        let result = try loss.evaluate(scores, labels: labels, level: level, threads: threads)
        // A sum over images, not over pixels.
        let images = loss.reduction == .batchMean ? Float(labelShape.count / shape[0]) : 1
        #expect(
          result.loss == right.loss || abs(result.loss - right.loss * images) <= 1e-5 * abs(result.loss), "\(loss)")
        #expect(result.losses.shape == labelShape && result.losses.scalars == right.losses.scalars, "\(loss)")
        #expect(result.predictions == right.predictions, "\(loss)")
        #expect(result.gradient.shape == shape)
        let gradients = try rows(result.gradient).scalars
        let isClose = zip(gradients, right.gradient.scalars).allSatisfy { abs($0 - $1 * images) <= 1e-6 }
        #expect(isClose && (images > 1 || gradients == right.gradient.scalars), "\(loss)")
      }
    }
  }

  @Test(arguments: shapes, LossReduction.allCases)
  func probabilitiesOfPixelsAreRows(_ shape: Shape, reduction: LossReduction) throws {
    var random = TestRandom(seed: 8)
    let scores = try Tensor(shape: shape, random.reals(shape.count, in: -4...4))
    let targets = try Tensor(shape: shape, random.reals(shape.count, in: 0...1))
    let weights = random.reals(shape[1], in: 0.5...2)
    let loss = CrossEntropy(classWeights: weights, labelSmoothing: 0.2, reduction: reduction)
    let right = try loss.evaluate(rows(scores), targets: rows(targets))
    let result = try loss.evaluate(scores, targets: targets)
    let pixels = shape.count / (shape[0] * shape[1])
    let images = reduction == .batchMean ? Float(pixels) : 1
    #expect(abs(result.loss - right.loss * images) <= 1e-5 * abs(result.loss))
    #expect(result.losses.scalars == right.losses.scalars)
    let gradients = try rows(result.gradient).scalars
    #expect(zip(gradients, right.gradient.scalars).allSatisfy { abs($0 - $1 * images) <= 1e-6 })
  }

  @Test func theNumberOfLabelsIsThatOfThePixels() throws {
    let scores = try Tensor(shape: [2, 3, 2, 2])
    for count in [0, 2, 7, 9] {
      #expect(throws: LossError.self) {
        try CrossEntropy().evaluate(scores, labels: [Int](repeating: 0, count: count))
      }
    }
    #expect(throws: LossError.self) { try CrossEntropy().evaluate(scores, labels: [0, 1, 2, 3, 0, 0, 0, 0]) }
    #expect(throws: LossError.self) {
      try MeanSquaredError().evaluate(scores, labels: [Int](repeating: 0, count: 8))
    }
  }

  /// One pixel in four has no label; a network that gets the others right is right.
  @Test func aTrainerLearnsPixelsAndDoesNotCountIgnoredOnes() throws {
    let (height, width) = (4, 4)
    var random = TestRandom(seed: 3)
    let images = try Tensor(shape: [6, 1, height, width], random.reals(6 * height * width))
    let labels = images.scalars.enumerated().map { $0.offset % 4 == 3 ? -100 : $0.element > 0 ? 1 : 0 }
    let model = try Model(Sequential(Conv2D(2, kernelSize: 1)), inputShape: [1, height, width], seed: 1)
    let trainer = try Trainer(model: model, optimizer: Adam(learningRate: 0.1), batchSize: 6)
    var losses: [Float] = []
    for _ in 0..<200 { losses.append(try trainer.step(images, labels: labels)) }
    #expect(losses[199] < 0.1 * losses[0])
    #expect(throws: LossError.self) { try trainer.step(images, labels: [0, 1, 0, 1, 0, 1]) }
    #expect(throws: LossError.self) { try trainer.step(images, labels: [0, 1, 0]) }
  }

  /// Images of a class that the loss ignores are no mistakes of the network.
  @Test func ignoredLabelsDoNotCountInAnAccuracy() throws {
    let images = SyntheticImages.make(count: 60, seed: 2, split: .train)
    let model = try Model(Sequential(Flatten(), Linear(10)), inputShape: [3, 32, 32], seed: 1)
    let ignored = Int(images.labels[0])
    let all = try Trainer(model: model, optimizer: SGD(learningRate: 0), batchSize: 7)
    let some = try Trainer(
      model: model, optimizer: SGD(learningRate: 0), loss: CrossEntropy(ignoreIndex: ignored), batchSize: 7)
    let matrix = try all.confusionMatrix(on: images)
    let counted = images.labels.count { Int($0) != ignored }
    let right = (0..<10).filter { $0 != ignored }.reduce(0) { $0 + matrix[$1, $1] }
    let expected = Double(right) / Double(counted)
    #expect(try some.evaluate(on: images).accuracy == expected)
    #expect(try some.trainEpoch(on: images).accuracy == expected)
    let without = try some.confusionMatrix(on: images)
    #expect((0..<10).allSatisfy { without[ignored, $0] == 0 })
    #expect(try all.evaluate(on: images).accuracy == Double(right + matrix[ignored, ignored]) / 60)
  }
}
