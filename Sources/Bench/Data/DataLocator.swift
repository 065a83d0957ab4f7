import Foundation

/// Where the files of data sets are looked for: the folder that `--data-dir` names and nowhere else, or, without it, the
/// folder that the environment variable `KERNELS_DATA` names, then the usual cache folder.
///
/// A place is the folder that holds a set's files, or the one above it under an official name.
struct DataLocator {
  enum Origin: String {
    case option = "--data-dir"
    case environment = "KERNELS_DATA"
    case cache
  }

  struct Place: Equatable {
    let origin: Origin
    let folder: URL

    /// The place in a message.
    var description: String {
      let exists = FileManager.default.fileExists(atPath: folder.path)
      return "\(folder.path) (\(origin.rawValue)\(exists ? "" : ", no such folder"))"
    }
  }

  /// What the help of `--data-dir` says.
  static let optionHelp =
    "the folder that holds the data's files, or the one above it; KERNELS_DATA, then the cache folder, if not given"

  /// In the order in which they are looked at; at least one.
  let places: [Place]

  /// - Parameters:
  ///   - directory: what `--data-dir` names.
  ///   - environment: the process's variables, of which `KERNELS_DATA`, `XDG_CACHE_HOME` and `HOME` count.
  init(directory: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
    if let directory {
      places = [Place(origin: .option, folder: URL(fileURLWithPath: directory, isDirectory: true))]
      return
    }
    var places: [Place] = []
    if let path = environment["KERNELS_DATA"], !path.isEmpty {
      places.append(Place(origin: .environment, folder: URL(fileURLWithPath: path, isDirectory: true)))
    }
    places.append(Place(origin: .cache, folder: DataLocator.cacheFolder(environment)))
    self.places = places
  }

  /// `swift-conv-kernels` in the user's cache folder: `$XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory Specification,
  /// which has relative paths ignored), on macOS `~/Library/Caches`.
  private static func cacheFolder(_ environment: [String: String]) -> URL {
    let home =
      environment["HOME"].map { URL(fileURLWithPath: $0, isDirectory: true) }
      ?? FileManager.default.homeDirectoryForCurrentUser
    #if os(macOS)
      let caches = home.appendingPathComponent("Library/Caches", isDirectory: true)
    #else
      let caches =
        environment["XDG_CACHE_HOME"].flatMap {
          $0.hasPrefix("/") ? URL(fileURLWithPath: $0, isDirectory: true) : nil
        } ?? home.appendingPathComponent(".cache", isDirectory: true)
    #endif
    return caches.appendingPathComponent("swift-conv-kernels", isDirectory: true)
  }

  /// The places in a message.
  var description: String { places.map(\.description).joined(separator: ", ") }

  /// Where a set's files are to be: where some of them are, or under the official name in the first place; in the place
  /// itself where it has that name.
  func destination(of archive: DataArchive) -> URL {
    if let folder = folder(of: archive) { return folder }
    let first = places[0].folder
    let name = archive.folderNames[0]
    return first.standardizedFileURL.lastPathComponent == name
      ? first : first.appendingPathComponent(name, isDirectory: true)
  }

  /// The folder that holds files of a set; nil where no place has any.
  func folder(of archive: DataArchive) -> URL? {
    for place in places {
      if let folder = DataLocator.folder(of: archive, at: place.folder) { return folder }
    }
    return nil
  }

  /// The folder that holds files of a set: the one given, or the one below it under an official name.
  static func folder(of archive: DataArchive, at directory: URL) -> URL? {
    let names = archive.files.map(\.name) + archive.files.compactMap(\.plainName)
    let candidates =
      [directory] + archive.folderNames.map { directory.appendingPathComponent($0, isDirectory: true) }
    return candidates.first { candidate in
      !isNamedForAnother(candidate, than: archive)
        && names.contains { FileManager.default.fileExists(atPath: candidate.appendingPathComponent($0).path) }
    }
  }

  /// Whether a folder has the official name of another set: the files of MNIST and Fashion-MNIST have the same names.
  private static func isNamedForAnother(_ folder: URL, than archive: DataArchive) -> Bool {
    let path = folder.standardizedFileURL.path
    return DataArchive.all.contains { other in
      other.name != archive.name
        && other.folderNames.contains { !archive.folderNames.contains($0) && path.hasSuffix("/" + $0) }
    }
  }

  /// The folder that holds files of a set.
  /// - Throws: ``UsageError`` that names the places where it is not, and the command that fetches it.
  func require(_ archive: DataArchive) throws(UsageError) -> URL {
    if let folder = folder(of: archive) { return folder }
    let command = "bench data download \(archive.name)"
    guard places[0].origin != .option else {
      throw UsageError(
        "no files of \(archive.name) in \(description); '\(command) --data-dir \(places[0].folder.path)' fetches them")
    }
    throw UsageError(
      "no files of \(archive.name) in \(description); '\(command)' fetches them, --data-dir DIR or the environment variable "
        + "KERNELS_DATA names another folder")
  }
}
