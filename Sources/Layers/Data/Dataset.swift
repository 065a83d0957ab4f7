/// Images of one shape, each with a label or a target: what a ``BatchLoader`` reads, and what a data set of one's own
/// conforms to.
///
///     struct Stripes: Dataset {
///       let count = 1000
///       let imageShape: Shape = [1, 8, 8]
///       let classNames = ["across", "along"]
///       func label(at index: Int) -> Int { index % 2 }
///       func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
///         for i in pixels.indices { pixels[i] = Float((index % 2 == 0 ? i / 8 : i % 8) % 2) }
///       }
///     }
///
/// A loader calls the methods on threads of its own, as many at a time as it was told to use, with indices below
/// ``count``.
public protocol Dataset: Sendable {
  /// The number of images.
  var count: Int { get }
  /// The shape of every image, `[channels, height, width]` for those that are to be transformed.
  var imageShape: Shape { get }
  /// The names of the classes, in the order of their labels; empty, the default, where they have none.
  var classNames: [String] { get }
  /// The number of classes; nil where images have no class. By default the number of ``classNames``, nil for none.
  var classCount: Int? { get }
  /// The class of an image, at least 0 and below ``Dataset/classCount``; by default 0.
  func label(at index: Int) -> Int
  /// Writes an image, all `imageShape.count` values: colours from 0 to 1, which a ``Normalization`` and the transforms are
  /// defined for.
  func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws
  /// The shape of each image's target; nil, the default, where the label says all.
  var targetShape: Shape? { get }
  /// Writes the target of an image, all `targetShape.count` values.
  func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws
  /// Whether each image's target is the image itself, transformed and normalised as it is; false by default. Then
  /// ``Dataset/targetShape`` is the ``Dataset/imageShape``. See ``Dataset/reconstructed()``.
  var targetsAreImages: Bool { get }
  /// The weight of each image in the loss; nil, the default, where all are 1. See ``Dataset/weighted(by:)``.
  var imageWeights: [Float]? { get }
  /// Where the images are bytes in memory, so that kernels read them there; nil, the default, where they are not.
  var byteImages: ByteImages? { get }
}

extension Dataset {
  public var classNames: [String] { [] }
  public var classCount: Int? { classNames.isEmpty ? nil : classNames.count }
  public func label(at index: Int) -> Int { 0 }
  public var targetShape: Shape? { targetsAreImages ? imageShape : nil }
  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    if targetsAreImages { try readImage(at: index, into: target) }
  }
  public var targetsAreImages: Bool { false }
  public var imageWeights: [Float]? { nil }
  public var byteImages: ByteImages? { nil }

  /// An image as a tensor of ``imageShape``.
  ///
  /// - Throws: ``DataError`` for an index outside the set, and what reading throws.
  public func image(at index: Int) throws -> Tensor {
    guard 0..<count ~= index else {
      throw DataError.invalidOption(name: "the image's index", value: "\(index)", expected: "0 ..< \(count)")
    }
    var image = try Tensor(shape: imageShape)
    try image.withUnsafeMutableBufferPointer { try readImage(at: index, into: $0) }
    return image
  }
}

/// Images as bytes in memory, or some of them.
public struct ByteImages: Sendable {
  /// The set whose pixels are read.
  public let source: ImageDataset
  /// The position in ``source`` of each image; nil for all of them in order.
  public let positions: [Int32]?

  public init(source: ImageDataset, positions: [Int32]? = nil) {
    self.source = source
    self.positions = positions
  }

  /// The position in ``source`` of an image.
  func position(_ index: Int) -> Int32 {
    positions?[index] ?? Int32(truncatingIfNeeded: index)
  }
}

extension ImageDataset: Dataset {
  public func label(at index: Int) -> Int { Int(labels[index]) }
  public var byteImages: ByteImages? { ByteImages(source: self) }

  /// Writes an image as numbers from 0 to 1: byte · (1/255).
  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
    let size = imageByteCount
    self.pixels.withUnsafeBufferPointer { source in
      for i in 0..<size { pixels[i] = Float(source[index * size + i]) * (1 / 255) }
    }
  }
}
