import Foundation
import Layers

/// The files that are made of studies' records.
enum StudyReport {
  /// Writes a page and a table a study, and a page over all: `NAME.html`, `NAME.csv`, `index.html`.
  ///
  /// - Parameter images: where the images of data sets come from; nil for pages without.
  /// - Returns: the files.
  /// - Throws: ``UsageError`` for a folder or a file that cannot be written, and what reading images throws.
  static func write(
    studies: [(Study, StudyRecord)], to directory: URL, images: PageImages?
  ) throws -> [URL] {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw UsageError("the folder '\(directory.path)' cannot be made; expected one that can be written to")
    }
    var files: [URL] = []
    func write(_ text: String, _ name: String) throws {
      let file = directory.appendingPathComponent(name)
      do {
        try AtomicFile.write(Data(text.utf8), to: file.path)
      } catch {
        throw UsageError("'\(file.path)' cannot be written: \(error.reason)")
      }
      files.append(file)
    }
    for (study, record) in studies {
      try write(StudyPage(study, record, images: images).html(), "\(study.id).html")
      try write(StudyTable.csv(study, record), "\(study.id).csv")
    }
    try write(IndexPage(studies: studies).html, "index.html")
    return files
  }
}
