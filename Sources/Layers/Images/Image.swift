import Foundation

/// An image with 8 bits for each sample: grey, RGB or RGBA.
///
///     let image = try Image(contentsOf: URL(fileURLWithPath: "cat.jpg"))
///     let input = try image.resized(shorterSide: 256).centerCropped(to: 224).converted(channels: 3).tensor
///
/// Samples are stored as in files, `[height, width, channels]` in row-major order, 0 to 255. As in PIL and torchvision,
/// EXIF orientation and colour profiles are not applied.
public struct Image: Hashable, Sendable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// 1 (grey), 3 (red, green, blue) or 4 (red, green, blue, alpha; not premultiplied).
  public let channels: Int
  /// `[height, width, channels]`
  public let samples: [UInt8]

  /// - Parameters:
  ///   - height: the number of rows.
  ///   - width: the number of columns.
  ///   - channels: 1 (grey), 3 (red, green, blue) or 4 (with alpha).
  ///   - samples: `[height, width, channels]`
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for sizes below 1, channels other than 1, 3 and 4, and
  ///   a number of samples that does not match the sizes.
  public init(height: Int, width: Int, channels: Int, samples: [UInt8]) throws(DataError) {
    guard height > 0, width > 0, [1, 3, 4].contains(channels) else {
      throw .invalidOption(
        name: "an image's size", value: "\(height)×\(width)×\(channels)",
        expected: "a height and a width of at least 1, and 1, 3 or 4 channels")
    }
    guard checkedProduct([height, width, channels]) == samples.count else {
      throw .invalidOption(
        name: "the number of samples", value: "\(samples.count)", expected: "\(height)·\(width)·\(channels)")
    }
    self.init(trusted: samples, height: height, width: width, channels: channels)
  }

  /// An image whose parts are known to be consistent.
  init(trusted samples: [UInt8], height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
    self.samples = samples
  }

  /// The number of pixels.
  public var pixelCount: Int { height * width }

  /// The sample of a channel at a pixel.
  public subscript(y: Int, x: Int, channel: Int) -> UInt8 {
    precondition(
      0..<height ~= y && 0..<width ~= x && 0..<channels ~= channel,
      "(\(y), \(x), \(channel)) is outside of an image of \(height)×\(width)×\(channels)")
    return samples[(y * width + x) * channels + channel]
  }
}

// MARK: As a network takes it

extension Image {
  /// An image from planar samples, `[channels, height, width]`, as data sets store them.
  ///
  /// - Throws: as ``init(height:width:channels:samples:)``.
  public init(planes: some Collection<UInt8>, channels: Int, height: Int, width: Int) throws(DataError) {
    let planes = Array(planes)
    try self.init(height: height, width: width, channels: channels, samples: planes)
    self.init(
      trusted: reordered(planes, rows: channels, columns: height * width), height: height, width: width,
      channels: channels)
  }

  /// The samples in planar order: `[channels, height, width]`.
  public var planes: [UInt8] { reordered(samples, rows: pixelCount, columns: channels) }

  /// `[channels, height, width]`, colours from 0 to 1 (sample/255), as torchvision's `ToTensor`.
  public var tensor: Tensor {
    let storage = FloatStorage(uninitialized: samples.count)
    writePlanes(to: storage.pointer, scale: 1 / 255)
    return Tensor(shape: [channels, height, width], storage: storage)
  }

  /// An image from `[channels, height, width]`, colours from 0 to 1, rounded to 8 bits; values outside 0 … 1 are
  /// clamped, and NaN becomes 0.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a tensor of another shape.
  public init(_ tensor: Tensor) throws(DataError) {
    guard tensor.shape.rank == 3 else {
      throw .invalidOption(
        name: "an image's tensor", value: "\(tensor.shape)", expected: "the shape [channels, height, width]")
    }
    let planes = tensor.withUnsafeBufferPointer { values in values.map { roundedSample($0 * 255) } }
    try self.init(planes: planes, channels: tensor.shape[0], height: tensor.shape[1], width: tensor.shape[2])
  }

  /// Writes planar samples, `[channels, height, width]`, each multiplied by `scale`.
  func writePlanes(to planes: UnsafeMutablePointer<Float>, scale: Float) {
    samples.withUnsafeBufferPointer { samples in
      for channel in 0..<channels {
        let plane = planes + channel * pixelCount
        for i in 0..<pixelCount { plane[i] = Float(samples[i * channels + channel]) * scale }
      }
    }
  }

  /// An image from planar values, `[channels, height, width]`, from 0 to 255, rounded.
  init(roundingPlanes planes: UnsafePointer<Float>, channels: Int, height: Int, width: Int) {
    let count = height * width
    let samples = [UInt8](unsafeUninitializedCapacity: count * channels) { samples, initialized in
      for channel in 0..<channels {
        let plane = planes + channel * count
        for i in 0..<count { samples[i * channels + channel] = roundedSample(plane[i]) }
      }
      initialized = count * channels
    }
    self.init(trusted: samples, height: height, width: width, channels: channels)
  }
}

/// The nearest sample to a value from 0 to 255; 0 for NaN.
@inline(__always)
func roundedSample(_ value: Float) -> UInt8 {
  value > 0 ? value < 255 ? UInt8(value + 0.5) : 255 : 0
}

/// A matrix transposed.
private func reordered(_ values: [UInt8], rows: Int, columns: Int) -> [UInt8] {
  if rows == 1 || columns == 1 { return values }
  return values.withUnsafeBufferPointer { values in
    [UInt8](unsafeUninitializedCapacity: values.count) { result, initialized in
      for column in 0..<columns {
        let target = column * rows
        for row in 0..<rows { result[target + row] = values[row * columns + column] }
      }
      initialized = values.count
    }
  }
}
