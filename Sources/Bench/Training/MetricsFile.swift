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
    guard let position else {
      try cut(to: 0)
      return try append(run)
    }
    let lines = MetricsFile.lines(path)
    guard let first = lines.first else {
      try cut(to: 0)
      try append(run)
      for line in position.epochLines { try append(line) }
      return
    }
    let isSame = MetricsFile.isSameRun(first, run)
    // A run that was killed while it wrote its first line left the beginning of it.
    guard isSame || (lines.count == 1 && !first.hasSuffix("\n") && run.hasPrefix(first)) else {
      throw UsageError("--metrics is '\(path)', which is not of the training that --resume names; expected another file")
    }
    guard isSame else {
      try cut(to: 0)
      try append(run)
      for line in position.epochLines { try append(line) }
      return
    }
    let kept = lines.dropFirst().prefix { MetricsFile.isDone($0, position) }
    try cut(to: first.utf8.count + kept.reduce(0) { $0 + $1.utf8.count })
    if let pending = position.pending, kept.last != pending + "\n" { try append(pending) }
    // Epochs are in the checkpoint: what a file lacks of them, as one that was lost, is written again.
    let last = (kept.last ?? "").isEmpty ? nil : kept.last { MetricsFile.fields($0)?["event"] as? String == "epoch" }
    var written = last.flatMap { MetricsFile.fields($0)?["epoch"] as? Int } ?? 0
    if let pending = position.pending, let fields = MetricsFile.fields(pending), fields["event"] as? String == "epoch" {
      written = max(written, fields["epoch"] as? Int ?? 0)
    }
    for line in position.epochLines.dropFirst(written) { try append(line) }
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
