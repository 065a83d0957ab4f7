import Foundation

extension SafeTensors {
  /// The content of a file.
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
    // Blanks behind the object let the data begin on a multiple of eight bytes.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var data = Data(capacity: 8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(header)
    for entry in entries { data.append(entry.bytes) }
    return data
  }

  /// Writes a file: to a temporary one beside it first, which then takes its name, so that under that name there is
  /// always a whole file, the old or the new, whenever the program or the system stops.
  public func write(to file: URL) throws(CheckpointError) {
    let data = try encoded(file: file.path)
    SafeTensors.removeAbandoned(file)
    let temporary = SafeTensors.temporary(for: file, process: ProcessInfo.processInfo.processIdentifier)
    do {
      // FileManager would make the file under yet another name first.
      let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      guard descriptor >= 0 else {
        throw CheckpointError.file(path: temporary.path, reason: String(cString: strerror(errno)))
      }
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      defer { try? handle.close() }
      try handle.write(contentsOf: data)
      try handle.synchronize()
      guard rename(temporary.path, file.path) == 0 else {
        throw CheckpointError.file(path: file.path, reason: String(cString: strerror(errno)))
      }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error as? CheckpointError ?? .file(path: file.path, reason: DataFiles.reason(error))
    }
    // The name itself is on the disk when its folder is; a system that cannot do that has still written the file.
    let folder = open(file.deletingLastPathComponent().path, O_RDONLY)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// The file that a process writes to before it takes the name of `file`.
  private static func temporary(for file: URL, process: Int32) -> URL {
    file.deletingLastPathComponent().appendingPathComponent(".\(file.lastPathComponent).\(process).partial")
  }

  /// Removes what processes that no longer run have left of `file`.
  private static func removeAbandoned(_ file: URL) {
    let folder = file.deletingLastPathComponent()
    let (prefix, suffix) = (".\(file.lastPathComponent).", ".partial")
    // A folder that cannot be listed is not a reason not to write.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      guard let process = Int32(name.dropFirst(prefix.count).dropLast(suffix.count)), process > 0,
        kill(process, 0) == -1, errno == ESRCH
      else { continue }
      try? FileManager.default.removeItem(at: temporary(for: file, process: process))
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
