import Foundation
import Layers

/// The file that `--metrics` names: a line of JSON for the run, for each epoch and, where asked for, every so many updates.
///
/// The file is only appended to while a training runs. A training that goes on from a checkpoint first cuts it back to
/// what was written when that was saved, so that in the end it is, but for the seconds, the file of a training that was
/// never interrupted.
final class MetricsFile {
  static let schema = "bench.metrics/1"

  /// Where a training goes on.
  struct Position {
    /// The epochs that are done.
    let epochs: Int
    let updates: Int
    /// A line that could not be written when the checkpoint was saved.
    let pending: String?
    /// The lines of the epochs that are done.
    let epochLines: [String]
  }

  private let file: AppendedFile

  /// - Parameters:
  ///   - run: the line that describes the run.
  ///   - position: where a training goes on; nil for one that begins.
  init(path: String, run: String, goingOnFrom position: Position?) throws(UsageError) {
    do {
      file = try AppendedFile(path: path)
    } catch {
      throw MetricsFile.unwritable(path, error)
    }
    if let position { try goOn(from: position, run: run) } else { try begin(run, []) }
  }

  private func begin(_ run: String, _ epochLines: [String]) throws(UsageError) {
    try cut(to: 0)
    try append(run)
    for line in epochLines { try append(line) }
  }

  /// Cuts the file back to what was written when the checkpoint was saved.
  private func goOn(from position: Position, run: String) throws(UsageError) {
    let lines = MetricsFile.lines(file.path)
    // A run that was killed while it wrote its first line left the beginning of it.
    guard let first = lines.first, first.hasSuffix("\n") || lines.count > 1 || !run.hasPrefix(first) else {
      return try begin(run, position.epochLines)
    }
    guard MetricsFile.isSameRun(first, run) else {
      throw UsageError(
        "--metrics is '\(file.path)', which is not of the training that --resume names; expected another file")
    }
    let kept = lines.dropFirst().prefix { MetricsFile.isDone($0, position) }
    try cut(to: first.utf8.count + kept.reduce(0) { $0 + $1.utf8.count })
    var epochs = kept.reduce(0) { max($0, MetricsFile.epoch(of: $1)) }
    if let pending = position.pending, kept.last != pending + "\n" {
      try append(pending)
      epochs = max(epochs, MetricsFile.epoch(of: pending))
    }
    // Epochs are in the checkpoint: what the file lacks of them is written again.
    for line in position.epochLines.dropFirst(epochs) { try append(line) }
  }

  /// Whether the file tells of a training: the line that describes a run alone does not, as a run that was killed before it
  /// saved anything leaves it.
  static func holdsTraining(_ path: String) -> Bool {
    let lines = lines(path)
    return lines.count > 1 || lines.contains { !$0.hasPrefix("{") }
  }

  func append(_ line: String) throws(UsageError) {
    do {
      try file.append(Data((line + "\n").utf8))
    } catch {
      throw MetricsFile.unwritable(file.path, error)
    }
  }

  func synchronize() { file.synchronize() }

  private func cut(to byteCount: Int) throws(UsageError) {
    do {
      try file.cut(to: byteCount)
    } catch {
      throw MetricsFile.unwritable(file.path, error)
    }
  }

  private static func unwritable(_ path: String, _ failure: AppendedFile.Failure) -> UsageError {
    UsageError("--metrics is '\(path)', which cannot be written: \(failure.reason)")
  }

  /// The lines of a file, each with its end; none of a device or a pipe.
  private static func lines(_ path: String) -> [String] {
    guard case .file = AtomicFile.Target(path: path), let data = FileManager.default.contents(atPath: path) else {
      return []
    }
    return data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
      let isLast = $1.endIndex == data.endIndex
      return isLast && $1.isEmpty ? nil : String(decoding: $1, as: UTF8.self) + (isLast ? "" : "\n")
    }
  }

  private static func fields(_ line: String) -> [String: Any]? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) else { return nil }
    return object as? [String: Any]
  }

  /// The epoch that a line is of; 0 for lines that are of none.
  private static func epoch(of line: String) -> Int {
    guard let fields = fields(line), fields["event"] as? String == "epoch" else { return 0 }
    return fields["epoch"] as? Int ?? 0
  }

  /// Whether two lines describe the same training; the machine, and the number of epochs, which may be another when a
  /// training goes on, do not count.
  private static func isSameRun(_ first: String, _ second: String) -> Bool {
    func training(_ line: String) -> NSDictionary? {
      guard let fields = fields(line), fields["event"] as? String == "run",
        var training = fields["training"] as? [String: Any]
      else { return nil }
      var recipe = training["recipe"] as? [String: Any] ?? [:]
      recipe["epochs"] = nil
      training["recipe"] = recipe
      return training as NSDictionary
    }
    guard first.hasSuffix("\n"), let first = training(first), let second = training(second) else { return false }
    return first == second
  }

  /// Whether what a line tells was done when the checkpoint was saved.
  private static func isDone(_ line: String, _ position: Position) -> Bool {
    guard line.hasSuffix("\n"), let fields = fields(line) else { return false }
    return switch fields["event"] as? String {
    case "step": (fields["step"] as? Int).map { $0 <= position.updates } ?? false
    case "epoch": (fields["epoch"] as? Int).map { $0 <= position.epochs } ?? false
    default: false
    }
  }
}
