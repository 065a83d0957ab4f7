import Foundation
import Layers

/// The data sets that a command can train on.
enum DataChoice: String, CaseIterable, Codable {
  case synthetic
  case cifar10
  case fashionMNIST = "fashion-mnist"
  case mnist

  /// The images that synthetic data has where no number is given.
  static let syntheticCounts = (train: 10_000, test: 2_000)

  /// The set's official files; nil for synthetic data, which the program makes.
  var archive: DataArchive? {
    switch self {
    case .synthetic: nil
    case .cifar10: .cifar10
    case .fashionMNIST: .fashionMNIST
    case .mnist: .mnist
    }
  }

  /// Loads the images, all or as many as asked for.
  ///
  /// - Parameters:
  ///   - directory: where the files are, as `--data-dir` names it; nil for the usual places of ``DataLocator``. Synthetic
  ///     data has none.
  ///   - seed: what synthetic data is made from.
  func load(
    directory: String?, trainImages: Int?, testImages: Int?, seed: UInt64
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    guard let archive else {
      guard directory == nil else {
        throw UsageError("--data-dir is for data in files; expected --data cifar10, fashion-mnist or mnist with it")
      }
      return (
        SyntheticImages.make(count: trainImages ?? DataChoice.syntheticCounts.train, seed: seed, split: .train),
        SyntheticImages.make(count: testImages ?? DataChoice.syntheticCounts.test, seed: seed, split: .test)
      )
    }
    let folder = try DataLocator(directory: directory).require(archive)
    return (
      try first(trainImages, of: loadFile(folder, .train), option: "--train-images"),
      try first(testImages, of: loadFile(folder, .test), option: "--test-images")
    )
  }

  private func loadFile(_ folder: URL, _ split: DatasetSplit) throws -> ImageDataset {
    switch self {
    case .synthetic, .cifar10: try CIFAR10.load(from: folder, split: split)
    case .fashionMNIST: try MNIST.load(from: folder, split: split, variant: .fashion)
    case .mnist: try MNIST.load(from: folder, split: split, variant: .digits)
    }
  }

  private func first(_ count: Int?, of set: ImageDataset, option: String) throws(UsageError) -> ImageDataset {
    guard let count else { return set }
    guard count <= set.count else {
      throw UsageError("\(option) is \(count); expected at most \(set.count), the images of \(rawValue)")
    }
    return set.subset(first: count)
  }

  /// Whether some of the set's files are there.
  func isPresent(directory: String?) -> Bool {
    archive.map { DataLocator(directory: directory).folder(of: $0) != nil } ?? true
  }
}
