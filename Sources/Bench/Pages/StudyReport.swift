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
    var files: [(name: String, text: String)] = []
    for (study, record) in studies {
      files.append(("\(study.id).html", try StudyPage(study, record, images: images).html()))
      files.append(("\(study.id).csv", StudyTable.csv(study, record)))
    }
    files.append(("index.html", IndexPage(studies: studies).html))
    return try write(files, to: directory)
  }

  /// Writes the picture that stands for each study, where it has one: `NAME.svg`.
  ///
  /// - Returns: the files.
  /// - Throws: ``UsageError`` for a folder or a file that cannot be written.
  static func writePictures(studies: [(Study, StudyRecord)], to directory: URL) throws(UsageError) -> [URL] {
    let pictures = studies.compactMap { study, record in
      StudyPage(study, record).cardPicture.map { (name: "\(study.id).svg", text: $0.standalone()) }
    }
    return try write(pictures, to: directory)
  }

  private static func write(
    _ files: [(name: String, text: String)], to directory: URL
  ) throws(UsageError) -> [URL] {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw UsageError("the folder '\(directory.path)' cannot be made; expected one that can be written to")
    }
    var written: [URL] = []
    for (name, text) in files {
      let file = directory.appendingPathComponent(name)
      do {
        try AtomicFile.write(Data(text.utf8), to: file.path)
      } catch {
        throw UsageError("'\(file.path)' cannot be written: \(error.reason)")
      }
      written.append(file)
    }
    return written
  }
}
