/// Images of one shape, each with a label or a target, for a ``BatchLoader`` or ``Trainer``. Your own data sets conform
/// to it.
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
/// A loader calls the methods from several threads at a time, with indices in 0 ..< ``count``.
public protocol Dataset: Sendable {
  /// The number of images.
  var count: Int { get }
  /// The shape of every image; transforms need `[channels, height, width]`.
  var imageShape: Shape { get }
  /// The names of the classes, in the order of their labels; empty, the default, where classes have no names.
  var classNames: [String] { get }
  /// The number of classes; nil where images have no class. By default the number of ``classNames``, or nil where that
  /// is 0.
  var classCount: Int? { get }
  /// The class of an image, in 0 ..< ``Dataset/classCount``; by default 0.
  func label(at index: Int) -> Int
  /// Writes all `imageShape.count` values of an image: colours from 0 to 1, as ``Normalization`` and transforms expect.
  func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws
  /// The shape of each image's target; nil, the default, where the label is the target.
  var targetShape: Shape? { get }
  /// Writes all `targetShape.count` values of an image's target.
  func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws
  /// Whether each image's target is the transformed and normalised image itself; false by default. If true,
  /// ``Dataset/targetShape`` is the ``Dataset/imageShape``. See ``Dataset/reconstructed()``.
  var targetsAreImages: Bool { get }
  /// The weight of each image's loss; nil, the default, where all are 1. See ``Dataset/weighted(by:)``.
  var imageWeights: [Float]? { get }
  /// The images as bytes in memory, which kernels can read directly; nil, the default, where they are not.
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

/// Byte images in memory: all images of a data set, or a selection.
public struct ByteImages: Sendable {
  /// The set whose pixels are read.
  public let source: ImageDataset
  /// The position in ``source`` of each image; nil for all images in order.
  public let positions: [Int32]?

  /// The images of `source`, or those at the given positions.
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

  /// Writes an image as colours from 0 to 1: byte · (1/255).
  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
    let size = imageByteCount
    self.pixels.withUnsafeBufferPointer { source in
      for i in 0..<size { pixels[i] = Float(source[index * size + i]) * (1 / 255) }
    }
  }
}
