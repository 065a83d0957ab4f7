import Foundation

#if canImport(ImageIO)
  import CoreGraphics
  import ImageIO
#endif

/// Decodes PNG and JPEG by the system: ImageIO, or libpng and libturbojpeg.
enum SystemDecoder {
  #if canImport(ImageIO)
    static func decodePNG(_ content: [UInt8], _ header: PNGHeader, name: String) throws(DataError) -> Image {
      try decode(content, height: header.height, width: header.width, name: name)
    }

    static func decodeJPEG(_ content: [UInt8], _ header: JPEGHeader, name: String) throws(DataError) -> Image {
      try decode(content, height: header.height, width: header.width, name: name)
    }

    static func encodePNG(_ image: Image) throws(DataError) -> [UInt8] {
      let space = image.channels == 1 ? CGColorSpaceCreateDeviceGray() : CGColorSpaceCreateDeviceRGB()
      let alpha: CGImageAlphaInfo = image.channels == 4 ? .last : .none
      let output = NSMutableData()
      guard let provider = CGDataProvider(data: Data(image.samples) as CFData),
        let picture = CGImage(
          width: image.width, height: image.height, bitsPerComponent: 8, bitsPerPixel: 8 * image.channels,
          bytesPerRow: image.width * image.channels, space: space, bitmapInfo: CGBitmapInfo(rawValue: alpha.rawValue),
          provider: provider, decode: nil, shouldInterpolate: false, intent: .defaultIntent),
        let destination = CGImageDestinationCreateWithData(output, "public.png" as CFString, 1, nil)
      else { throw .unsupportedImage(file: "PNG", reason: "the system cannot encode it") }
      CGImageDestinationAddImage(destination, picture, nil)
      guard CGImageDestinationFinalize(destination) else {
        throw .unsupportedImage(file: "PNG", reason: "the system cannot encode it")
      }
      return [UInt8](output as Data)
    }

    private static func decode(_ content: [UInt8], height: Int, width: Int, name: String) throws(DataError) -> Image {
      guard let source = CGImageSourceCreateWithData(Data(content) as CFData, nil),
        let picture = CGImageSourceCreateImageAtIndex(source, 0, nil)
      else { throw .malformedImage(file: name, reason: "the system cannot decode it") }
      guard (picture.height, picture.width) == (height, width) else {
        throw .malformedImage(file: name, reason: "two sizes")
      }
      let isGrey = picture.colorSpace?.model == .monochrome
      let isOpaque = [CGImageAlphaInfo.none, .noneSkipFirst, .noneSkipLast].contains(picture.alphaInfo)
      let alpha: CGImageAlphaInfo = isOpaque ? .noneSkipLast : .premultipliedLast
      var samples = [UInt8](repeating: 0, count: width * height * 4)
      let isDrawn = samples.withUnsafeMutableBytes { memory in
        guard
          let context = CGContext(
            data: memory.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: width * 4,
            space: CGColorSpaceCreateDeviceRGB(), bitmapInfo: alpha.rawValue)
        else { return false }
        context.draw(picture, in: CGRect(x: 0, y: 0, width: width, height: height))
        return true
      }
      guard isDrawn else { throw .malformedImage(file: name, reason: "the system cannot draw it") }
      if isOpaque {
        let wanted = isGrey ? 1 : 3
        let kept = (0..<(width * height * wanted)).map { samples[$0 / wanted * 4 + $0 % wanted] }
        return Image(trusted: kept, height: height, width: width, channels: wanted)
      }
      for pixel in stride(from: 0, to: samples.count, by: 4) {
        let share = Int(samples[pixel + 3])
        for i in pixel..<(pixel + 3) where share > 0 {
          samples[i] = UInt8(min((Int(samples[i]) * 255 + share / 2) / share, 255))
        }
      }
      return Image(trusted: samples, height: height, width: width, channels: 4)
    }
  #else
    static func decodePNG(_ content: [UInt8], _ header: PNGHeader, name: String) throws(DataError) -> Image {
      try LibPNG.shared(for: name).decode(content, header, name: name)
    }

    static func decodeJPEG(_ content: [UInt8], _ header: JPEGHeader, name: String) throws(DataError) -> Image {
      try TurboJPEG.shared(for: name).decode(content, header, name: name)
    }

    static func encodePNG(_ image: Image) throws(DataError) -> [UInt8] {
      try LibPNG.shared(for: "PNG").encode(image)
    }
  #endif
}
