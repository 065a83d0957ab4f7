import Foundation
import Layers
import TestSupport
import Testing

/// The examples of docs/layers.md, section Data, and of the declarations' comments.
@Suite struct DataExampleTests {
  private struct Stripes: Dataset {
    let count = 1000
    let imageShape: Shape = [1, 8, 8]
    let classNames = ["across", "along"]
    func label(at index: Int) -> Int { index % 2 }
    func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
      for i in pixels.indices { pixels[i] = Float((index % 2 == 0 ? i / 8 : i % 8) % 2) }
    }
  }

  @Test func aLoaderOfTransformedImages() throws {
    let images = SyntheticImages.make(count: 200, seed: 1, split: .train)
    let parts = try images.split([0.9, 0.1], seed: 1, isStratified: true)
    let some = try images.fraction(0.25, seed: 1)
    let animals = try images.subset(classesNamed: ["disk", "ring"])
    let own = try parts[0].channelStatistics().normalization
    #expect((parts[0].count, parts[1].count, some.count, animals.count) == (180, 20, 50, 40))

    let loader = try BatchLoader(
      dataset: parts[0], batchSize: 128, transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()],
      normalization: own, mixing: Mixup(alpha: 0.2), seed: 1)
    loader.start(epoch: 0)
    var counts: [Int] = []
    while let batch = try loader.next() {
      counts.append(batch.count)
      #expect(batch.images.count == batch.count * 3072)
      #expect(batch.targets?.count == batch.count * 10)
    }
    #expect(counts == [128, 52])
  }

  @Test(.enabled(if: ImageFixture.readsPNG, "no libpng")) func aPictureBecomesAnInput() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    defer { withExtendedLifetime(temporary) {} }
    let picture = try ImageFixture.load().image("noise").resized(height: 300, width: 400)
    let file = folder.appendingPathComponent("picture.png")
    try picture.write(to: file)

    let image = try Image(contentsOf: file)
    let input = try image.resized(shorterSide: 256).centerCropped(to: 224).converted(channels: 3)
    let tensor = input.tensor
    let bytes = input.planes
    try Image(tensor).write(to: folder.appendingPathComponent("input.png"))
    let upload = try Data(contentsOf: folder.appendingPathComponent("input.png"))
    let small = try Image(decoding: upload, limits: ImageLimits(pixels: 4_000_000, bytes: 1 << 20))
    #expect(tensor.shape == [3, 224, 224] && bytes.count == 3 * 224 * 224)
    #expect(small == input)
  }

  @Test func aDataSetOfOnesOwn() throws {
    let loader = try BatchLoader(dataset: Stripes(), batchSize: 100, transforms: [RandomCrop(7)])
    loader.start(epoch: 0)
    var ones = 0
    while let batch = try loader.next() { ones += batch.labels.count { $0 == 1 } }
    #expect(ones == 500)
  }

  @Test func imagesInFoldersAndTensors() throws {
    let folder = try TemporaryFolder()
    for name in ["rose", "tulip"] { try folder.write(Array("P5 1 1 255\n".utf8) + [7], to: "\(name)/1.pgm") }
    let flowers = try ImageFolder(folder.url, size: 64)
    #expect(flowers.classNames == ["rose", "tulip"])
    #expect(flowers.imageShape == [1, 64, 64])
    let tensor = try Tensor(shape: [3, 2])
    let floats = try TensorDataset(images: tensor, labels: [0, 1, 1])
    #expect(floats.classCount == 2)
  }

  @Test func anImageAlone() throws {
    let image = try SyntheticImages.make(count: 1, seed: 1, split: .train).image(at: 0)
    var random = SplitMix64(seed: 1)
    let tilted = try image.transformed(by: RandomRotation(degrees: 15), using: &random)
    #expect(tilted.shape == image.shape && tilted != image)
    let normalization = try Normalization(mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2470, 0.2435, 0.2616])
    #expect(normalization.mean.count == 3)
    var order = EpochOrder(seed: 1)
    order.begin(epoch: 0, count: 50_000)
    #expect(order.indices[0] < 50_000)
  }
}
