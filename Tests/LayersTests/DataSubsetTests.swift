import Layers
import Testing

/// Labels alone; the image is its index.
private struct Labelled: Dataset {
  var labels: [Int]
  var classNames: [String] = ["a", "b", "c"]
  var count: Int { labels.count }
  var imageShape: Shape { [1] }
  func label(at index: Int) -> Int { labels[index] }
  func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) { pixels[0] = Float(index) }
}

private func images(of set: some Dataset) throws -> [Int] {
  try (0..<set.count).map { Int(try set.image(at: $0).scalars[0]) }
}

@Suite struct DataSubsetTests {
  @Test func aSubsetReadsTheImagesOfItsBase() throws {
    let set = Labelled(labels: [0, 1, 2, 0, 1])
    let subset = try set.subset([4, 0, 4])
    #expect(try images(of: subset) == [4, 0, 4])
    #expect((0..<3).map(subset.label(at:)) == [1, 0, 1])
    #expect(subset.classCount == 3)
    let nested = try subset.subset([2, 1])
    #expect(nested.base is Labelled && nested.indices == [4, 0])
    #expect(try images(of: set.first(2)) == [0, 1])
    #expect(set.first(9).count == 5)
    #expect(set.first(-1).count == 0)
    for index in [-1, 5] {
      #expect(throws: DataError.invalidOption(name: "an index of the subset", value: "\(index)", expected: "0 ..< 5")) {
        try set.subset([0, index])
      }
    }
    #expect(throws: DataError.self) { try set.image(at: 5) }
  }

  @Test func chosenClassesGetNewLabels() throws {
    let set = Labelled(labels: [0, 1, 2, 0, 2, 1])
    let subset = try set.subset(classes: [2, 0])
    #expect(try images(of: subset) == [0, 2, 3, 4])
    #expect((0..<4).map(subset.label(at:)) == [1, 0, 1, 0])
    #expect(subset.classNames == ["c", "a"])
    #expect(subset.classCount == 2)
    #expect(try set.subset(classesNamed: ["c", "a"]).indices == subset.indices)
    // Labels stay new through further choices.
    #expect(try subset.subset(classes: [1]).indices == [0, 3])
    #expect(try subset.subset([3, 0]).label(at: 0) == 0)
    for wrong in [[3], [-1], [1, 1]] { #expect(throws: DataError.self) { try set.subset(classes: wrong) } }
    #expect(throws: DataError.self) { try set.subset(classesNamed: ["d"]) }
    #expect(throws: DataError.self) { try TensorDataset(images: Tensor(shape: [2, 1])).subset(classes: [0]) }
  }

  @Test(arguments: [
    (10, [0.7, 0.3], [7, 3]), (10, [1, 1, 1], [4, 3, 3]), (7, [0.5, 0.5], [4, 3]),
    (3, [0.1, 0.1, 0.8], [0, 0, 3]), (0, [0.5, 0.5], [0, 0]), (1, [1, 0], [1, 0]), (100, [0.29, 0.71], [29, 71]),
  ]) func partsHaveTheirSharesAndAddUp(count: Int, ratios: [Double], sizes: [Int]) throws {
    let set = Labelled(labels: [Int](repeating: 0, count: count))
    let parts = try set.split(ratios, seed: 5)
    #expect(parts.map(\.count) == sizes)
    #expect(parts.flatMap(\.indices).sorted() == Array(0..<count))
    for part in parts { #expect(part.indices == part.indices.sorted()) }
  }

  @Test func aSplitFollowsFromItsSeed() throws {
    let set = Labelled(labels: (0..<100).map { $0 % 3 })
    for isStratified in [false, true] {
      func indices(_ seed: UInt64) throws -> [[Int]] {
        try set.split([0.6, 0.4], seed: seed, isStratified: isStratified).map(\.indices)
      }
      #expect(try indices(1) == indices(1))
      #expect(try indices(1) != indices(2))
    }
  }

  @Test(arguments: 0..<20) func aStratifiedSplitKeepsTheSharesOfClasses(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let set = Labelled(labels: (0..<Int(random.next() % 200)).map { _ in min(Int(random.next() % 7), 2) })
    let ratios = seed % 2 == 0 ? [0.8, 0.2] : [0.5, 0.3, 0.2]
    let parts = try set.split(ratios, seed: seed, isStratified: true)
    #expect(parts.flatMap(\.indices).sorted() == Array(0..<set.count))
    for (part, ratio) in zip(parts, ratios) {
      for label in 0..<3 {
        let all = set.labels.count { $0 == label }
        let own = part.indices.count { set.labels[$0] == label }
        #expect(abs(Double(own) - ratio * Double(all)) < 1, "class \(label) of \(all), share \(ratio): \(own)")
      }
      #expect(abs(Double(part.count) - ratio * Double(set.count)) < 1.5)
    }
  }

  @Test func fiveOfEachOfTenClassesAreHalvedToTheImage() throws {
    var set = Labelled(labels: (0..<50).map { $0 / 5 })
    set.classNames = (0..<10).map(String.init)
    #expect(try set.split([0.5, 0.5], isStratified: true).map(\.count) == [25, 25])
  }

  @Test func aLabelThatNamesNoClassIsReported() throws {
    for label in [-1, 3] {
      let set = Labelled(labels: [0, label])
      #expect(throws: DataError.self) { try set.split([1, 1], isStratified: true) }
      #expect(throws: DataError.self) { try set.subset(classes: [0]) }
    }
  }

  @Test func aFractionOfASet() throws {
    let set = Labelled(labels: (0..<30).map { $0 % 3 })
    #expect(try set.fraction(0.5, seed: 1).count == 15)
    #expect(try set.fraction(0, seed: 1).count == 0)
    #expect(try set.fraction(1, seed: 1).indices == Array(0..<30))
    let part = try set.fraction(0.2, seed: 1, isStratified: true)
    for label in 0..<3 { #expect(part.indices.count { $0 % 3 == label } == 2) }
    for wrong in [-0.1, 1.1, .nan] { #expect(throws: DataError.self) { try set.fraction(wrong) } }
    for wrong in [[], [0], [0.5, -0.5], [.nan, 1], [.infinity, 1]] {
      #expect(throws: DataError.self) { try set.split(wrong) }
    }
  }

  @Test func aSubsetOfBytesCanBeCopied() throws {
    let set = SyntheticImages.make(count: 30, seed: 1, split: .train)
    let subset = try set.subset(classes: [7, 3]).subset([4, 1])
    let copy = try ImageDataset(copying: subset, name: "copy")
    #expect(copy.labels == [UInt8(subset.label(at: 0)), UInt8(subset.label(at: 1))])
    #expect(copy.classNames == ["rows", "frame"])
    for i in 0..<2 { #expect(try copy.image(at: i) == set.image(at: subset.indices[i])) }
    #expect(throws: DataError.self) { try ImageDataset(copying: Labelled(labels: [0]).first(1)) }
  }
}

@Suite struct DataTensorTests {
  @Test func tensorsAreReadAsTheyAre() throws {
    let images = try Tensor(shape: [2, 1, 1, 3], [1, 2, 3, -4, 5, 6])
    let set = try TensorDataset(images: images, labels: [2, 0])
    #expect(set.imageShape == [1, 1, 3])
    #expect(set.classCount == 3 && set.label(at: 0) == 2)
    #expect(try set.image(at: 1).scalars == [-4, 5, 6])
    let regression = try TensorDataset(images: images, targets: Tensor(shape: [2, 2], [1, 2, 3, 4]))
    #expect(regression.targetShape == [2])
    #expect(regression.classCount == nil)
    let target = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
    defer { target.deallocate() }
    regression.readTarget(at: 1, into: target)
    #expect(Array(target) == [3, 4])
  }

  @Test func partsThatDoNotAgreeAreRefused() throws {
    let images = try Tensor(shape: [2, 3])
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [0]) }
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [0, -1]) }
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [-5, -1]) }
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [0, .max]) }
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [0, 1], classCount: -1) }
    #expect(throws: DataError.self) { try TensorDataset(images: images, labels: [0, 2], classCount: 2) }
    #expect(throws: DataError.self) {
      try TensorDataset(images: images, labels: [0, 1], classCount: 3, classNames: ["a"])
    }
    #expect(throws: DataError.self) { try TensorDataset(images: images, targets: Tensor(shape: [3, 1])) }
    #expect(throws: DataError.self) { try TensorDataset(images: Tensor(shape: [2])) }
  }
}

@Suite struct DataNormalizationTests {
  @Test func statisticsOfBytesAndOfFloatsAgree() throws {
    let set = SyntheticImages.make(count: 50, seed: 3, split: .train)
    let bytes = try set.channelStatistics()
    let floats = try TensorDataset(
      images: Tensor(shape: [50, 3, 32, 32], set.pixels.map { Float($0) / 255 }), labels: set.labels.map(Int.init)
    ).channelStatistics()
    for channel in 0..<3 {
      #expect(abs(bytes.mean[channel] - floats.mean[channel]) < 1e-7)
      #expect(abs(bytes.standardDeviation[channel] - floats.standardDeviation[channel]) < 1e-7)
    }
    let some = try set.subset([3, 40])
    #expect(try some.channelStatistics() == ImageDataset(copying: some).channelStatistics())
  }

  @Test func normalisedValuesHaveMeanZeroAndDeviationOne() throws {
    let set = SyntheticImages.make(count: 40, seed: 3, split: .train)
    let loader = try BatchLoader(
      dataset: set, batchSize: 40, normalization: set.channelStatistics().normalization, prefetch: 0)
    loader.start(epoch: 0)
    let batch = try #require(try loader.next())
    let statistics = try TensorDataset(images: Tensor(shape: [40, 3, 32, 32], batch.images)).channelStatistics()
    for channel in 0..<3 {
      #expect(abs(statistics.mean[channel]) < 1e-6)
      #expect(abs(statistics.standardDeviation[channel] - 1) < 1e-6)
    }
  }

  @Test func constantsThatCannotNormaliseAreRefused() throws {
    for (mean, std) in [([0.5], [0]), ([0.5], [-1]), ([0.5, 0.5], [1]), ([], []), ([.nan], [1]), ([0], [.infinity])] {
      #expect(throws: DataError.self) { try Normalization(mean: mean, standardDeviation: std) }
    }
    #expect(throws: DataError.self) { try TensorDataset(images: Tensor(shape: [0, 1, 2, 2])).channelStatistics() }
    let flat = try TensorDataset(images: Tensor(shape: [2, 1, 2, 2], repeating: 0.5)).channelStatistics()
    #expect(flat.mean == [0.5] && flat.standardDeviation == [0])
    #expect(throws: DataError.self) { try flat.normalization }
  }
}
