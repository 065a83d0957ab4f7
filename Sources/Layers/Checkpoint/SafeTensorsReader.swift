import Foundation

extension SafeTensors {
  /// The largest header in bytes, the same as in the format's reference library.
  private static let largestHeader = 100_000_000

  /// Reads a file and checks its header completely before any tensor is used.
  public init(contentsOf file: URL) throws(CheckpointError) {
    let data: Data
    do {
      data = try DataFiles.read(file, limit: .max)
    } catch .missingFile {
      throw .file(path: file.path, reason: "no such file")
    } catch {
      throw .file(path: file.path, reason: "\(error)".replacingOccurrences(of: "\(file.path): ", with: ""))
    }
    try self.init(data, file: file.path)
  }

  /// Reads a file's content.
  ///
  /// - Parameters:
  ///   - data: the bytes of the file.
  ///   - file: the file's name in error messages.
  public init(_ data: Data, file: String) throws(CheckpointError) {
    guard data.count >= 8 else {
      throw .header(file: file, reason: "it has \(data.count) bytes, expected at least 8")
    }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(data.count - 8), length <= UInt64(SafeTensors.largestHeader) else {
      throw .header(
        file: file, reason: "its header is to have \(length) bytes, the file has \(data.count - 8) behind the length")
    }
    let start = data.startIndex + 8
    let header: SafeTensorsHeader
    do {
      header = try SafeTensorsHeader([UInt8](data[start..<start + Int(length)]))
    } catch {
      throw .header(
        file: file,
        reason: "its header is not the JSON object that it should be: \(error.reason), at byte \(error.byte) of it")
    }
    let bytes = data[(start + Int(length))...]
    metadata = header.metadata
    entries = []
    entries.reserveCapacity(header.tensors.count)
    var checked = try header.tensors.map { tensor throws(CheckpointError) in
      try tensor.check(byteCount: bytes.count, file: file)
    }
    // Empty tensors sort before others that begin at the same byte.
    checked.sort { a, b in
      (a.range.lowerBound, a.range.upperBound) != (b.range.lowerBound, b.range.upperBound)
        ? (a.range.lowerBound, a.range.upperBound) < (b.range.lowerBound, b.range.upperBound) : a.name < b.name
    }
    var end = 0
    for tensor in checked {
      guard tensor.range.lowerBound >= end else {
        throw .tensor(
          file: file, name: tensor.name, reason: "begins at \(tensor.range.lowerBound), inside of another one")
      }
      guard tensor.range.lowerBound == end else {
        throw .unusedBytes(file: file, range: end..<tensor.range.lowerBound)
      }
      end = tensor.range.upperBound
      entries.append(
        Entry(
          name: tensor.name, type: tensor.type, shape: tensor.shape,
          bytes: bytes[(bytes.startIndex + tensor.range.lowerBound)..<(bytes.startIndex + end)]))
    }
    guard end == bytes.count else { throw .unusedBytes(file: file, range: end..<bytes.count) }
  }
}

extension SafeTensorsHeader.Tensor {
  /// Checks that the tensor's type is known, and that its byte range is within the file and has the size that type and
  /// shape require.
  fileprivate func check(
    byteCount: Int, file: String
  ) throws(CheckpointError) -> (name: String, type: SafeTensors.ElementType, shape: Shape, range: Range<Int>) {
    guard let known = SafeTensors.ElementType(rawValue: type) else {
      let all = SafeTensors.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw .tensor(file: file, name: name, reason: "is of type '\(type)'; expected one of \(all)")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= byteCount else {
      throw .tensor(
        file: file, name: name,
        reason: "lies at \(list(offsets)); expected a begin and an end within the \(byteCount) bytes of data")
    }
    let shape = Shape(shape)
    let (needed, overflow) = shape.count.multipliedReportingOverflow(by: known.byteCount)
    let length = offsets[1] - offsets[0]
    guard !overflow, shape.count < Int.max, needed == length else {
      throw .tensor(
        file: file, name: name,
        reason: "has \(length) bytes; expected as many as shape \(list(shape.dimensions)) of \(type) needs")
    }
    return (name, known, shape, offsets[0]..<offsets[1])
  }

  /// Numbers from a file for a message; long lists are cut.
  private func list(_ numbers: [Int]) -> String {
    "[" + numbers.prefix(8).map(String.init).joined(separator: ", ") + (numbers.count > 8 ? ", …]" : "]")
  }
}
