import Foundation

/// Finds and reads the files of a data set.
enum DataFiles {
  /// The folder that holds one of `files`: the one given, or the one below it under an official name.
  static func folder(
    _ directory: URL, officialNames: [String], holding files: [String]
  ) throws(DataError) -> URL {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory), isDirectory.boolValue
    else { throw .missingDirectory(path: directory.path) }
    let candidates = [directory] + officialNames.map { directory.appendingPathComponent($0, isDirectory: true) }
    for candidate in candidates {
      for file in files where exists(candidate.appendingPathComponent(file)) { return candidate }
    }
    throw .nothingFound(
      directory: directory.path,
      expected: "\(files[0]) here or in a folder \(officialNames.joined(separator: " or ")) below")
  }

  static func exists(_ file: URL) -> Bool {
    FileManager.default.fileExists(atPath: file.path)
  }

  /// The whole content of a file.
  static func read(_ file: URL) throws(DataError) -> Data {
    guard exists(file) else { throw .missingFile(path: file.path) }
    do {
      return try Data(contentsOf: file)
    } catch {
      throw .unreadable(file: file.path, reason: reason(error))
    }
  }

  /// An error of Foundation in one line.
  static func reason(_ error: any Error) -> String {
    if let error = error as? CocoaError, let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error {
      return reason(underlying)
    }
    if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
    return error.localizedDescription.split(separator: "\n").joined(separator: " ")
  }
}
