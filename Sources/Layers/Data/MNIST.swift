import Foundation

/// MNIST, and Fashion-MNIST, which has the same files: 60,000 training and 10,000 test images of 28×28 grey pixels.
///
/// Sources: LeCun, Cortes, Burges, "The MNIST database of handwritten digits"; Xiao, Rasul, Vollgraf, "Fashion-MNIST: a
/// novel image dataset for benchmarking machine learning algorithms" (2017).
public enum MNIST {
  /// The data sets with MNIST's files.
  public enum Variant: String, CaseIterable, Sendable {
    case digits = "mnist"
    case fashion = "fashion-mnist"

    /// The folders in which distributions put the files; the last is torchvision's.
    package var folderNames: [String] {
      switch self {
      case .digits: ["mnist", "MNIST/raw", "raw"]
      case .fashion: ["fashion-mnist", "FashionMNIST/raw", "raw"]
      }
    }

    /// The names of the classes, in the order of their labels.
    public var classNames: [String] {
      switch self {
      case .digits: (0...9).map(String.init)
      case .fashion:
        [
          "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
        ]
      }
    }
  }

  private static let side = 28

  /// The number of images of a split; files may hold fewer.
  private static func largestCount(_ split: DatasetSplit) -> Int { split == .train ? 60_000 : 10_000 }

  /// Loads a split from IDX files, plain or .gz. For images of other sizes, use ``IDXFile``.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the files, or the parent folder of one with an official name (`mnist`,
  ///     `fashion-mnist`, or torchvision's `MNIST/raw`, `FashionMNIST/raw`).
  ///   - split: training or test images.
  ///   - variant: MNIST or Fashion-MNIST.
  /// - Throws: ``DataError`` naming the file, also where images are not 28×28, or more than the split has.
  public static func load(
    from directory: URL, split: DatasetSplit, variant: Variant = .digits
  ) throws(DataError) -> ImageDataset {
    let prefix = split == .train ? "train" : "t10k"
    let imageName = "\(prefix)-images-idx3-ubyte"
    let labelName = "\(prefix)-labels-idx1-ubyte"
    let folder = try DataFiles.folder(
      directory, officialNames: variant.folderNames,
      holding: [imageName, imageName + ".gz", labelName, labelName + ".gz"])
    let imageFile = try plainOrCompressed(imageName, in: folder)
    let images = try IDXFile(contentsOf: imageFile, dimensions: 3) { sizes throws(DataError) in
      guard sizes[0] <= largestCount(split), sizes[1] == side, sizes[2] == side else {
        throw .wrongSizes(
          file: imageFile.path, sizes: sizes, expected: "at most \(largestCount(split)) images of \(side)×\(side)")
      }
    }
    let labelFile = try plainOrCompressed(labelName, in: folder)
    let labels = try IDXFile(contentsOf: labelFile, dimensions: 1) { sizes throws(DataError) in
      guard sizes[0] == images.sizes[0] else {
        throw .countMismatch(
          imageFile: images.name, images: images.sizes[0], labelFile: labelFile.path, labels: sizes[0])
      }
    }
    try checkLabels(labels.elements, classCount: variant.classNames.count, file: labels.name)
    return ImageDataset(
      trusted: images.elements, labels: labels.elements, channels: 1, height: side, width: side,
      classNames: variant.classNames, name: variant.rawValue)
  }

  private static func plainOrCompressed(_ name: String, in folder: URL) throws(DataError) -> URL {
    let plain = folder.appendingPathComponent(name)
    let compressed = folder.appendingPathComponent(name + ".gz")
    if DataFiles.exists(plain) { return plain }
    if DataFiles.exists(compressed) { return compressed }
    throw .missingFile(path: "\(plain.path)[.gz]")
  }
}
