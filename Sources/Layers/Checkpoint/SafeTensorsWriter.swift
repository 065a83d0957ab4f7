import Foundation

extension SafeTensors {
  /// The content of the file.
  /// - Throws: ``CheckpointError/header(file:reason:)`` when two entries have the same name.
  public func encoded(file: String = "") throws(CheckpointError) -> Data {
    var names: Set<String> = ["__metadata__"]
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = try metadata.sorted { $0.key < $1.key }.map { (key, value) throws(CheckpointError) in
        "\(try quoted(key, file: file)):\(try quoted(value, file: file))"
      }
      fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var end = 0
    for entry in entries {
      guard names.insert(entry.name).inserted else {
        throw .header(file: file, reason: "two tensors are to be named '\(entry.name)'")
      }
      let sizes = entry.shape.dimensions.map(String.init).joined(separator: ",")
      let begin = end
      end += entry.bytes.count
      fields.append(
        "\(try quoted(entry.name, file: file)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(sizes)],"
          + "\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Data("{\(fields.joined(separator: ","))}".utf8)
    // Spaces after the object align the data to eight bytes.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var data = Data(capacity: 8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(header)
    for entry in entries { data.append(entry.bytes) }
    return data
  }

  /// Writes a file atomically: a temporary file beside it is written and then renamed, so that the path always holds a
  /// complete file, the old or the new one, even if the program or the system stops. If several threads write one path,
  /// the last one wins.
  public func write(to file: URL) throws(CheckpointError) {
    let data = try encoded(file: file.path)
    do {
      try AtomicFile.write(data, to: file.path)
    } catch {
      throw .file(path: error.path, reason: error.reason)
    }
  }

  private func quoted(_ text: String, file: String) throws(CheckpointError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    do {
      return String(decoding: try encoder.encode(text), as: UTF8.self)
    } catch {
      throw .header(file: file, reason: "'\(text)' cannot be written as JSON")
    }
  }
}
