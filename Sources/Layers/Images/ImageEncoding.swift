import Foundation

extension Image {
  /// The content of a PGM (P5) or PPM (P6) file; alpha is dropped.
  public var portableAnymap: Data {
    let colors = channels == 4 ? withoutAlpha : samples
    return Data("P\(channels == 1 ? 5 : 6)\n\(width) \(height)\n255\n".utf8) + Data(colors)
  }

  /// The content of a PNG file, by the system's libpng or ImageIO.
  ///
  /// - Throws: ``DataError/missingLibrary(file:library:packages:reason:)`` where libpng is not installed.
  public func png() throws(DataError) -> Data {
    Data(try SystemDecoder.encodePNG(self))
  }

  /// Writes a file in the format of its extension: `.ppm`, `.pgm`, `.pnm` or `.png`.
  ///
  /// - Throws: ``DataError`` for another extension, and where the file cannot be written.
  public func write(to file: URL) throws(DataError) {
    let content: Data
    switch file.pathExtension.lowercased() {
    case "ppm", "pgm", "pnm": content = portableAnymap
    case "png": content = try png()
    default:
      throw .unsupportedImage(file: file.path, reason: "an image is written as .ppm, .pgm, .pnm or .png")
    }
    do {
      try content.write(to: file, options: .atomic)
    } catch {
      throw .unwritable(file: file.path, reason: DataFiles.reason(error))
    }
  }

  private var withoutAlpha: [UInt8] {
    var colors: [UInt8] = []
    colors.reserveCapacity(3 * pixelCount)
    for pixel in stride(from: 0, to: samples.count, by: 4) { colors += samples[pixel..<(pixel + 3)] }
    return colors
  }
}
