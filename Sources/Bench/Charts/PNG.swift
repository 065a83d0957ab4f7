import Foundation

/// PNG files for pages: without compression, so that a few lines write them and nothing has to be linked.
///
/// Sources: PNG (ISO/IEC 15948), zlib (RFC 1950), deflate (RFC 1951, section 3.2.4: stored blocks). Beside the pixels, a
/// file has a byte for each row, 5 for each started 65,535 bytes of these, and 63 more.
enum PNG {
  /// A file of 8 bits a sample.
  ///
  /// - Parameters:
  ///   - width: at least 1.
  ///   - height: at least 1.
  ///   - pixels: `[height, width, channels]`
  ///   - channels: 1 (grey) or 3 (red, green, blue).
  static func encode(width: Int, height: Int, pixels: [UInt8], channels: Int) -> Data {
    precondition(
      width > 0 && height > 0 && width < 1 << 31 && height < 1 << 31 && [1, 3].contains(channels)
        && pixels.count == width * height * channels,
      "\(pixels.count) samples for a PNG of \(width)×\(height)×\(channels)")
    let rowCount = width * channels
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (rowCount + 1))
    for y in 0..<height {
      // Each row begins with the number of its filter: none.
      rows.append(0)
      rows += pixels[(y * rowCount)..<((y + 1) * rowCount)]
    }
    // 8 bits a sample, the colour type, and the only methods of compression, filtering and interlacing that are needed.
    let header = bigEndian(width) + bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    file += chunk("IHDR", header)
    file += chunk("IDAT", zlib(rows))
    file += chunk("IEND", [])
    return file
  }

  /// The file as an address that holds it, for the `src` of an HTML or SVG image.
  static func dataURI(width: Int, height: Int, pixels: [UInt8], channels: Int) -> String {
    let file = encode(width: width, height: height, pixels: pixels, channels: channels)
    return "data:image/png;base64," + file.base64EncodedString()
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  /// The length of the data, the type, the data, and the CRC of the last two.
  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + data
    return bigEndian(data.count) + content + bigEndian(Int(crc32(content)))
  }

  /// A zlib stream of stored blocks.
  private static func zlib(_ data: [UInt8]) -> [UInt8] {
    let largestBlock = 65_535
    // Deflate with a window of 32 KiB; the second byte makes the two a multiple of 31.
    var stream: [UInt8] = [0x78, 0x01]
    stream.reserveCapacity(data.count + 11 + 5 * (data.count / largestBlock))
    for start in stride(from: 0, to: data.count, by: largestBlock) {
      let end = min(start + largestBlock, data.count)
      let count = end - start
      // Whether it is the last block, then its length and the length's complement, the low byte first.
      stream.append(end == data.count ? 1 : 0)
      for length in [count, ~count] {
        stream.append(UInt8(truncatingIfNeeded: length))
        stream.append(UInt8(truncatingIfNeeded: length >> 8))
      }
      stream += data[start..<end]
    }
    return stream + bigEndian(Int(adler32(data)))
  }

  /// The check sum of zlib: two sums modulo the largest prime below 2¹⁶ (RFC 1950, section 9).
  static func adler32(_ data: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    // As many bytes as the sums can take without passing 2³².
    for start in stride(from: 0, to: data.count, by: 5552) {
      for byte in data[start..<min(start + 5552, data.count)] {
        low &+= UInt32(byte)
        high &+= low
      }
      low %= 65_521
      high %= 65_521
    }
    return high << 16 | low
  }

  /// The CRC of ISO 3309, polynomial 0xEDB88320 with the lowest bit first (PNG, annex D).
  static func crc32(_ data: [UInt8]) -> UInt32 {
    ~data.reduce(0xFFFF_FFFF) { crc, byte in crcTable[Int((crc ^ UInt32(byte)) & 255)] ^ crc >> 8 }
  }

  /// The CRC of each byte.
  private static let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
}
