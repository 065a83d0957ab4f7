import Foundation

/// An idx file of unsigned bytes, the format of MNIST: two zero bytes, the element type, the number of dimensions, each
/// size as a big-endian 32-bit number, then the elements.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section File Formats.
public struct IDXFile: Sendable {
  /// The file's path, for messages.
  public let name: String
  /// The size of each dimension, the outermost first.
  public let sizes: [Int]
  public let elements: [UInt8]

  private static let unsignedByte: UInt8 = 0x08
  /// Signed byte, short, int, float and double.
  private static let otherElementTypes: [UInt8] = [0x09, 0x0B, 0x0C, 0x0D, 0x0E]

  /// Reads a file, through gzip when its name ends in `.gz`.
  ///
  /// - Parameter dimensions: how many dimensions it has to have, 1 to 255: 1 for labels, 3 for images.
  public init(contentsOf file: URL, dimensions: Int) throws(DataError) {
    guard 1...255 ~= dimensions else {
      throw .invalidDataset(name: file.path, reason: "\(dimensions) dimensions were asked for; expected 1 to 255")
    }
    let content: Data
    if file.pathExtension == "gz" {
      content = try Gzip.decompress(file)
    } else {
      content = try DataFiles.read(file)
    }
    try self.init(content, name: file.path, dimensions: dimensions)
  }

  /// Takes the content of a file apart.
  init(_ content: Data, name: String, dimensions: Int) throws(DataError) {
    let bytes = [UInt8](content)
    let magic: [UInt8] = [0, 0, IDXFile.unsignedByte, UInt8(truncatingIfNeeded: dimensions)]
    let headerByteCount = 4 + 4 * dimensions
    let found = Array(bytes.prefix(4))
    guard found.count == 4 else { throw .truncated(file: name, byteCount: bytes.count, expected: headerByteCount) }
    if found[0] == 0, found[1] == 0, IDXFile.otherElementTypes.contains(found[2]) {
      throw .unsupportedElementType(file: name, code: found[2])
    }
    guard found == magic else { throw .wrongMagic(file: name, found: found, expected: magic) }
    guard bytes.count >= headerByteCount else {
      throw .truncated(file: name, byteCount: bytes.count, expected: headerByteCount)
    }
    let sizes = (0..<dimensions).map { dimension in
      bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard sizes.allSatisfy({ $0 > 0 }), let count = checkedProduct(sizes), count <= DataFiles.largestByteCount else {
      throw .absurdSizes(file: name, sizes: sizes)
    }
    let expected = headerByteCount + count
    if bytes.count < expected { throw .truncated(file: name, byteCount: bytes.count, expected: expected) }
    if bytes.count > expected { throw .trailingBytes(file: name, byteCount: bytes.count, expected: expected) }
    self.name = name
    self.sizes = sizes
    elements = Array(bytes[headerByteCount...])
  }
}
