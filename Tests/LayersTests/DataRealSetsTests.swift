import Foundation
import Layers
import TestSupport
import Testing

/// The real files, where they are: their counts and, for CIFAR-10, the channel statistics that everybody quotes.
@Suite struct DataRealSetsTests {
  @Test(.enabled(if: DataFolders.cifar10 != nil, "CIFAR-10 is absent: set CIFAR10_DIR to its folder"))
  func cifar10HasItsKnownStatistics() throws {
    let folder = try #require(DataFolders.cifar10)
    let train = try CIFAR10.load(from: folder, split: .train)
    let test = try CIFAR10.load(from: folder, split: .test)
    #expect(classCounts(train) == [Int](repeating: 5000, count: 10))
    #expect(classCounts(test) == [Int](repeating: 1000, count: 10))
    let means = [0.49139968, 0.48215841, 0.44653091]
    let deviations = [0.24703223, 0.24348513, 0.26158784]
    let statistics = try train.channelStatistics()
    for channel in 0..<3 {
      #expect(abs(statistics.mean[channel] - means[channel]) < 1e-8)
      #expect(abs(statistics.standardDeviation[channel] - deviations[channel]) < 1e-8)
    }
  }

  @Test(.enabled(if: DataFolders.fashionMNIST != nil, "Fashion-MNIST is absent: set FASHION_MNIST_DIR to its folder"))
  func fashionMNISTHasBalancedClasses() throws {
    let folder = try #require(DataFolders.fashionMNIST)
    let train = try MNIST.load(from: folder, split: .train, variant: .fashion)
    let test = try MNIST.load(from: folder, split: .test, variant: .fashion)
    #expect((train.channels, train.height, train.width) == (1, 28, 28))
    #expect(classCounts(train) == [Int](repeating: 6000, count: 10))
    #expect(classCounts(test) == [Int](repeating: 1000, count: 10))
    #expect(Array(test.labels[..<6]) == [9, 2, 1, 1, 6, 1])
  }

  private func classCounts(_ set: ImageDataset) -> [Int] {
    var counts = [Int](repeating: 0, count: set.classNames.count)
    for label in set.labels { counts[Int(label)] += 1 }
    return counts
  }
}
