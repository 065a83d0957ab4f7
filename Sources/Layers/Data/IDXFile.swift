import Foundation

/// An IDX file of unsigned bytes, the format of MNIST: two zero bytes, the element type, the number of dimensions, each
/// dimension's size as a big-endian 32-bit integer, then the elements.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section File Formats.
public struct IDXFile: Sendable {
  /// The file's path, for error messages.
  public let name: String
  /// The size of each dimension, the outermost first.
  public let sizes: [Int]
  /// The elements in row-major order.
  public let elements: [UInt8]

  private static let unsignedByte: UInt8 = 0x08
  /// The format's other element types: signed byte, short, int, float and double.
  private static let otherElementTypes: [UInt8] = [0x09, 0x0B, 0x0C, 0x0D, 0x0E]

  /// Reads a file, through gzip when its name ends in `.gz`.
  ///
  /// The sizes are checked before the elements are read, so that a file costs no more time and memory than its header
  /// claims.
  ///
  /// - Parameters:
  ///   - file: an IDX file.
  ///   - dimensions: the required number of dimensions, 1 to 255: 1 for labels, 3 for images.
  public init(contentsOf file: URL, dimensions: Int) throws(DataError) {
    try self.init(contentsOf: file, dimensions: dimensions) { _ throws(DataError) in }
  }

  /// Reads a file after `check` accepted its sizes.
  init(
    contentsOf file: URL, dimensions: Int, check: (_ sizes: [Int]) throws(DataError) -> Void
  ) throws(DataError) {
    guard 1...255 ~= dimensions else {
      throw .invalidDataset(name: file.path, reason: "\(dimensions) dimensions were asked for; expected 1 to 255")
    }
    if file.pathExtension == "gz" {
      try self.init(GzipSource(file), name: file.path, dimensions: dimensions, check: check)
    } else {
      try self.init(FileSource(file), name: file.path, dimensions: dimensions, check: check)
    }
  }

  /// Parses the content of a file.
  init(
    _ source: some ByteSource, name: String, dimensions: Int, check: (_ sizes: [Int]) throws(DataError) -> Void
  ) throws(DataError) {
    let magic: [UInt8] = [0, 0, IDXFile.unsignedByte, UInt8(truncatingIfNeeded: dimensions)]
    let headerByteCount = 4 + 4 * dimensions
    let header = try source.read(headerByteCount)
    let found = Array(header.prefix(4))
    if found.count == 4 {
      if found[0] == 0, found[1] == 0, IDXFile.otherElementTypes.contains(found[2]) {
        throw .unsupportedElementType(file: name, code: found[2])
      }
      guard found == magic else { throw .wrongMagic(file: name, found: found, expected: magic) }
    }
    guard header.count == headerByteCount else {
      // If the source failed, its error is more helpful than that the file is truncated.
      try source.finish()
      throw .truncated(file: name, byteCount: header.count, expected: headerByteCount)
    }
    let sizes = (0..<dimensions).map { dimension in
      header[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard sizes.allSatisfy({ $0 > 0 }), let count = checkedProduct(sizes), count <= DataFiles.largestByteCount else {
      throw .absurdSizes(file: name, sizes: sizes)
    }
    try check(sizes)
    let expected = headerByteCount + count
    let byteCount = source.byteCount
    guard (byteCount ?? source.largestByteCount) >= expected else {
      throw .truncated(file: name, byteCount: byteCount ?? source.largestByteCount, expected: expected)
    }
    if let byteCount, byteCount > expected {
      throw .trailingBytes(file: name, byteCount: byteCount, expected: expected)
    }
    let elements = try source.read(count)
    try source.finish()
    guard elements.count == count else {
      throw .truncated(file: name, byteCount: headerByteCount + elements.count, expected: expected)
    }
    self.name = name
    self.sizes = sizes
    self.elements = elements
  }
}
