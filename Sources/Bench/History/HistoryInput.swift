import Benchmarking
import Foundation
import Kernels

/// What a history takes from a result file: of `bench kernels`, `bench conv` or `bench mlp`, or of a comparison.
struct HistoryInput {
  let kind: HistoryRun.Kind
  let machine: HistoryMachine
  /// See ``HistoryRun/old``.
  var old: String?
  let entries: [HistoryEntry]
  /// The rows that are left out because their results are wrong.
  var wrongCount = 0

  /// - Throws: ``UsageError`` that names the file and what is wrong with it.
  init(path: String) throws(UsageError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("\(path): cannot be read: \(systemReason(error)); expected a file that --json wrote")
    }
    try self.init(data: data, path: path, processor: Machine.processorName)
  }

  /// - Parameters:
  ///   - path: what messages call the file.
  ///   - processor: the machine's, for comparisons, whose files do not name it.
  init(data: Data, path: String, processor: String) throws(UsageError) {
    if ResultFile.schema(of: data) == HistoryInput.comparisonSchema {
      try self.init(comparison: data, path: path, processor: processor)
    } else {
      try self.init(results: ResultFile(data: data, path: path), path: path)
    }
  }

  private init(results file: ResultFile, path: String) throws(UsageError) {
    entries = file.entries
    machine = HistoryMachine(file.machine)
    wrongCount = file.results.count { !$0.isVerified }
    switch file.schema {
    case "bench.kernels/1": kind = .kernels
    case "bench.conv/1": kind = .conv
    default: kind = .mlp
    }
    guard !entries.isEmpty else {
      throw UsageError(
        "\(path): no row has "
          + (kind == .kernels
            ? "a verified kernel that a plan chooses and its limit_fraction"
            : "its peak_fraction") + "; expected a file that --json of this version wrote")
    }
  }

  private static let comparisonSchema = "benchmarking.comparison/1"

  private init(comparison data: Data, path: String, processor: String) throws(UsageError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report: ComparisonReport
    do {
      report = try decoder.decode(ComparisonReport.self, from: data)
    } catch {
      throw UsageError("\(path): \(ResultFile.reason(error))")
    }
    guard !report.wasStopped else {
      throw UsageError("\(path): the comparison was stopped before its end; expected a whole one")
    }
    guard !report.cases.isEmpty else { throw UsageError("\(path): it has no cases") }
    kind = .comparison
    machine = HistoryMachine(cpu: processor)
    old = HistoryInput.version(ofProgram: report.old)
    entries = report.cases.map {
      HistoryEntry(name: $0.name, ratio: $0.ratio, lower: $0.lower, upper: $0.upper, verdict: $0.verdict)
    }
  }

  /// The commit of a program that `--against` built, which its path names; of others the name.
  static func version(ofProgram name: String) -> String {
    let parts = name.split(separator: "/")
    guard parts.count >= 3, parts[parts.count - 3] == "against" else { return name }
    let hash = parts[parts.count - 2]
    return hash.count >= 40 && hash.allSatisfy(\.isHexDigit) ? String(hash) : name
  }

  /// The run that a history keeps.
  func run(of commit: HistoryCommit, recorded: Date) -> HistoryRun {
    HistoryRun(
      commit: commit.name, commitDate: commit.date, dirty: commit.isDirty, recorded: recorded, kind: kind,
      machine: machine, old: old, entries: entries)
  }
}
