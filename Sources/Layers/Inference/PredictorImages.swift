import Foundation
import Kernels

/// Predictions for images of any size, and for images of data sets. An image is converted to the network's channels,
/// resized with a bilinear filter so that it covers the input, centre-cropped, and normalised by ``normalization``;
/// without one it is left as colours from 0 to 1.
extension Predictor {
  /// An image converted to the network's input, of ``inputShape``.
  ///
  /// - Parameters:
  ///   - image: an image of any size and channels.
  ///   - shorterSide: the length, in pixels, to which the image's shorter side is resized before the crop, such as 256
  ///     for torchvision's networks of 224×224; nil for the smallest that covers the input.
  /// - Throws: ``PredictionError/shape(given:expected:)`` where the network's input is not an image of 1, 3 or 4
  ///   channels, or ``DataError`` where the image cannot be resized to this size.
  public func input(_ image: Image, shorterSide: Int? = nil) throws -> Tensor {
    let storage = FloatStorage(uninitialized: inputShape.count)
    try write(image, shorterSide: shorterSide, to: storage.pointer)
    return Tensor(shape: inputShape, storage: storage)
  }

  /// Images converted to the network's input: `[count] + inputShape`.
  public func input(_ images: [Image], shorterSide: Int? = nil) throws -> Tensor {
    let storage = FloatStorage(uninitialized: images.count * inputShape.count)
    for (i, image) in images.enumerated() {
      try write(image, shorterSide: shorterSide, to: storage.pointer + i * inputShape.count)
    }
    return Tensor(shape: inputShape.batched(images.count), storage: storage)
  }

  /// Images of a data set as the network's input: `[indices.count] + inputShape`, normalised by ``normalization``.
  ///
  /// - Parameters:
  ///   - data: the data set.
  ///   - indices: the indices of the images, in `0 ..< data.count`.
  /// - Throws: ``PredictionError/shape(given:expected:)`` for images whose shape is not ``inputShape``, ``DataError``
  ///   for an index outside the set, and what reading an image throws.
  public func input(_ data: any Dataset, at indices: some Collection<Int>) throws -> Tensor {
    guard data.imageShape == inputShape else {
      throw PredictionError.shape(given: data.imageShape, expected: "\(inputShape), the network's input")
    }
    let (count, size) = (indices.count, inputShape.count)
    let storage = FloatStorage(uninitialized: count * size)
    for (i, index) in indices.enumerated() {
      guard 0..<data.count ~= index else {
        throw DataError.invalidOption(name: "the image's index", value: "\(index)", expected: "0 ..< \(data.count)")
      }
      try data.readImage(
        at: index, into: UnsafeMutableBufferPointer(start: storage.pointer + i * size, count: size))
    }
    if let normalization, count > 0 {
      try PlannedNormalization(normalization, imageShape: inputShape)
        .normalize(storage.pointer, count: count, to: storage.pointer)
    }
    return Tensor(shape: inputShape.batched(count), storage: storage)
  }

  private func write(_ image: Image, shorterSide: Int?, to input: UnsafeMutablePointer<Float>) throws {
    guard inputShape.rank == 3, [1, 3, 4].contains(inputShape[0]) else {
      throw PredictionError.shape(
        given: [image.channels, image.height, image.width],
        expected: "\(inputShape), which is no image of 1, 3 or 4 channels")
    }
    let (height, width) = (inputShape[1], inputShape[2])
    var image = try image.converted(channels: inputShape[0])
    if let shorterSide {
      image = try image.resized(shorterSide: shorterSide)
    } else {
      // The smallest size with the image's aspect ratio that covers the input.
      let scale = max(Double(height) / Double(image.height), Double(width) / Double(image.width))
      image = try image.resized(
        height: max(height, Int((Double(image.height) * scale).rounded())),
        width: max(width, Int((Double(image.width) * scale).rounded())))
    }
    image = try image.centerCropped(to: Size2D(height, width))
    image.writePlanes(to: input, scale: 1 / 255)
    guard let normalization else { return }
    try PlannedNormalization(normalization, imageShape: inputShape).normalize(input, count: 1, to: input)
  }

  /// The most probable classes of an image of any size, the most probable first.
  ///
  /// - Parameters:
  ///   - image: an image of any size and channels.
  ///   - shorterSide: as in ``input(_:shorterSide:)-(Image,_)``.
  ///   - count: the number of classes returned; all if there are fewer.
  public func classify(_ image: Image, shorterSide: Int? = nil, top count: Int = 5) throws -> [Classification] {
    try classify(input(image, shorterSide: shorterSide), top: count)
  }

  /// The most probable classes of an image in memory, the most probable first.
  ///
  /// - Parameters:
  ///   - pixels: `[height, width, channels]`, 0 to 255.
  ///   - height: the number of rows.
  ///   - width: the number of columns.
  ///   - channels: 1 (grey), 3 (red, green, blue) or 4 (with alpha, which is dropped where the network has none).
  ///   - shorterSide: as in ``input(_:shorterSide:)-(Image,_)``.
  ///   - count: the number of classes returned; all if there are fewer.
  public func classify(
    pixels: [UInt8], height: Int, width: Int, channels: Int, shorterSide: Int? = nil, top count: Int = 5
  ) throws -> [Classification] {
    try classify(
      Image(height: height, width: width, channels: channels, samples: pixels), shorterSide: shorterSide, top: count)
  }

  /// The most probable classes of an image file, the most probable first.
  ///
  /// - Parameters:
  ///   - file: an image file.
  ///   - limits: the largest file and image that are read.
  ///   - shorterSide: as in ``input(_:shorterSide:)-(Image,_)``.
  ///   - count: the number of classes returned; all if there are fewer.
  /// - Throws: ``DataError`` where the file cannot be read or decoded.
  public func classify(
    contentsOf file: URL, limits: ImageLimits = ImageLimits(), shorterSide: Int? = nil, top count: Int = 5
  ) throws -> [Classification] {
    try classify(Image(contentsOf: file, limits: limits), shorterSide: shorterSide, top: count)
  }
}
