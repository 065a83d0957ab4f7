/// The segments of a JPEG file (ITU-T T.81, annex B): the image's size, its number of components, and whether the file
/// is complete.
struct JPEGHeader {
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  private(set) var width = 0
  private(set) var height = 0
  /// 1 for grey, 3 for colour, 4 for CMYK.
  private(set) var components = 0
  /// Whether the file has Adobe's APP14 segment; its CMYK samples are then inverted.
  private(set) var isAdobe = false

  /// Parses all segments.
  ///
  /// - Throws: ``DataError`` where they violate the format, where the image is of an unsupported type (lossless, 12
  ///   bits), and where the file ends before its end marker.
  init(_ content: [UInt8], name: String) throws(DataError) {
    var position = 2
    while true {
      let marker = try JPEGHeader.marker(in: content, at: &position, name: name)
      switch marker {
      case 0xD9:
        guard components > 0 else { throw .malformedImage(file: name, reason: "it ends without an image") }
        return
      case 0x01, 0xD0...0xD7: continue
      default: break
      }
      guard position + 2 <= content.count else {
        throw .truncated(file: name, byteCount: content.count, expected: position + 2)
      }
      let length = Int(content[position]) << 8 | Int(content[position + 1])
      guard length >= 2 else {
        throw .malformedImage(file: name, reason: "a segment of length \(length), at byte \(position)")
      }
      guard position + length <= content.count else {
        throw .truncated(file: name, byteCount: content.count, expected: position + length)
      }
      let segment = content[(position + 2)..<(position + length)]
      position += length
      switch marker {
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker): try readFrame(segment, marker, name: name)
      case 0xEE where segment.starts(with: "Adobe".utf8): isAdobe = true
      case 0xDA:
        guard components > 0 else { throw .malformedImage(file: name, reason: "a scan before the frame") }
        JPEGHeader.skipScan(content, &position)
      default: break
      }
    }
  }

  /// The next marker, after any number of fill bytes 0xFF.
  private static func marker(in content: [UInt8], at position: inout Int, name: String) throws(DataError) -> UInt8 {
    guard position < content.count else {
      throw .truncated(file: name, byteCount: content.count, expected: position + 2)
    }
    guard content[position] == 0xFF else {
      throw .malformedImage(file: name, reason: "no marker where a segment ends, at byte \(position)")
    }
    while position < content.count, content[position] == 0xFF { position += 1 }
    guard position < content.count else {
      throw .truncated(file: name, byteCount: content.count, expected: position + 1)
    }
    position += 1
    return content[position - 1]
  }

  private mutating func readFrame(_ frame: ArraySlice<UInt8>, _ marker: UInt8, name: String) throws(DataError) {
    guard components == 0 else { throw .malformedImage(file: name, reason: "more than one frame") }
    guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker) else {
      throw .unsupportedImage(file: name, reason: "lossless and hierarchical JPEG is not supported")
    }
    let bytes = Array(frame)
    guard bytes.count >= 6 else { throw .malformedImage(file: name, reason: "a frame of \(bytes.count) bytes") }
    guard bytes[0] == 8 else {
      throw .unsupportedImage(file: name, reason: "JPEG of \(bytes[0]) bits is not supported, expected 8")
    }
    height = Int(bytes[1]) << 8 | Int(bytes[2])
    width = Int(bytes[3]) << 8 | Int(bytes[4])
    components = Int(bytes[5])
    guard [1, 3, 4].contains(components) else {
      throw .unsupportedImage(file: name, reason: "JPEG of \(components) components, expected 1, 3 or 4")
    }
  }

  /// Skips entropy-coded data, in which 0xFF is followed by 0 or by a restart marker.
  private static func skipScan(_ content: [UInt8], _ position: inout Int) {
    while position + 1 < content.count {
      if content[position] == 0xFF, content[position + 1] != 0, !(0xD0...0xD7 ~= content[position + 1]) { return }
      position += 1
    }
    position = content.count
  }
}
