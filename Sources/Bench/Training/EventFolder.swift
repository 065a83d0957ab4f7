import Foundation

/// The folder that `--tensorboard` names, with a file of events for each time that a training is begun or goes on.
enum EventFolder {
  private static let prefix = "events.out.tfevents."

  /// Checks, before a training begins, that the folder can be written to.
  /// - Parameter mustBeNew: whether events of another training are refused.
  static func check(_ path: String, mustBeNew: Bool) throws(UsageError) {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: path, isDirectory: &isFolder) else {
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard files.isWritableFile(atPath: parent) else {
        throw UsageError(
          "--tensorboard is '\(path)', which cannot be made; expected a folder in one that "
            + (files.fileExists(atPath: parent) ? "can be written" : "exists"))
      }
      return
    }
    guard isFolder.boolValue else { throw UsageError("--tensorboard is '\(path)', a file; expected a folder") }
    guard files.isWritableFile(atPath: path) else {
      throw UsageError("--tensorboard is '\(path)', which cannot be written to; expected another folder")
    }
    guard !mustBeNew || !holdsTraining(path) else {
      throw UsageError(
        "--tensorboard is '\(path)', which has the events of a training; expected a new folder, or --resume to go on")
    }
  }

  /// Whether there are files with more than their first event, which is all that a run leaves that was killed before it
  /// saved anything.
  private static func holdsTraining(_ path: String) -> Bool {
    eventFiles(path).contains { name in
      var status = stat()
      return stat("\(path)/\(name)", &status) == 0 && Int(status.st_size) > EventStream.beginningByteCount
    }
  }

  static func eventFiles(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Makes the folder where there is none, and in it a file whose name sorts behind those that are there: TensorBoard
  /// reads them in that order.
  static func makeFile(in path: String) throws(UsageError) -> AppendedFile {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw UsageError("--tensorboard is '\(path)', which cannot be made: \(error.localizedDescription)")
    }
    let last = eventFiles(path).compactMap { Int($0.dropFirst(prefix.count).prefix(10)) }.max() ?? 0
    let time = max(Int(Date().timeIntervalSince1970), last + 1)
    let host = ProcessInfo.processInfo.hostName.filter { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    let file = "\(path)/\(prefix)\(String(format: "%010d", time)).\(host.isEmpty ? "local" : host).\(getpid())"
    do {
      return try AppendedFile(path: file, mustBeNew: true)
    } catch {
      throw UsageError("--tensorboard is '\(path)', which cannot be written to: \(error.reason)")
    }
  }

  /// A stream to a file.
  static func stream(to file: AppendedFile, folder: String) -> EventStream {
    EventStream(
      wallTime: { Date().timeIntervalSince1970 },
      write: { record in
        do throws(AppendedFile.Failure) {
          try file.append(record)
        } catch {
          throw UsageError("--tensorboard is '\(folder)', which cannot be written to: \(error.reason)")
        }
      })
  }
}
