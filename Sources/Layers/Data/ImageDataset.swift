/// The part of a data set for training, or the part for testing.
public enum DatasetSplit: String, CaseIterable, Sendable {
  case train
  case test
}

/// Images of one size as bytes in memory, each with the label of its class.
public struct ImageDataset: Sendable {
  /// Intensities from 0 to 255, `[count, channels, height, width]`.
  public let pixels: [UInt8]
  /// The class of each image, an index into ``classNames``.
  public let labels: [UInt8]
  /// The number of channels of an image.
  public let channels: Int
  /// The number of rows of an image.
  public let height: Int
  /// The number of columns of an image.
  public let width: Int
  /// `[channels, height, width]`
  public let imageShape: Shape
  /// The names of the classes, in the order of their labels.
  public let classNames: [String]
  /// The data set's name in reports, such as `cifar10`.
  public let name: String

  /// The number of images.
  public var count: Int { labels.count }
  /// The number of bytes of one image.
  public var imageByteCount: Int { channels * height * width }

  /// - Throws: ``DataError/invalidDataset(name:reason:)`` when the sizes are not positive, or when the number of pixels
  ///   does not match labels and sizes, and ``DataError/labelOutOfRange(file:index:label:classCount:)``.
  public init(
    pixels: [UInt8], labels: [UInt8], channels: Int, height: Int, width: Int, classNames: [String], name: String
  ) throws(DataError) {
    guard channels > 0, height > 0, width > 0 else {
      throw .invalidDataset(
        name: name, reason: "images of \(channels)×\(height)×\(width); expected three sizes of at least 1")
    }
    guard let imageByteCount = checkedProduct([channels, height, width]),
      let byteCount = checkedProduct([labels.count, imageByteCount]), byteCount == pixels.count
    else {
      throw .invalidDataset(
        name: name,
        reason: "\(pixels.count) pixels for \(labels.count) images of \(channels)×\(height)×\(width)")
    }
    try checkLabels(labels, classCount: classNames.count, file: name)
    self.init(
      trusted: pixels, labels: labels, channels: channels, height: height, width: width, classNames: classNames,
      name: name)
  }

  /// A data set whose parts are known to be consistent.
  init(
    trusted pixels: [UInt8], labels: [UInt8], channels: Int, height: Int, width: Int, classNames: [String],
    name: String
  ) {
    self.pixels = pixels
    self.labels = labels
    self.channels = channels
    self.height = height
    self.width = width
    imageShape = [channels, height, width]
    self.classNames = classNames
    self.name = name
  }

  /// The first `count` images, or all if there are fewer; none for numbers below 1.
  public func subset(first count: Int) -> ImageDataset {
    let count = min(max(count, 0), self.count)
    if count == self.count { return self }
    return ImageDataset(
      trusted: Array(pixels[..<(count * imageByteCount)]), labels: Array(labels[..<count]), channels: channels,
      height: height, width: width, classNames: classNames, name: name)
  }
}

/// The product of sizes; nil where it overflows.
func checkedProduct(_ sizes: [Int]) -> Int? {
  var result = 1
  for size in sizes {
    let (next, overflow) = result.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    result = next
  }
  return result
}

/// Checks that every label names a class.
func checkLabels(_ labels: [UInt8], classCount: Int, file: String) throws(DataError) {
  if let index = labels.firstIndex(where: { Int($0) >= classCount }) {
    throw .labelOutOfRange(file: file, index: index, label: Int(labels[index]), classCount: classCount)
  }
}
