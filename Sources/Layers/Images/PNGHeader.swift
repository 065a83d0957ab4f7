/// The first chunk of a PNG file (ISO/IEC 15948, 11.2.2), IHDR, which holds the image's size.
struct PNGHeader {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47]

  let width: Int
  let height: Int

  init(_ content: [UInt8], name: String) throws(DataError) {
    // In bytes: signature 8, length 4, type 4, width 4, height 4, five more fields of 1, checksum 4.
    let byteCount = 33
    guard content.count >= byteCount else {
      throw .truncated(file: name, byteCount: content.count, expected: byteCount)
    }
    guard content[..<8].elementsEqual([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
      content[12..<16].elementsEqual("IHDR".utf8)
    else { throw .malformedImage(file: name, reason: "no PNG header behind the first four bytes") }
    func number(_ start: Int) -> Int { content[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
    width = number(16)
    height = number(20)
  }
}
