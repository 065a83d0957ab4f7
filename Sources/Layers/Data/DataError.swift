/// What is wrong with a data set: which file, what was found there, and what would be right.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A folder that was named does not exist or is a file.
  case missingDirectory(path: String)
  /// A folder exists but holds none of what was looked for.
  case nothingFound(directory: String, expected: String)
  /// One file of a set is not there.
  case missingFile(path: String)
  /// The system could not read a file.
  case unreadable(file: String, reason: String)
  /// A file has fewer bytes than its header says.
  case truncated(file: String, byteCount: Int, expected: Int)
  /// A file has more bytes than its header says.
  case trailingBytes(file: String, byteCount: Int, expected: Int)
  /// The first bytes are not the format's magic number.
  case wrongMagic(file: String, found: [UInt8], expected: [UInt8])
  /// An IDX file whose element type is not unsigned byte (0x08).
  case unsupportedElementType(file: String, code: UInt8)
  /// Sizes in a header that are not plausible.
  case absurdSizes(file: String, sizes: [Int])
  /// Sizes in a header that differ from the data set's.
  case wrongSizes(file: String, sizes: [Int], expected: String)
  /// A label that names no class; `index` counts from 0.
  case labelOutOfRange(file: String, index: Int, label: Int, classCount: Int)
  /// The two files of a set do not belong together.
  case countMismatch(imageFile: String, images: Int, labelFile: String, labels: Int)
  /// A compressed file, but the system has no gzip.
  case gzipMissing(file: String)
  /// gzip could not decompress a file.
  case gzipFailed(file: String, status: Int, message: String)
  /// An image file that violates its format.
  case malformedImage(file: String, reason: String)
  /// An image file in an unsupported format, or variant of a format.
  case unsupportedImage(file: String, reason: String)
  /// An image whose size or channels differ from the data set's; both shapes as channels × height × width.
  case wrongImageShape(file: String, found: [Int], expected: [Int])
  /// An image file whose header claims more pixels than the ``ImageLimits`` permit.
  case imageTooLarge(file: String, height: Int, width: Int, limit: Int)
  /// An image file that needs a system library which is missing, or lacks a function.
  case missingLibrary(file: String, library: String, packages: String, reason: String)
  /// The system could not write a file.
  case unwritable(file: String, reason: String)
  /// A data set made by the program whose parts are inconsistent.
  case invalidDataset(name: String, reason: String)
  /// An invalid option of a split, a transform or a loader.
  case invalidOption(name: String, value: String, expected: String)

  public var description: String {
    switch self {
    case .missingDirectory(let path):
      "\(path): no such folder"
    case .nothingFound(let directory, let expected):
      "\(directory): expected \(expected)"
    case .missingFile(let path):
      "\(path): no such file"
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason)"
    case .truncated(let file, let byteCount, let expected):
      "\(file): truncated: \(byteCount) bytes, expected \(expected)"
    case .trailingBytes(let file, let byteCount, let expected):
      "\(file): \(byteCount - expected) trailing bytes: \(byteCount) bytes, expected \(expected)"
    case .wrongMagic(let file, let found, let expected):
      "\(file): wrong magic number: begins with \(hexadecimal(found)), expected \(hexadecimal(expected))"
    case .unsupportedElementType(let file, let code):
      "\(file): idx element type \(hexadecimal([code])) is not supported, expected 0x08 (unsigned byte)"
    case .absurdSizes(let file, let sizes):
      "\(file): the header gives sizes \(sizes.map(String.init).joined(separator: "×")), "
        + "expected at least 1 each and at most \(DataFiles.largestByteCount) bytes together"
    case .wrongSizes(let file, let sizes, let expected):
      "\(file): the header gives sizes \(sizes.map(String.init).joined(separator: "×")), expected \(expected)"
    case .labelOutOfRange(let file, let index, let label, let classCount):
      "\(file): label \(label) of image \(index) is out of range, expected 0 to \(classCount - 1)"
    case .countMismatch(let imageFile, let images, let labelFile, let labels):
      "\(imageFile) has \(images) images but \(labelFile) has \(labels) labels, expected as many"
    case .gzipMissing(let file):
      "\(file): gzip was not found on PATH; install it or decompress the file"
    case .gzipFailed(let file, let status, let message):
      "\(file): gzip failed with status \(status)\(message.isEmpty ? "" : ": \(message)")"
    case .malformedImage(let file, let reason):
      "\(file): malformed image: \(reason)"
    case .unsupportedImage(let file, let reason):
      "\(file): \(reason)"
    case .wrongImageShape(let file, let found, let expected):
      "\(file): the image is \(sizes(found)), expected \(sizes(expected)), as the set's others; "
        + "give a size and a number of channels to convert them"
    case .imageTooLarge(let file, let height, let width, let limit):
      "\(file): the image has \(height)×\(width) pixels, expected at most \(limit); give ImageLimits(pixels:) for more"
    case .missingLibrary(let file, let library, let packages, let reason):
      "\(file): \(library) is needed, install the package \(packages); or convert the file to PPM or PGM (\(reason))"
    case .unwritable(let file, let reason):
      "\(file): cannot be written: \(reason)"
    case .invalidDataset(let name, let reason):
      "data set '\(name)': \(reason)"
    case .invalidOption(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    }
  }
}

private func sizes(_ sizes: [Int]) -> String {
  sizes.map(String.init).joined(separator: "×")
}

/// Bytes as one number, such as `0x00000803`.
private func hexadecimal(_ bytes: [UInt8]) -> String {
  if bytes.isEmpty { return "nothing" }
  return "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
