import TestSupport
import Testing

@testable import Layers

@Suite struct AugmentationRandomTests {
  @Test func normalNumbersHaveTheirDistribution() throws {
    let expected = try AugmentationFixture.load().normal
    var random = SplitMix64(seed: 9)
    let count = 1_000_000
    let numbers = (0..<count).map { _ in Double(random.normal()) }
    check(numbers, expected, "normal")
    for power in 1...4 {
      let moment = numbers.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { product, _ in product * x } }
      #expect(abs(moment / Double(count) - [0, 1, 0, 3][power - 1]) < 0.03, "moment \(power)")
    }
  }

  @Test func betaNumbersHaveTheirDistribution() throws {
    for expected in try AugmentationFixture.load().beta {
      var random = SplitMix64(seed: 9)
      let (a, b) = (expected.a ?? 1, expected.b ?? 1)
      let numbers = (0..<200_000).map { _ in random.beta(a, b) }
      #expect(numbers.allSatisfy { 0...1 ~= $0 })
      check(numbers, expected, "beta(\(a), \(b))")
      let mean = numbers.reduce(0, +) / 200_000
      #expect(abs(mean - a / (a + b)) < 0.005)
    }
    var random = SplitMix64(seed: 1)
    for alpha in [1e-6, 1e-3, 1e6] { #expect((0..<1000).allSatisfy { _ in 0...1 ~= random.beta(alpha, alpha) }) }
  }

  /// The shares below some places, to five standard deviations of such a count.
  private func check(_ numbers: [Double], _ expected: AugmentationFixture.Distribution, _ name: String) {
    for (place, share) in zip(expected.at, expected.below) {
      let own = Double(numbers.count { $0 < place }) / Double(numbers.count)
      let deviation = (share * (1 - share) / Double(numbers.count)).squareRoot()
      #expect(abs(own - share) <= 5 * deviation + 1e-9, "\(name) below \(place): \(own), not \(share)")
    }
  }

  @Test func aResizedCropIsThatOfTorchvision() throws {
    let fixture = try AugmentationFixture.load()
    for (name, box) in [
      ("resized crop", Box(top: 2, left: 1, height: 6, width: 5)),
      ("resized crop down", Box(top: 0, left: 2, height: 8, width: 4)),
    ] {
      let (image, expected) = try fixture.result(name)
      let (first, second) = (FloatStorage(uninitialized: 3 * 9 * 8), FloatStorage(uninitialized: 3 * 9 * 8))
      image.withUnsafeBufferPointer { first.pointer.update(from: $0.baseAddress!, count: image.count) }
      var working = try WorkingImage(
        shape: image.shape, pixels: first.pointer, scratch: second.pointer, kernels: WorkingImage.bestKernels())
      working.resize(box, to: Size2D(expected.shape[1], expected.shape[2]), kernel: .triangle(antialias: true))
      let values = (0..<expected.count).map { working.pixels[$0] }
      #expect(relativeError(values, expected.scalars.map(Double.init)) < 1e-6, "\(name)")
    }
  }

  @Test func theRandomPartHasItsAreaAndRatio() {
    let crop = RandomResizedCrop(8)
    var random = SplitMix64(seed: 2)
    var areas = 0.0
    for _ in 0..<2000 {
      let box = crop.part(height: 100, width: 120, using: &random)
      #expect(box.top >= 0 && box.left >= 0 && box.top + box.height <= 100 && box.left + box.width <= 120)
      #expect(0.72...1.39 ~= Double(box.width) / Double(box.height))
      #expect(0.07...1 ~= Double(box.width * box.height) / 12_000)
      areas += Double(box.width * box.height) / 12_000
    }
    #expect(abs(areas / 2000 - 0.5) < 0.05)
    // Where no part fits, the central one of an allowed ratio.
    let wide = RandomResizedCrop(8, scale: 1...1).part(height: 10, width: 100, using: &random)
    #expect(wide == Box(top: 0, left: 43, height: 10, width: 13))
    let high = RandomResizedCrop(8, scale: 1...1).part(height: 100, width: 9, using: &random)
    #expect(high == Box(top: 44, left: 0, height: 12, width: 9))
  }

  @Test func mixedBatchesAreThoseOfTorchvision() throws {
    let fixture = try AugmentationFixture.load()
    func check(_ expected: AugmentationFixture.Mixed, _ mix: (MixedBatch) -> Void) {
      let images = FloatStorage(copying: fixture.batch, count: 160)
      let targets = FloatStorage(copying: fixture.oneHot, count: 12)
      let scratch = FloatStorage(uninitialized: 40)
      mix(
        MixedBatch(
          count: 4, imageShape: [2, 4, 5], images: images.pointer, targets: targets.pointer, targetCount: 3,
          scratch: scratch.pointer))
      #expect(relativeError((0..<160).map { images.pointer[$0] }, expected.images) < 1e-6)
      #expect(relativeError((0..<12).map { targets.pointer[$0] }, expected.targets) < 1e-6)
    }
    for expected in fixture.mixup { check(expected) { Mixup(alpha: 1).apply(to: $0, lambda: expected.lambda ?? 0) } }
    for expected in fixture.cutMix {
      let box = try #require(expected.box)
      check(expected) {
        CutMix().apply(to: $0, Box(top: box[0], left: box[1], height: box[2], width: box[3]))
      }
    }
  }

  @Test func mixingGivesProbabilities() throws {
    let set = SyntheticImages.make(count: 64, seed: 1, split: .train)
    for mixing in [Mixup(alpha: 0.4), CutMix()] as [any BatchMixing] {
      let loader = try BatchLoader(dataset: set, batchSize: 16, mixing: mixing)
      #expect(loader.targetShape == [10])
      loader.start(epoch: 0)
      while let batch = try loader.next() {
        let targets = try #require(batch.targets)
        for i in 0..<16 {
          let row = targets[(10 * i)..<(10 * i + 10)]
          #expect(abs(row.reduce(0, +) - 1) < 1e-6)
          #expect(row.filter { $0 > 0 }.count <= 2)
          #expect(row.allSatisfy { $0 >= 0 })
        }
      }
    }
  }

  @Test func statisticsAreThoseOfNumpy() throws {
    let fixture = try AugmentationFixture.load()
    let pixels = (0..<(40 * 105)).map { i -> UInt8 in
      let value: UInt64 = ((UInt64(i) * 2_654_435_761) >> 13) % 251
      return UInt8(value) / UInt8(i / 35 % 3 + 1)
    }
    let set = try ImageDataset(
      pixels: pixels, labels: [UInt8](repeating: 0, count: 40), channels: 3, height: 5, width: 7, classNames: ["a"],
      name: "formula")
    let statistics = try set.channelStatistics()
    for channel in 0..<3 {
      #expect(abs(statistics.mean[channel] - fixture.mean[channel]) < 1e-14)
      #expect(abs(statistics.standardDeviation[channel] - fixture.std[channel]) < 1e-14)
    }
  }
}
