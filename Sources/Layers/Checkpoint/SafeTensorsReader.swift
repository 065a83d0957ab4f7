import Foundation

extension SafeTensors {
  /// The most bytes of a header: what the format's own library accepts.
  private static let largestHeader = 100_000_000

  /// Reads a file and checks all that its header says, before any of it is used.
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
  /// - Parameter file: the file's name in errors.
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
    let text = data[start..<start + Int(length)]
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: text)
    } catch {
      throw .header(file: file, reason: "its header is not the JSON object that it should be: \(Header.reason(error))")
    }
    if let name = JSONNames.firstDuplicate(in: text) {
      throw .header(file: file, reason: "its header has '\(name)' twice")
    }
    let bytes = data[(start + Int(length))...]
    metadata = header.metadata
    entries = []
    // Tensors without bytes come in front of those that begin at the same place.
    let tensors = header.tensors.sorted { a, b in
      (a.value.range.first ?? 0, a.value.range.last ?? 0, a.key)
        < (b.value.range.first ?? 0, b.value.range.last ?? 0, b.key)
    }
    var end = 0
    for (name, tensor) in tensors {
      let entry = try tensor.check(name, byteCount: bytes.count, file: file)
      guard entry.range.lowerBound >= end else {
        throw .tensor(file: file, name: name, reason: "begins at \(entry.range.lowerBound), inside of another one")
      }
      guard entry.range.lowerBound == end else {
        throw .unusedBytes(file: file, range: end..<entry.range.lowerBound)
      }
      end = entry.range.upperBound
      entries.append(
        Entry(
          name: name, type: entry.type, shape: entry.shape,
          bytes: bytes[(bytes.startIndex + entry.range.lowerBound)..<(bytes.startIndex + end)]))
    }
    guard end == bytes.count else { throw .unusedBytes(file: file, range: end..<bytes.count) }
  }
}

/// A header as JSON.
private struct Header: Decodable {
  struct Tensor: Decodable {
    let dtype: String
    /// Numbers of any kind: what is no whole number is an error of this tensor, not of the JSON.
    let shape: [Double]
    let range: [Double]

    private enum CodingKeys: String, CodingKey {
      case dtype, shape
      case range = "data_offsets"
    }

    /// Checks that the tensor has a type, and as many bytes as type and shape need, inside of the file.
    func check(
      _ name: String, byteCount: Int, file: String
    ) throws(CheckpointError) -> (type: SafeTensors.ElementType, shape: Shape, range: Range<Int>) {
      guard let type = SafeTensors.ElementType(rawValue: dtype) else {
        let known = SafeTensors.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
        throw .tensor(file: file, name: name, reason: "is of type '\(dtype)'; expected one of \(known)")
      }
      let range = range.compactMap(Int.init(exactly:))
      guard self.range.count == 2, range.count == 2, 0 <= range[0], range[0] <= range[1], range[1] <= byteCount
      else {
        throw .tensor(
          file: file, name: name,
          reason:
            "lies at [\(self.range.map(Header.number).joined(separator: ", "))]; expected a begin and an end within the \(byteCount) bytes of data"
        )
      }
      let shape = Shape(shape.compactMap(Int.init(exactly:)))
      let (needed, overflow) = shape.count.multipliedReportingOverflow(by: type.byteCount)
      let length = range[1] - range[0]
      guard shape.rank == self.shape.count, shape.dimensions.allSatisfy({ $0 >= 0 }), !overflow, shape.count < Int.max,
        needed == length
      else {
        throw .tensor(
          file: file, name: name,
          reason:
            "has \(length) bytes; expected as many as shape [\(self.shape.map(Header.number).joined(separator: ", "))] of \(dtype) needs"
        )
      }
      return (type, shape, range[0]..<range[1])
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  var metadata: [String: String] = [:]
  var tensors: [String: Tensor] = [:]

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Name.self)
    for name in object.allKeys {
      if name.stringValue == "__metadata__" {
        metadata = try object.decode([String: String].self, forKey: name)
      } else {
        tensors[name.stringValue] = try object.decode(Tensor.self, forKey: name)
      }
    }
  }

  /// A number as a file would have it.
  static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

  /// What a decoder says, in one line: where, and what.
  static func reason(_ error: any Error) -> String {
    let (path, text): ([any CodingKey], String) =
      switch error {
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context):
        (context.codingPath, context.debugDescription)
      case DecodingError.keyNotFound(let key, let context): (context.codingPath, "'\(key.stringValue)' is missing")
      default: ([], "\(error)")
      }
    let place = path.map(\.stringValue).joined(separator: ".")
    return (place.isEmpty ? "" : "\(place): ") + text.split(separator: "\n").joined(separator: " ")
  }
}

/// Names in JSON text. Foundation's decoder keeps one of several equal names and says nothing.
enum JSONNames {
  /// A name that stands twice in one object of a valid JSON text.
  static func firstDuplicate(in text: Data) -> String? {
    var objects: [Set<String>] = []
    var last: String?
    var i = text.startIndex
    while i < text.endIndex {
      switch text[i] {
      case UInt8(ascii: "{"): objects.append([])
      case UInt8(ascii: "}"): objects.removeLast()
      case UInt8(ascii: "\""):
        let start = i
        i += 1
        while text[i] != UInt8(ascii: "\"") { i += text[i] == UInt8(ascii: "\\") ? 2 : 1 }
        last = try? JSONDecoder().decode(String.self, from: text[start...i])
      case UInt8(ascii: ":"):
        guard let name = last, !objects.isEmpty else { break }
        if !objects[objects.count - 1].insert(name).inserted { return name }
      default: break
      }
      i += 1
    }
    return nil
  }
}
