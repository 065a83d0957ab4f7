import Foundation

/// An image file's content.
struct DecodedImage: Equatable {
  let channels, height, width: Int
  /// `[height, width, channels]`, each 0 to ``maximum``.
  let samples: [UInt16]
  let maximum: Int

  /// What the endings of files that can be tried look like.
  static let fileExtensions: Set<String> = ["ppm", "pgm", "pnm", "png", "jpg", "jpeg"]

  /// Reads a file: PPM and PGM everywhere, PNG and JPEG where the system has a decoder.
  init(contentsOf file: URL) throws(DataError) {
    let content = try DataFiles.read(file)
    if content.starts(with: [0x89, 0x50, 0x4E, 0x47]) || content.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = try SystemDecoder.decode(content, name: file.path)
    } else {
      self = try PortableAnymap.decode([UInt8](content), name: file.path)
    }
  }

  init(channels: Int, height: Int, width: Int, samples: [UInt16], maximum: Int) {
    self.channels = channels
    self.height = height
    self.width = width
    self.samples = samples
    self.maximum = maximum
  }

  /// Writes `[channels, height, width]`, colours from 0 to 1. Grey becomes three equal channels; of three, grey is made
  /// by ITU-R BT.601 (0.299·R + 0.587·G + 0.114·B), as PIL does.
  func write(channels wanted: Int, to pixels: UnsafeMutablePointer<Float>) {
    let plane = height * width
    let scale = 1 / Float(maximum)
    for i in 0..<plane {
      if channels == wanted {
        for channel in 0..<channels { pixels[channel * plane + i] = Float(samples[i * channels + channel]) * scale }
      } else if channels == 1 {
        for channel in 0..<wanted { pixels[channel * plane + i] = Float(samples[i]) * scale }
      } else {
        let (red, green, blue) = (Float(samples[i * 3]), Float(samples[i * 3 + 1]), Float(samples[i * 3 + 2]))
        pixels[i] = (0.299 * red + 0.587 * green + 0.114 * blue) * scale
      }
    }
  }
}
