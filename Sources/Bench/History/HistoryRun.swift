import Benchmarking
import Foundation

/// A line of a history: what one result file says of one commit, schema `bench.history/1`.
struct HistoryRun: Codable, Equatable {
  static let schema = "bench.history/1"

  /// What measured.
  enum Kind: String, Codable {
    case kernels
    case conv
    case mlp
    /// Two programs, interleaved.
    case comparison
  }

  private(set) var schema = HistoryRun.schema
  /// The full hash, or the text that `--commit` gave outside of a repository.
  let commit: String
  /// When it was committed; nil outside of a repository.
  let commitDate: Date?
  /// Whether tracked files differed from the commit.
  let dirty: Bool
  /// When the run was added to the history.
  let recorded: Date
  let kind: Kind
  let machine: HistoryMachine
  /// Of a comparison: the commit of the old program where it is known, else what the comparison calls it.
  let old: String?
  let entries: [HistoryEntry]

  enum CodingKeys: String, CodingKey {
    case schema, commit, dirty, recorded, kind, machine, old, entries
    case commitDate = "commit_date"
  }

  /// The place in the order of commits.
  var date: Date { commitDate ?? recorded }

  /// Whether another run holds the same figures of the same commit: two measurements never do.
  func isSame(as other: HistoryRun) -> Bool {
    commit == other.commit && kind == other.kind && machine == other.machine && old == other.old
      && entries == other.entries
  }

  static func problem(schema: String) -> String? {
    schema == HistoryRun.schema ? nil : "schema is '\(schema)'; expected \(HistoryRun.schema)"
  }

  /// What is wrong with the run; nil where nothing is.
  var problem: String? {
    if let problem = HistoryRun.problem(schema: schema) { return problem }
    if commit.isEmpty { return "commit is empty" }
    if entries.isEmpty { return "entries is empty" }
    var names: Set<String> = []
    for entry in entries {
      if !names.insert(entry.name).inserted { return "two entries are called '\(entry.name)'" }
      if let problem = entry.problem(kind) { return "the entry '\(entry.name)' \(problem)" }
    }
    return nil
  }
}

/// The machine of a run, as its result file describes it.
struct HistoryMachine: Codable, Hashable {
  let cpu: String
  /// The file of a comparison tells neither the level nor the threads nor the limits.
  var isa: String?
  var threads: Int?
  var peakGflops: Double?
  var bandwidthGbs: Double?

  enum CodingKeys: String, CodingKey {
    case cpu, isa, threads
    case peakGflops = "peak_gflops"
    case bandwidthGbs = "bandwidth_gbs"
  }

  init(cpu: String) { self.cpu = cpu }

  init(_ report: MachineReport) {
    cpu = report.cpu
    isa = report.isa
    threads = report.threads
    peakGflops = report.peakGflops
    bandwidthGbs = report.bandwidthGbs
  }
}

/// A figure of a run. Seconds are not kept: they say little where the machine's clock or the load differs.
struct HistoryEntry: Codable, Equatable {
  /// The problem: operation, pass and shape of a kernel, network and batch size of a training, a comparison's case.
  let name: String
  /// The kernel that a plan chose.
  var algorithm: String?
  /// The share of the limit that a kernel reached.
  var limitFraction: Double?
  /// The share of the peak that a training reached.
  var peakFraction: Double?
  var imagesPerSecond: Double?
  /// New time over old: above 1 is slower. Nil where only one program has the case.
  var ratio: Double?
  /// The interval of 95 % of `ratio`.
  var lower: Double?
  var upper: Double?
  var verdict: Benchmarking.Verdict?

  enum CodingKeys: String, CodingKey {
    case name, algorithm, ratio, lower, upper, verdict
    case limitFraction = "limit_fraction"
    case peakFraction = "peak_fraction"
    case imagesPerSecond = "images_per_second"
  }

  /// What a figure can be: no measurement lies outside, and all arithmetic with it is finite.
  static let figures = 1e-9...1e9

  /// The figure that a series follows.
  func value(_ kind: HistoryRun.Kind) -> Double? {
    switch kind {
    case .kernels: limitFraction
    case .conv, .mlp: peakFraction
    case .comparison: ratio
    }
  }

  fileprivate func problem(_ kind: HistoryRun.Kind) -> String? {
    let figures = [limitFraction, peakFraction, imagesPerSecond, ratio, lower, upper].compactMap { $0 }
    if let wrong = figures.first(where: { !HistoryEntry.figures.contains($0) }) {
      return "has the figure \(wrong); expected one from \(HistoryEntry.figures.lowerBound) to "
        + "\(HistoryEntry.figures.upperBound)"
    }
    if kind == .comparison { return verdict == nil ? "has no verdict" : nil }
    return value(kind) == nil ? "has no \(kind == .kernels ? "limit_fraction" : "peak_fraction")" : nil
  }
}
