import Foundation
import Kernels
import Layers
import TestSupport
import Testing

@Suite struct PredictorTests {
  /// Every kind of layer that takes a normalisation in, and every kind of layer around them.
  private static let normalized = Sequential(
    Conv2D(8, kernelSize: 3, stride: 2, padding: 1, bias: false).named("conv1"), BatchNorm2D().named("bn1"), ReLU6(),
    Frozen(Sequential(Conv2D(8, kernelSize: 3, padding: 1, groups: 8), BatchNorm2D(epsilon: 0.1), ReLU6())),
    Residual(
      Sequential(
        Conv2D(12, kernelSize: 3, padding: .same, groups: 2, paddingMode: .reflect), Dropout2D(0.3),
        BatchNorm2D(affine: false), SiLU(), Conv2D(12, kernelSize: 1, bias: false), BatchNorm2D()),
      shortcut: Sequential(Conv2D(12, kernelSize: 1, bias: false), BatchNorm2D())),
    ReLU(),
    Branches(
      Sequential(Conv2D(5, kernelSize: 1), BatchNorm2D(), HardSwish()), Sequential(),
      Sequential(Conv2D(3, kernelSize: 3, padding: 1), BatchNorm2D(), BatchNorm2D(), ReLU())),
    TransposedConv2D(6, kernelSize: 3, stride: 2, padding: 1, groups: 2, bias: false), BatchNorm2D(), ReLU(),
    AdaptiveAveragePool2D(2), Flatten(), Linear(16, bias: false), Dropout(0.5), BatchNorm1D(), ReLU(), Linear(7))

  /// A model whose running statistics, weights and biases of normalisations are drawn.
  private static func model(
    _ network: any Layer, _ shape: Shape = [3, 17, 15], seed: UInt64 = 1
  ) throws -> Model {
    let model = try Model(network, inputShape: shape, seed: seed)
    var random = TestRandom(seed: seed)
    for parameter in model.parameters where parameter.shape.rank == 1 {
      let isVariance = parameter.name.hasSuffix("running_var")
      try model.setParameter(
        parameter.name,
        to: Tensor(shape: parameter.shape, random.reals(parameter.shape.count, in: isVariance ? 0.2...3 : -1.5...1.5)))
    }
    return model
  }

  private static func images(_ count: Int, _ shape: Shape = [3, 17, 15], seed: UInt64 = 2) throws -> Tensor {
    var random = TestRandom(seed: seed)
    return try Tensor(shape: shape.batched(count), random.reals(count * shape.count, in: -1...1))
  }

  private static func layers(of layer: any Layer, _ shape: Shape) throws -> [any Layer] {
    guard let inner = try layer.innerLayers(for: shape) else { return [layer] }
    return try inner.flatMap { try layers(of: $0.layer, $0.inputShape) }
  }

  // MARK: Folding

  @Test(arguments: InstructionSet.available)
  func normalizationsBecomePartOfTheLayersBefore(level: InstructionSet) throws {
    let model = try Self.model(Self.normalized)
    let predictor = try Predictor(model, level: level)
    let left = try Self.layers(of: predictor.network, predictor.inputShape)
    #expect(!left.contains { $0 is BatchNorm2D || $0 is BatchNorm1D || $0 is Dropout || $0 is Dropout2D })
    let images = try Self.images(9)
    let expected = try model.plan(batchSize: 9, mode: .inference, level: level).forward(images)
    let scale = expected.scalars.reduce(0) { max($0, abs($1)) }
    let outputs = try predictor(images)
    #expect(outputs.shape == [9, 7])
    for (output, right) in zip(outputs.scalars, expected.scalars) {
      // A few roundings of each of ten layers.
      #expect(abs(output - right) <= 4e-6 * scale, "\(output) instead of \(right)")
    }
  }

  @Test(arguments: [
    (
      Sequential(
        Conv1D(6, kernelSize: 3, padding: 1, bias: false), BatchNorm1D(), PReLU(perChannel: true),
        Conv1D(4, kernelSize: 2, stride: 2, groups: 2), BatchNorm1D(), ReLU(), GlobalAveragePool1D(), Flatten(),
        Linear(3)), Shape([2, 21])
    ),
    (
      Sequential(
        Branches(
          Sequential(Conv2D(4, kernelSize: 3, padding: 1), BatchNorm2D()),
          Sequential(GlobalAveragePool2D(), Conv2D(4, kernelSize: 1), BatchNorm2D(), Sigmoid()),
          combination: .multiplied), PReLU()), Shape([3, 6, 5])
    ),
  ])
  func normalizationsOfLinesAndOfFactorsBecomePartOfTheirConvolutions(_ network: Sequential, _ shape: Shape) throws {
    let model = try Self.model(network, shape)
    let predictor = try Predictor(model)
    let left = try Self.layers(of: predictor.network, shape)
    #expect(!left.contains { $0 is BatchNorm1D || $0 is BatchNorm2D })
    let images = try Self.images(5, shape)
    let expected = try model.plan(batchSize: 5, mode: .inference).forward(images)
    let scale = expected.scalars.reduce(0) { max($0, abs($1)) }
    for (output, right) in zip(try predictor(images).scalars, expected.scalars) {
      #expect(abs(output - right) <= 4e-6 * scale, "\(output) instead of \(right)")
    }
  }

  @Test func whatHasNoLayerBeforeItStaysAsItIs() throws {
    let network = Sequential(
      BatchNorm2D(), MaxPool2D(2), BatchNorm2D(), ReLU(), Conv2D(4, kernelSize: 3), ReLU(), BatchNorm2D(),
      Conv2D(4, kernelSize: 1), BatchNorm2D(tracksRunningStatistics: false))
    let model = try Self.model(network)
    let predictor = try Predictor(model)
    #expect(try Self.layers(of: predictor.network, predictor.inputShape).count { $0 is BatchNorm2D } == 4)
    let images = try Self.images(4)
    #expect(
      try predictor(images) == model.plan(batchSize: 4, mode: .inference).forward(images))
  }

  @Test func aScaleThatIsNoNumberIsNotFolded() throws {
    let network = Sequential(Conv2D(2, kernelSize: 1, bias: false), BatchNorm2D(epsilon: 0))
    let model = try Self.model(network)
    try model.setParameter("1.running_var", to: Tensor(shape: [2], [0, 1]))
    let predictor = try Predictor(model)
    #expect(try Self.layers(of: predictor.network, predictor.inputShape).count == 2)
  }

  @Test func withoutNormalizationTheBitsAreThoseOfThePlan() throws {
    let model = try Self.model(n1, [3, 32, 32])
    let images = try Self.images(13, [3, 32, 32])
    let expected = try model.plan(batchSize: 13, mode: .inference).forward(images)
    #expect(try Predictor(model)(images) == expected)
    #expect(try Predictor(model, threads: 3, mostImages: 4).predict(images) == expected)
  }

  @Test func theWeightsAreThePredictorsOwn() throws {
    let images = try Self.images(2)
    var model: Model? = try Self.model(Self.normalized)
    let predictor = try Predictor(try #require(model))
    let shared = try Predictor(sharing: predictor, threads: 2)
    let before = try predictor(images)
    for parameter in try #require(model).parameters {
      try model?.setParameter(parameter.name, to: Tensor(shape: parameter.shape, repeating: 0.5))
    }
    model = nil
    #expect(try predictor(images) == before)
    #expect(try shared(images) == before)
  }

  @Test func layersThatComputeNothingHandTheirInputOn() throws {
    let model = try Model(Sequential(Flatten(), Dropout(0.5)), inputShape: [2, 3], seed: 1)
    let images = try Self.images(5, [2, 3])
    #expect(try Predictor(model)(images).scalars == images.scalars)
  }

  // MARK: Threads

  @Test(arguments: [nil, 2])
  func manyThreadsGetTheBitsOfOne(mostRuns: Int?) throws {
    let predictor = try Predictor(Self.model(Self.normalized), threads: 2, mostImages: 8, mostRuns: mostRuns)
    let images = try Self.images(24)
    let expected = try predictor(images).scalars
    let (inputs, outputs) = (predictor.inputShape.count, predictor.outputShape.count)
    let wrong = Failures()
    DispatchQueue.concurrentPerform(iterations: 16) { thread in
      var random = TestRandom(seed: UInt64(thread))
      for _ in 0..<25 {
        let count = 1 + Int(random.reals(1, in: 0...10.99)[0])
        let first = Int(random.reals(1, in: 0...Float(24 - count))[0])
        do {
          let request = try Tensor(
            shape: predictor.inputShape.batched(count), images.scalars[first * inputs..<(first + count) * inputs])
          if try predictor(request).scalars != Array(expected[first * outputs..<(first + count) * outputs]) {
            wrong.add("\(count) images from \(first)")
          }
        } catch {
          wrong.add("\(error)")
        }
      }
    }
    #expect(wrong.all == [])
  }

  private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var messages: [String] = []
    var all: [String] { lock.withLock { messages } }
    func add(_ message: String) { lock.withLock { messages.append(message) } }
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"))
  func aRunIntoBuffersAllocatesNothing() throws {
    let predictor = try Predictor(Self.model(Self.normalized))
    for count in [1, 5] {
      let images = try Self.images(count)
      var scores = [Float](repeating: 0, count: 7 * count)
      try images.withUnsafeBufferPointer { input in
        try scores.withUnsafeMutableBufferPointer { output in
          try predictor.predict(input: input, output: output)
          #expect(try Allocations.onThread { try predictor.predict(input: input, output: output) } == 0)
        }
      }
      #expect(scores == (try predictor(images).scalars))
    }
    predictor.releaseIdleMemory()
    _ = try predictor(try Self.images(1))
  }

  // MARK: Classes

  @Test func classesComeByProbability() throws {
    let model = try Model(Linear(4), inputShape: [2], seed: 1)
    try model.setParameter("weight", to: Tensor(shape: [4, 2], [0, 0, 1, 0, 1, 0, 2, 1]))
    try model.setParameter("bias", to: Tensor(shape: [4], [0, 0, 0, 0]))
    let predictor = try Predictor(model, classNames: ["a", "b", "c", "d"])
    let image = try Tensor(shape: [2], [1, 0])
    let e = exp(Float(1))
    let sum = 1 + 2 * e + e * e
    let best = try predictor.classify(image, top: 3)
    #expect(best.map(\.classIndex) == [3, 1, 2])
    #expect(best.map(\.className) == ["d", "b", "c"])
    for (found, right) in zip(best.map(\.probability), [e * e / sum, e / sum, e / sum]) {
      #expect(abs(found - right) < 1e-6)
    }
    #expect(try predictor.classify(image, top: 99).map(\.classIndex) == [3, 1, 2, 0])
    let batch = try Tensor(shape: [2, 2], [1, 0, -1, 0])
    #expect(try predictor.classify(batch: batch, top: 1).map { $0.map(\.classIndex) } == [[3], [0]])
    #expect(try predictor.probabilities(batch).shape == [2, 4])
    #expect(try predictor.probabilities(image).shape == [4])
    let nothing = try predictor.classify(Tensor(shape: [2], [.nan, 0]), top: 2)
    #expect(nothing.map(\.classIndex) == [0, 1])
    #expect(nothing.allSatisfy { $0.probability.isNaN })
  }

  @Test func probabilitiesOfANetworkThatEndsWithThemStayAsTheyAre() throws {
    let image = try Self.images(3, [6])
    let logits = try Predictor(Model(Sequential(Linear(5)), inputShape: [6], seed: 3)).probabilities(image)
    for last in [Softmax(), LogSoftmax()] as [any Layer] {
      let model = try Model(Sequential(Linear(5), last), inputShape: [6], seed: 3)
      let probabilities = try Predictor(model).probabilities(image)
      for (a, b) in zip(probabilities.scalars, logits.scalars) { #expect(abs(a - b) < 1e-6) }
    }
  }

  // MARK: Errors

  @Test func saysWhatDoesNotFit() throws {
    let model = try Self.model(n1, [3, 32, 32])
    let predictor = try Predictor(model)
    #expect(
      throws: PredictionError.shape(
        given: [3, 32], expected: "[3, 32, 32], or that with the number of images in front")
    ) {
      try predictor(Tensor(shape: [3, 32]))
    }
    #expect(throws: PredictionError.self) { try predictor(Tensor(shape: [1, 3, 32, 31])) }
    #expect(throws: PredictionError.self) { try predictor.classify(Tensor(shape: [2, 3, 32, 32])) }
    #expect(throws: PredictionError.self) { try predictor.classify(Tensor(shape: [3, 32, 32]), top: 0) }
    #expect(throws: PredictionError.self) { try Predictor(model, classNames: ["a"]) }
    #expect(throws: PredictionError.self) { try Predictor(model, mostImages: 0) }
    #expect(throws: PredictionError.self) { try Predictor(model, mostRuns: 0) }
    #expect(throws: PredictionError.self) { try Predictor(model, threads: 0) }
    #expect(throws: PredictionError.self) { try predictor.prepare(count: 65) }
    let image = try Self.model(Conv2D(2, kernelSize: 1))
    #expect(throws: PredictionError.noClasses(output: [2, 17, 15])) {
      try Predictor(image).probabilities(Tensor(shape: [3, 17, 15]))
    }
    let input = [Float](repeating: 0, count: 3 * 32 * 32)
    var output = [Float](repeating: 0, count: 9)
    let error = #expect(throws: PredictionError.self) {
      try input.withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer { try predictor.predict(input: input, output: $0) }
      }
    }
    #expect(error?.description == "the output has 9 values; expected 10, 10 for each image")
  }

  @Test func noImagesHaveNoOutputs() throws {
    #expect(try Predictor(Self.model(n1, [3, 32, 32]))(Tensor(shape: [0, 3, 32, 32])).shape == [0, 10])
  }
}
