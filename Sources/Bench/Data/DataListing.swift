import Foundation
import Layers

/// What is known of a data set on this machine, as `--json` writes it.
struct DataSetReport: Encodable {
  struct Place: Encodable {
    /// `--data-dir`, `KERNELS_DATA` or `cache`.
    let origin: String
    let path: String
  }

  struct File: Encodable {
    let path: String
    /// Nil where there is no file.
    let bytes: Int?
    let md5: String?
    let expectedBytes: Int
    let expectedMd5: String
    let verdict: String
  }

  struct ClassCount: Encodable {
    let name: String
    let train: Int
    let test: Int
  }

  let name: String
  let places: [Place]
  /// The folder that holds the files; nil where they were not found, and for synthetic data.
  var folder: String?
  var files: [File] = []
  /// Empty where the images could not be loaded, or were not to be.
  var classes: [ClassCount] = []
  /// Why they could not be loaded.
  var problem: String?
}

/// What `bench data` and `bench data verify` report.
struct DataReport: Encodable {
  let schema = "bench.data/1"
  var sets: [DataSetReport] = []
}

/// Looks for data sets, checks their files and counts their images.
struct DataListing {
  let locator: DataLocator
  /// Nil where the system has no program for sums.
  let md5: MD5Tool?

  /// What is known of a set, and its files' checks.
  ///
  /// - Parameter countsImages: whether the images are loaded and counted.
  func report(
    _ choice: DataChoice, countsImages: Bool
  ) throws(UsageError) -> (report: DataSetReport, checks: [FileCheck]) {
    guard let archive = choice.archive else {
      var report = DataSetReport(name: choice.rawValue, places: [])
      if countsImages { count(choice, directory: nil, in: &report) }
      return (report, [])
    }
    var report = DataSetReport(
      name: archive.name, places: locator.places.map { .init(origin: $0.origin.rawValue, path: $0.folder.path) })
    guard let folder = locator.folder(of: archive) else { return (report, []) }
    report.folder = folder.path
    let checks = try archive.check(in: folder, md5: md5)
    report.files = checks.map { check in
      DataSetReport.File(
        path: check.url.path, bytes: check.byteCount, md5: check.md5, expectedBytes: check.expected.byteCount,
        expectedMd5: check.expected.md5, verdict: check.verdict.rawValue)
    }
    if countsImages { count(choice, directory: folder.path, in: &report) }
    return (report, checks)
  }

  private func count(_ choice: DataChoice, directory: String?, in report: inout DataSetReport) {
    do {
      let sets = try choice.load(directory: directory, trainImages: nil, testImages: nil, seed: 1)
      let (train, test) = (sets.train.classCounts, sets.test.classCounts)
      report.classes = zip(sets.train.classNames, zip(train, test)).map { name, counts in
        DataSetReport.ClassCount(name: name, train: counts.0, test: counts.1)
      }
    } catch {
      report.problem = "\(error)"
    }
  }
}

extension ImageDataset {
  /// The number of images of each class.
  fileprivate var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classNames.count)) { $0[Int($1)] += 1 }
  }
}

// MARK: As text

extension DataSetReport {
  /// The set in the terminal: where it is, its files, its classes.
  ///
  /// - Parameter places: where it was looked for, in words.
  func text(places: String) -> String {
    var lines = [name]
    if self.places.isEmpty {
      lines.append("  made by the program, from --seed: it has no files")
    } else {
      lines.append("  looked for in  \(places)")
      lines.append("  found in       \(folder ?? "none of these: 'bench data download \(name)' fetches it")")
    }
    if !files.isEmpty { lines += ["", fileTable] }
    if let problem {
      lines += ["", "  cannot be loaded: \(problem)"]
    } else if !classes.isEmpty {
      lines += ["", classTable]
    }
    return lines.joined(separator: "\n")
  }

  private var fileTable: String {
    let names = files.map { URL(fileURLWithPath: $0.path).lastPathComponent }
    let table = Table(columns: [
      .text("file", width: names.map(\.count).max() ?? 0), .figure("bytes", width: 9), .text("MD5", width: 32),
      .text("verdict"),
    ])
    return indented(
      table.header,
      zip(names, files).map { name, file in
        table.line([name, file.bytes.map(String.init) ?? "-", file.md5 ?? "-", file.verdict])
      })
  }

  /// The classes in a table, or in a line where all have as many images.
  private var classTable: String {
    let (train, test) = (classes.reduce(0) { $0 + $1.train }, classes.reduce(0) { $0 + $1.test })
    if let first = classes.first, classes.allSatisfy({ $0.train == first.train && $0.test == first.test }) {
      return "  \(train) training and \(test) test images: \(first.train) and \(first.test) of each of "
        + "\(classes.count) classes\n  \(classes.map(\.name).joined(separator: ", "))"
    }
    let table = Table(columns: [
      .text("class", width: classes.map(\.name.count).max() ?? 0), .figure("training", width: 8),
      .figure("test", width: 6),
    ])
    return indented(
      table.header,
      classes.map { table.line([$0.name, "\($0.train)", "\($0.test)"]) } + [table.line(["all", "\(train)", "\(test)"])])
  }

  private func indented(_ header: String, _ rows: [String]) -> String {
    (header.split(separator: "\n").map(String.init) + rows).map { "  \($0)" }.joined(separator: "\n")
  }
}
