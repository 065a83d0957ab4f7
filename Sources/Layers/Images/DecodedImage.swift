import Foundation

/// A decoded image file: an ``Image``, and the file's original samples where 8 bits cannot represent them.
struct DecodedImage {
  /// The original samples of a portable anymap whose maximum is not 255.
  struct ExactSamples: Equatable {
    /// `[height, width, channels]`, each 0 to ``maximum``.
    let samples: [UInt16]
    let maximum: Int
  }

  let image: Image
  /// nil where ``image`` has the original samples.
  let exact: ExactSamples?

  /// The file name extensions of supported formats.
  static let fileExtensions: Set<String> = ["ppm", "pgm", "pnm", "png", "jpg", "jpeg"]

  init(_ image: Image) {
    self.image = image
    exact = nil
  }

  /// - Parameter samples: `[height, width, channels]`, each at most the maximum.
  init(channels: Int, height: Int, width: Int, samples: [UInt16], maximum: Int) {
    let bytes =
      maximum == 255
      ? samples.map { UInt8(truncatingIfNeeded: $0) }
      : samples.map { UInt8((Int($0) * 255 + maximum / 2) / maximum) }
    image = Image(trusted: bytes, height: height, width: width, channels: channels)
    exact = maximum == 255 ? nil : ExactSamples(samples: samples, maximum: maximum)
  }

  /// Reads a file; its first bytes determine the format.
  init(contentsOf file: URL, limits: ImageLimits) throws(DataError) {
    try self.init([UInt8](DataFiles.read(file, limit: limits.bytes)), name: file.path, limits: limits)
  }

  /// - Parameter name: the file's name in error messages.
  init(_ content: [UInt8], name: String, limits: ImageLimits) throws(DataError) {
    guard content.count <= limits.bytes else {
      throw .unreadable(file: name, reason: "it has \(content.count) bytes, expected at most \(limits.bytes)")
    }
    if content.starts(with: PNGHeader.signature) {
      let header = try PNGHeader(content, name: name)
      try limits.check(height: header.height, width: header.width, channels: 4, name: name)
      self.init(try SystemDecoder.decodePNG(content, header, name: name))
    } else if content.starts(with: JPEGHeader.signature) {
      let header = try JPEGHeader(content, name: name)
      try limits.check(height: header.height, width: header.width, channels: 4, name: name)
      self.init(try SystemDecoder.decodeJPEG(content, header, name: name))
    } else {
      self = try PortableAnymap.decode(content, name: name, limits: limits)
    }
  }

  var channels: Int { image.channels }
  var height: Int { image.height }
  var width: Int { image.width }
  /// The number of channels without alpha, as in a data set.
  var colorChannels: Int { channels == 1 ? 1 : 3 }

  /// Writes `[channels, height, width]`, colours from 0 to 1. Grey is expanded to three equal channels; colour is
  /// reduced to grey by ITU-R BT.601 (0.299·R + 0.587·G + 0.114·B), as in PIL, without rounding.
  ///
  /// - Parameter wanted: 1 or 3.
  func write(channels wanted: Int, to pixels: UnsafeMutablePointer<Float>) {
    if let exact {
      write(exact.samples, scale: 1 / Float(exact.maximum), channels: wanted, to: pixels)
    } else {
      write(image.samples, scale: 1 / 255, channels: wanted, to: pixels)
    }
  }

  private func write<Sample: FixedWidthInteger & UnsignedInteger>(
    _ samples: [Sample], scale: Float, channels wanted: Int, to pixels: UnsafeMutablePointer<Float>
  ) {
    let (plane, channels) = (height * width, channels)
    samples.withUnsafeBufferPointer { samples in
      for channel in 0..<wanted {
        let target = pixels + channel * plane
        for i in 0..<plane {
          let place = i * channels
          if channels == 1 {
            target[i] = Float(samples[place]) * scale
          } else if wanted == 3 {
            target[i] = Float(samples[place + channel]) * scale
          } else {
            let (red, green, blue) = (Float(samples[place]), Float(samples[place + 1]), Float(samples[place + 2]))
            target[i] = (0.299 * red + 0.587 * green + 0.114 * blue) * scale
          }
        }
      }
    }
  }
}

extension Image {
  /// Reads an image file; its first bytes determine the format.
  ///
  /// PPM and PGM (P2, P3, P5, P6) are read on every system; samples are scaled to a maximum of 255. PNG and JPEG are
  /// decoded by the system: on Linux by libpng and libturbojpeg, which are loaded for the first such file, elsewhere by
  /// ImageIO. The image has 1 channel for grey, 4 for files with transparency, else 3. PNG samples of 16 bits are
  /// reduced to 8, and palettes are expanded; JPEG's CMYK becomes (C·K/255, M·K/255, Y·K/255), as in PIL.
  ///
  /// - Throws: ``DataError`` naming the file: ``DataError/missingLibrary(file:library:packages:reason:)`` with the
  ///   packages that provide it, ``DataError/imageTooLarge(file:height:width:limit:)`` before memory is allocated, and
  ///   other cases for truncated or damaged files.
  public init(contentsOf file: URL, limits: ImageLimits = ImageLimits()) throws(DataError) {
    self = try DecodedImage(contentsOf: file, limits: limits).image
  }

  /// Reads an image file's content.
  ///
  /// - Parameters:
  ///   - content: the bytes of the file.
  ///   - name: its name in error messages.
  ///   - limits: the largest image that is decoded.
  /// - Throws: as ``init(contentsOf:limits:)``.
  public init(
    decoding content: some Sequence<UInt8>, name: String = "image", limits: ImageLimits = ImageLimits()
  ) throws(DataError) {
    self = try DecodedImage([UInt8](content), name: name, limits: limits).image
  }
}
