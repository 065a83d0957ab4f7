import Foundation

#if canImport(ImageIO)
  import CoreGraphics
  import ImageIO
#endif

/// PNG and JPEG by the system, which Apple's have and Linux has not.
enum SystemDecoder {
  #if canImport(ImageIO)
    static func decode(_ content: Data, name: String) throws(DataError) -> DecodedImage {
      guard let source = CGImageSourceCreateWithData(content as CFData, nil),
        let image = CGImageSourceCreateImageAtIndex(source, 0, nil)
      else { throw .malformedImage(file: name, reason: "the system cannot decode it") }
      let (width, height) = (image.width, image.height)
      var pixels = [UInt8](repeating: 0, count: width * height * 4)
      let isDrawn = pixels.withUnsafeMutableBytes { memory in
        guard
          let context = CGContext(
            data: memory.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: width * 4,
            space: CGColorSpaceCreateDeviceRGB(), bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)
        else { return false }
        context.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
        return true
      }
      guard isDrawn else { throw .malformedImage(file: name, reason: "the system cannot draw it") }
      let samples = (0..<(width * height * 3)).map { UInt16(pixels[$0 / 3 * 4 + $0 % 3]) }
      return DecodedImage(channels: 3, height: height, width: width, samples: samples, maximum: 255)
    }
  #else
    static func decode(_ content: Data, name: String) throws(DataError) -> DecodedImage {
      throw .unsupportedImage(
        file: name, reason: "this system has no decoder for PNG and JPEG; convert the image to PPM or PGM")
    }
  #endif
}
