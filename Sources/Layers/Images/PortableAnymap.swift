/// PGM and PPM files, as text (P2, P3) or binary (P5, P6), with 8 or 16 bits for each sample.
///
/// Source: the Netpbm project's pages pgm(5) and ppm(5). A file holds one image; a comment extends from `#` to the end
/// of the line.
enum PortableAnymap {
  static func decode(_ bytes: [UInt8], name: String, limits: ImageLimits) throws(DataError) -> DecodedImage {
    var reader = Reader(bytes: bytes, name: name)
    guard bytes.count >= 2, bytes[0] == UInt8(ascii: "P") else {
      throw .wrongMagic(file: name, found: Array(bytes.prefix(2)), expected: Array("P6".utf8))
    }
    let isBinary: Bool
    let channels: Int
    switch bytes[1] {
    case UInt8(ascii: "2"): (isBinary, channels) = (false, 1)
    case UInt8(ascii: "3"): (isBinary, channels) = (false, 3)
    case UInt8(ascii: "5"): (isBinary, channels) = (true, 1)
    case UInt8(ascii: "6"): (isBinary, channels) = (true, 3)
    case UInt8(ascii: "1"), UInt8(ascii: "4"), UInt8(ascii: "7"):
      throw .unsupportedImage(
        file: name, reason: "a P\(Character(UnicodeScalar(bytes[1]))) file is not supported, expected P2, P3, P5 or P6")
    default:
      throw .wrongMagic(file: name, found: Array(bytes.prefix(2)), expected: Array("P6".utf8))
    }
    reader.position = 2
    let width = try reader.number("the width")
    let height = try reader.number("the height")
    let maximum = try reader.number("the maximum")
    let count = try limits.check(height: height, width: width, channels: channels, name: name)
    guard 1...65_535 ~= maximum else {
      throw .malformedImage(file: name, reason: "the maximum is \(maximum), expected 1 to 65535")
    }
    let samples =
      isBinary
      ? try reader.binarySamples(count, maximum: maximum) : try reader.textSamples(count, maximum: maximum)
    return DecodedImage(channels: channels, height: height, width: width, samples: samples, maximum: maximum)
  }

  private struct Reader {
    let bytes: [UInt8]
    let name: String
    var position = 0

    /// Reads the next decimal number.
    mutating func number(_ what: @autoclosure () -> String) throws(DataError) -> Int {
      let before = position
      skipSpace()
      guard position > before, position < bytes.count else {
        throw position < bytes.count
          ? .malformedImage(file: name, reason: "no space before \(what()), at byte \(position)")
          : .malformedImage(file: name, reason: "it ends before \(what())")
      }
      var value = 0
      let start = position
      while position < bytes.count, case let digit = bytes[position], 0x30...0x39 ~= digit {
        value = value * 10 + Int(digit - 0x30)
        if value > 1 << 40 { break }
        position += 1
      }
      guard position > start, value <= 1 << 40 else {
        throw .malformedImage(file: name, reason: "\(what()) is not a number that makes sense, at byte \(position)")
      }
      return value
    }

    private mutating func skipSpace() {
      while position < bytes.count {
        if isSpace(bytes[position]) {
          position += 1
        } else if bytes[position] == UInt8(ascii: "#") {
          while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
        } else {
          return
        }
      }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    /// Reads samples of one byte, or two (big-endian) where the maximum exceeds 255, after a single white-space
    /// character.
    mutating func binarySamples(_ count: Int, maximum: Int) throws(DataError) -> [UInt16] {
      guard position < bytes.count, isSpace(bytes[position]) else {
        throw .malformedImage(file: name, reason: "no space behind the maximum, at byte \(position)")
      }
      let start = position + 1
      let size = maximum > 255 ? 2 : 1
      let expected = start + count * size
      if bytes.count < expected { throw .truncated(file: name, byteCount: bytes.count, expected: expected) }
      if bytes.count > expected { throw .trailingBytes(file: name, byteCount: bytes.count, expected: expected) }
      var samples: [UInt16] = []
      samples.reserveCapacity(count)
      for i in 0..<count {
        let sample =
          size == 1 ? UInt16(bytes[start + i]) : UInt16(bytes[start + 2 * i]) << 8 | UInt16(bytes[start + 2 * i + 1])
        try check(Int(sample), i, maximum)
        samples.append(sample)
      }
      return samples
    }

    mutating func textSamples(_ count: Int, maximum: Int) throws(DataError) -> [UInt16] {
      // Each sample takes at least a digit and a space, so a header cannot claim more memory than the file has bytes.
      guard count <= bytes.count - position else {
        throw .truncated(file: name, byteCount: bytes.count, expected: position + 2 * count)
      }
      var samples: [UInt16] = []
      samples.reserveCapacity(count)
      for i in 0..<count {
        let sample = try number("sample \(i)")
        try check(sample, i, maximum)
        samples.append(UInt16(sample))
      }
      skipSpace()
      if position < bytes.count { throw .trailingBytes(file: name, byteCount: bytes.count, expected: position) }
      return samples
    }

    private func check(_ sample: Int, _ i: Int, _ maximum: Int) throws(DataError) {
      if sample > maximum {
        throw .malformedImage(file: name, reason: "sample \(i) is \(sample), expected at most \(maximum)")
      }
    }
  }
}
