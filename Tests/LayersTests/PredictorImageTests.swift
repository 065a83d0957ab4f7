import Foundation
import Layers
import TestSupport
import Testing

/// What becomes of images and checkpoints on the way into a predictor.
@Suite struct PredictorImageTests {
  private static func image(_ height: Int, _ width: Int, _ channels: Int) throws -> Image {
    let samples = (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 31 &* $0) }
    return try Image(height: height, width: width, channels: channels, samples: samples)
  }

  private static func predictor(_ normalization: Normalization? = nil) throws -> Predictor {
    let network = Sequential(Conv2D(4, kernelSize: 3, stride: 2), ReLU(), GlobalAveragePool2D(), Flatten(), Linear(3))
    return try Predictor(
      Model(network, inputShape: [3, 16, 12], seed: 1), classNames: ["a", "b", "c"], normalization: normalization)
  }

  @Test func imagesAreResizedCroppedAndNormalised() throws {
    let image = try Self.image(40, 24, 3)
    let predictor = try Self.predictor(.imageNet)
    // 40 × 24 covers 16 × 12 where it is 20 × 12.
    let expected = try image.resized(height: 20, width: 12).centerCropped(to: Size2D(16, 12)).tensor
    let input = try predictor.input(image)
    #expect(input.shape == [3, 16, 12])
    let (mean, std): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    for (i, (value, color)) in zip(input.scalars, expected.scalars).enumerated() {
      let right = (color - mean[i / 192]) / std[i / 192]
      #expect(abs(value - right) < 1e-5, "at \(i)")
    }
    #expect(try predictor.classify(image) == predictor.classify(input))
    #expect(
      try predictor.classify(pixels: image.samples, height: 40, width: 24, channels: 3, top: 2)
        == Array(predictor.classify(input).prefix(2)))
    let batch = try predictor.input([image, image])
    #expect(batch.shape == [2, 3, 16, 12])
    #expect(batch.scalars == input.scalars + input.scalars)
  }

  @Test func imagesOfADataSetAreNormalisedToo() throws {
    let images = try (0..<3).map { try Self.image(16, 12, $0 + 2 > 3 ? 4 : 3).converted(channels: 3) }
    let data = try ImageDataset(
      pixels: images.flatMap(\.planes), labels: [0, 1, 2], channels: 3, height: 16, width: 12,
      classNames: ["a", "b", "c"], name: "three")
    let predictor = try Self.predictor(.imageNet)
    let input = try predictor.input(data, at: [2, 0])
    #expect(input.shape == [2, 3, 16, 12])
    #expect(try input.scalars == predictor.input([images[2], images[0]]).scalars)
    #expect(try predictor.input(data, at: []).shape == [0, 3, 16, 12])
    #expect(throws: DataError.self) { try predictor.input(data, at: [3]) }
    let small = try ImageDataset(
      pixels: [UInt8](repeating: 0, count: 12), labels: [0], channels: 3, height: 2, width: 2, classNames: ["a"],
      name: "small")
    #expect(throws: PredictionError.self) { try predictor.input(small, at: [0]) }
  }

  @Test func withoutANormalisationColoursStayAsTheyAre() throws {
    let image = try Self.image(16, 12, 3)
    #expect(try Self.predictor().input(image) == image.tensor)
  }

  @Test func theShorterSideCanBeLargerThanTheInput() throws {
    let image = try Self.image(50, 30, 3)
    let expected = try image.resized(shorterSide: 20).centerCropped(to: Size2D(16, 12)).tensor
    #expect(try Self.predictor().input(image, shorterSide: 20) == expected)
    #expect(throws: DataError.self) { try Self.predictor().input(image, shorterSide: 8) }
  }

  @Test func greyAndTransparentImagesBecomeWhatTheNetworkTakes() throws {
    for channels in [1, 4] {
      let image = try Self.image(9, 33, channels)
      #expect(try Self.predictor().input(image) == Self.predictor().input(image.converted(channels: 3)))
    }
  }

  @Test func filesAreClassified() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("image.ppm")
    let image = try Self.image(20, 31, 3)
    try (Data("P6 31 20 255\n".utf8) + Data(image.samples)).write(to: file)
    let predictor = try Self.predictor(.signedUnit)
    #expect(try predictor.classify(contentsOf: file) == predictor.classify(image))
    #expect(throws: DataError.self) {
      try predictor.classify(contentsOf: file, limits: ImageLimits(pixels: 100))
    }
  }

  @Test func aNetworkOfOtherThanImagesTakesNone() throws {
    let predictor = try Predictor(Model(Linear(2), inputShape: [5], seed: 1))
    #expect(throws: PredictionError.self) { try predictor.input(Self.image(4, 4, 1)) }
    #expect(throws: PredictionError.self) {
      try Predictor(Model(Conv2D(2, kernelSize: 1), inputShape: [2, 4, 4], seed: 1), normalization: .imageNet)
    }
  }

  @Test func aCheckpointHasNamesAndNormalisation() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("model.safetensors")
    let model = try Model(ModelDescription("n1", classCount: 3), seed: 4)
    try model.save(to: file)
    let plain = try Predictor(contentsOf: file)
    #expect(plain.classNames == nil)
    #expect(plain.normalization == nil)
    var state = try SafeTensors(contentsOf: file)
    state.classNames = ["x", "y", "z"]
    state.normalization = .signedUnit
    try state.write(to: file)
    let predictor = try Predictor(contentsOf: file, threads: 2)
    #expect(predictor.classNames == ["x", "y", "z"])
    #expect(predictor.normalization == .signedUnit)
    let other = try Predictor(contentsOf: file, classNames: ["u", "v", "w"], normalization: .identity)
    #expect(other.classNames == ["u", "v", "w"])
    #expect(other.normalization == .identity)
    var random = TestRandom(seed: 1)
    let images = try Tensor(shape: [2, 3, 32, 32], random.reals(2 * 3072))
    let expected = try model.plan(batchSize: 2, mode: .inference).forward(images)
    #expect(try plain(images) == expected)
    #expect(try predictor(images) == expected)
    #expect(throws: (any Error).self) { try Predictor(contentsOf: file, as: ModelDescription("resnet-18")) }
  }

  /// Composite layers are folded within: no batch normalisation is left of a residual network.
  @Test func aResidualNetworkIsFoldedWhole() throws {
    let shape: Shape = [3, 12, 12]
    let model = try Model(ResNet(.resNet18, stem: .small, classCount: 10), inputShape: shape, seed: 2)
    var random = TestRandom(seed: 3)
    for parameter in model.parameters where parameter.shape.rank == 1 {
      let range: ClosedRange<Float> = parameter.name.hasSuffix("running_var") ? 0.5...1.5 : -0.2...0.2
      try model.setParameter(
        parameter.name, to: Tensor(shape: parameter.shape, random.reals(parameter.shape.count, in: range)))
    }
    let predictor = try Predictor(model, threads: 2)
    let buffers = try predictor.network.parameters(for: shape).filter { $0.role == .buffer }
    #expect(buffers.isEmpty, "\(buffers.map(\.name))")
    let images = try Tensor(shape: shape.batched(2), random.reals(2 * shape.count))
    let expected = try model.plan(batchSize: 2, mode: .inference).forward(images).scalars
    let scale = expected.reduce(0) { max($0, abs($1)) }
    for (output, right) in zip(try predictor(images).scalars, expected) {
      #expect(abs(output - right) <= 1e-5 * scale, "\(output) instead of \(right)")
    }
  }
}
