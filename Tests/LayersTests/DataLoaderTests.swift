import Foundation
import Kernels
import Layers
import Synchronization
import TestSupport
import Testing

/// An image is its index, and reading one can fail or be counted.
private final class Counted: Dataset {
  let count: Int
  let failing: Int?
  let reads = Mutex(0)
  let imageShape: Shape = [1, 2, 2]
  let classNames = ["even", "odd"]

  init(_ count: Int, failing: Int? = nil) {
    self.count = count
    self.failing = failing
  }

  func label(at index: Int) -> Int { index % 2 }
  func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    reads.withLock { $0 += 1 }
    if index == failing { throw DataError.unreadable(file: "image \(index)", reason: "test") }
    pixels.update(repeating: Float(index))
  }
}

/// What a loader hands out, copied.
private struct Content: Equatable {
  var index: Int
  var images: [UInt32]
  var labels: [Int32]
  var positions: [Int32]
  var targets: [UInt32]?
  var weights: [Float]?

  init(_ batch: PreparedBatch) {
    index = batch.index
    images = batch.images.map(\.bitPattern)
    labels = Array(batch.labels)
    positions = Array(batch.positions)
    targets = batch.targets.map { $0.map(\.bitPattern) }
    weights = batch.weights.map { Array($0) }
  }
}

private func rest(of loader: BatchLoader) throws -> [Content] {
  var contents: [Content] = []
  while let batch = try loader.next() { contents.append(Content(batch)) }
  return contents
}

private func epoch(_ epoch: Int, of loader: BatchLoader, from batch: Int = 0) throws -> [Content] {
  loader.start(epoch: epoch, fromBatch: batch)
  return try rest(of: loader)
}

private let strong: [any ImageTransform] = [
  RandomCrop(32, padding: 4, mode: .reflect), RandomHorizontalFlip(), RandomRotation(degrees: 10),
  GaussianNoise(standardDeviation: 0.1),
  ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1), Cutout(8),
]

@Suite struct DataLoaderTests {
  @Test(arguments: [false, true]) func prefetchAndThreadsChangeNoBit(transforms: Bool) throws {
    let set = SyntheticImages.make(count: 43, seed: 1, split: .train)
    func contents(prefetch: Int, threads: Int = 1, seed: UInt64 = 7) throws -> [[Content]] {
      let loader = try BatchLoader(
        dataset: set, batchSize: 8, transforms: transforms ? strong : [], normalization: .signedUnit,
        mixing: transforms ? Mixup(alpha: 0.3) : nil, imageWeights: (0..<43).map { Float($0) }, seed: seed,
        prefetch: prefetch, threads: threads)
      #expect(loader.batchCount == 6)
      return try (0..<3).map { try epoch($0, of: loader) }
    }
    let direct = try contents(prefetch: 0)
    for prefetch in [1, 2, 4, 100] { #expect(try contents(prefetch: prefetch) == direct) }
    for threads in [2, 3, 8] { #expect(try contents(prefetch: 4, threads: threads) == direct) }
    #expect(try contents(prefetch: 2, seed: 8) != direct)
    for epoch in direct {
      #expect(epoch.map(\.index) == Array(0..<6))
      #expect(epoch.map(\.labels.count) == [8, 8, 8, 8, 8, 3])
      #expect(epoch.flatMap(\.positions).sorted() == (0..<43).map { Int32($0) })
      for content in epoch {
        #expect(content.weights == content.positions.map { Float($0) })
        #expect(content.labels == content.positions.map { Int32(set.labels[Int($0)]) })
        #expect(content.images.allSatisfy { Float(bitPattern: $0).isFinite })
      }
    }
    #expect(direct[0].flatMap(\.positions) != direct[1].flatMap(\.positions))
  }

  @Test(arguments: [0, 2]) func anEpochIsResumedAtAnyBatch(prefetch: Int) throws {
    let set = SyntheticImages.make(count: 30, seed: 1, split: .train)
    let loader = try BatchLoader(
      dataset: set, batchSize: 4, transforms: strong, mixing: CutMix(), seed: 3, prefetch: prefetch)
    let whole = try epoch(5, of: loader)
    for batch in [0, 1, 4, 7, 8, 100] {
      #expect(try epoch(5, of: loader, from: batch) == Array(whole.dropFirst(batch)))
      let fresh = try BatchLoader(
        dataset: set, batchSize: 4, transforms: strong, mixing: CutMix(), seed: 3, prefetch: prefetch)
      #expect(try epoch(5, of: fresh, from: batch) == Array(whole.dropFirst(batch)))
    }
  }

  @Test func theOrderIsThatOfEpochOrder() throws {
    let loader = try BatchLoader(dataset: Counted(23), batchSize: 5, seed: 11)
    var order = EpochOrder(seed: 11)
    for number in [0, 1, 7] {
      order.begin(epoch: number, count: 23)
      let contents = try epoch(number, of: loader)
      #expect(contents.flatMap(\.positions) == order.indices)
      #expect(
        contents.flatMap(\.images) == order.indices.flatMap { [UInt32](repeating: Float($0).bitPattern, count: 4) })
    }
    let plain = try BatchLoader(dataset: Counted(23), batchSize: 5, seed: 11, shuffles: false)
    #expect(try epoch(3, of: plain).flatMap(\.positions) == (0..<23).map { Int32($0) })
  }

  @Test func bytesComeOutAsTheirColoursNormalised() throws {
    let set = SyntheticImages.make(count: 20, seed: 1, split: .train)
    func check(_ normalization: Normalization?, _ dataset: any Dataset, _ expected: (UInt8, Int) -> Float) throws {
      let loader = try BatchLoader(dataset: dataset, batchSize: 7, normalization: normalization, seed: 1)
      for content in try epoch(0, of: loader) {
        let subset = dataset as? Subset
        let wanted = content.positions.flatMap { position in
          let image = subset?.indices[Int(position)] ?? Int(position)
          return (0..<3072).map { expected(set.pixels[image * 3072 + $0], $0 / 1024).bitPattern }
        }
        #expect(content.images == wanted)
      }
    }
    for dataset in [set, try set.subset([4, 9, 2, 2, 17, 5, 6, 11])] as [any Dataset] {
      try check(nil, dataset) { byte, _ in Float(byte) * (1 / 255) }
      try check(.signedUnit, dataset) { byte, _ in Float(byte) * (2 / 255) - 1 }
      let mean = [0.49, 0.48, 0.45]
      let std = [0.25, 0.24, 0.26]
      try check(Normalization(mean: mean, standardDeviation: std), dataset) { byte, channel in
        Float(byte) * (1 / 255) * Float(1 / std[channel]) + Float(-mean[channel] / std[channel])
      }
    }
  }

  @Test func transformedImagesAreNormalisedLast() throws {
    let set = SyntheticImages.make(count: 6, seed: 1, split: .train)
    let loader = try BatchLoader(
      dataset: set, batchSize: 6, transforms: [RandomHorizontalFlip(1), RandomCrop(30)],
      normalization: Normalization(mean: [0.5, 0.4, 0.3], standardDeviation: [0.5, 0.25, 1]), shuffles: false)
    #expect(loader.imageShape == [3, 30, 30])
    let plain = try BatchLoader(
      dataset: set, batchSize: 6, transforms: [RandomHorizontalFlip(1), RandomCrop(30)], shuffles: false)
    let (values, colours) = (try epoch(0, of: loader)[0].images, try epoch(0, of: plain)[0].images)
    for i in values.indices {
      let channel = i / 900 % 3
      let expected = (Float(bitPattern: colours[i]) - [0.5, 0.4, 0.3][channel]) / [0.5, 0.25, 1][channel]
      #expect(abs(Float(bitPattern: values[i]) - expected) < 1e-6)
    }
  }

  @Test(arguments: [(0, 1), (1, 1), (3, 1), (3, 3)])
  func errorsOfADataSetComeInTheirTurn(prefetch: Int, threads: Int) throws {
    let set = Counted(20, failing: 13)
    let loader = try BatchLoader(dataset: set, batchSize: 4, shuffles: false, prefetch: prefetch, threads: threads)
    for _ in 0..<2 {
      loader.start(epoch: 0)
      for index in 0..<3 { #expect(try loader.next()?.index == index) }
      for _ in 0..<2 {
        #expect(throws: DataError.unreadable(file: "image 13", reason: "test")) { try loader.next() }
      }
    }
    #expect(try epoch(0, of: loader, from: 4).flatMap(\.positions) == [16, 17, 18, 19])
  }

  @Test(arguments: [0, 2]) func smallSets(prefetch: Int) throws {
    #expect(try epoch(0, of: BatchLoader(dataset: Counted(0), batchSize: 4, prefetch: prefetch)).isEmpty)
    let one = try epoch(
      0, of: BatchLoader(dataset: Counted(1), batchSize: 4, mixing: Mixup(alpha: 1), prefetch: prefetch))
    #expect(one.map(\.positions) == [[0]])
    #expect(one[0].targets == [Float(1).bitPattern, Float(0).bitPattern])
    let dropping = try BatchLoader(dataset: Counted(11), batchSize: 4, dropsLast: true, prefetch: prefetch)
    #expect(dropping.batchCount == 2)
    #expect(try epoch(0, of: dropping).map(\.positions.count) == [4, 4])
    #expect(try epoch(0, of: BatchLoader(dataset: Counted(3), batchSize: 4, dropsLast: true)).isEmpty)
    let empty = try ImageDataset(pixels: [], labels: [], channels: 1, height: 2, width: 2, classNames: [], name: "")
    #expect(try epoch(0, of: BatchLoader(dataset: empty, batchSize: 4, prefetch: prefetch)).isEmpty)
  }

  @Test(arguments: [0, 2]) func anEpochCanBeLeftAtAnyTime(prefetch: Int) throws {
    let set = Counted(1000)
    let loader = try BatchLoader(dataset: set, batchSize: 10, seed: 1, prefetch: prefetch)
    #expect(try loader.next() == nil)
    loader.start(epoch: 0)
    _ = try loader.next()
    loader.stop()
    #expect(try loader.next() == nil)
    // A start in the middle of another epoch drops what was prepared for it.
    let expected = try epoch(1, of: BatchLoader(dataset: set, batchSize: 10, seed: 1, prefetch: 0))
    for taken in 0..<5 {
      loader.start(epoch: 0)
      for _ in 0..<taken { _ = try loader.next() }
      #expect(try epoch(1, of: loader) == expected)
    }
  }

  @Test func theThreadEndsWithItsLoader() throws {
    // When a loader goes, nobody holds the data set or reads it any more.
    for taken in 0..<4 {
      weak var released: Counted?
      do {
        let set = Counted(1000)
        released = set
        let loader = try BatchLoader(dataset: set, batchSize: 2, prefetch: 3, threads: 1 + taken % 3)
        loader.start(epoch: 0)
        for _ in 0..<taken { _ = try loader.next() }
        #expect(set.reads.withLock { $0 } <= 2 * (taken + 4))
      }
      // The thread's own hold on what it shared goes when it is done, just after the loader.
      for _ in 0..<1000 where released != nil { usleep(1000) }
      #expect(released == nil)
    }
  }

  @Test func onlyAsManyBatchesAsAskedForAreMadeInAdvance() throws {
    let set = Counted(1000)
    let loader = try BatchLoader(dataset: set, batchSize: 5, prefetch: 2)
    loader.start(epoch: 0)
    for index in 0..<20 {
      _ = try loader.next()
      // The two in advance, and as many as there are slots: the one in use is none of them.
      #expect(set.reads.withLock { $0 } <= 5 * (index + 1 + 3))
    }
  }

  @Test func targetsOfADataSetComeWithItsImages() throws {
    let set = try TensorDataset(
      images: Tensor(shape: [5, 2], (0..<10).map { Float($0) }),
      targets: Tensor(shape: [5, 3], (0..<15).map { Float($0) }))
    let contents = try epoch(0, of: BatchLoader(dataset: set, batchSize: 2, seed: 4))
    for content in contents {
      var (images, targets): ([UInt32], [UInt32]) = ([], [])
      for position in content.positions {
        for i in 0..<2 { images.append(Float(Int(position) * 2 + i).bitPattern) }
        for i in 0..<3 { targets.append(Float(Int(position) * 3 + i).bitPattern) }
      }
      #expect(content.images == images)
      #expect(content.targets == targets)
    }
    #expect(try BatchLoader(dataset: Counted(4), batchSize: 2).targetShape == nil)
  }

  @Test func optionsThatDoNotFitAreNamed() throws {
    let set = SyntheticImages.make(count: 4, seed: 1, split: .train)
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 0) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 1, prefetch: -1) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 1, threads: 0) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 1, imageWeights: [1]) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 1, transforms: [RandomCrop(33)]) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: set, batchSize: 1, mixing: Mixup(alpha: 0)) }
    #expect(throws: DataError.self) {
      try BatchLoader(
        dataset: set, batchSize: 1, normalization: Normalization(mean: [0, 0], standardDeviation: [1, 1]))
    }
    let vectors = try TensorDataset(images: Tensor(shape: [2, 5]))
    #expect(throws: DataError.self) { try BatchLoader(dataset: vectors, batchSize: 1, transforms: [Cutout(1)]) }
    #expect(throws: DataError.self) { try BatchLoader(dataset: vectors, batchSize: 1, mixing: Mixup(alpha: 1)) }
  }

  @Test(.enabled(if: Allocations.areCounted), arguments: [true, false])
  func aWarmLoaderAllocatesNothing(hasTransforms: Bool) throws {
    let set = SyntheticImages.make(count: 60, seed: 1, split: .train)
    let loader = try BatchLoader(
      dataset: set, batchSize: 8, transforms: hasTransforms ? strong : [], normalization: .signedUnit,
      mixing: hasTransforms ? Mixup(alpha: 0.2) : nil, prefetch: 0)
    func epoch() throws {
      loader.start(epoch: 1)
      while try loader.next() != nil {}
    }
    try epoch()
    #expect(try Allocations.onThread { try epoch() } == 0)
  }
}
