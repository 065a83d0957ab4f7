import Foundation

/// The file of a history: a line of JSON a run, only ever appended to.
struct HistoryLog {
  static let name = "history.jsonl"

  let path: String
  /// In the file's order.
  private(set) var runs: [HistoryRun] = []
  /// The bytes of whole lines; what follows is the beginning of a line that an interrupted program left.
  private var wholeCount = 0
  /// Whether something follows.
  private(set) var isBroken = false
  /// Whether the last line is whole but for its end.
  private var lacksLastEnd = false

  /// Reads a file; one that does not exist has no runs.
  /// - Throws: ``UsageError`` that names the file and the line that is wrong.
  init(path: String) throws(UsageError) {
    guard FileManager.default.fileExists(atPath: path) else {
      try self.init(data: Data(), path: path)
      return
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("'\(path)' cannot be read: \(systemReason(error))")
    }
    try self.init(data: data, path: path)
  }

  /// - Parameter path: what messages call the file.
  init(data: Data, path: String) throws(UsageError) {
    self.path = path
    let newline = UInt8(ascii: "\n")
    let lines = data.split(separator: newline, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) {
        if !isLast || line.isEmpty { wholeCount = min(line.endIndex + 1, data.endIndex) - data.startIndex }
        continue
      }
      do {
        runs.append(try HistoryLog.run(line))
        wholeCount = min(line.endIndex + 1, data.endIndex) - data.startIndex
        lacksLastEnd = isLast
      } catch {
        guard !isLast else {
          isBroken = true
          break
        }
        throw UsageError(
          "\(path), line \(index + 1): \(error.reason); expected a line that 'bench history --add' wrote")
      }
    }
  }

  private static func run(_ line: Data) throws(ResultFile.Malformed) -> HistoryRun {
    let run: HistoryRun
    do {
      run = try decoder.decode(HistoryRun.self, from: line)
    } catch {
      // A line of a later version is that, whatever it lacks.
      if let schema = ResultFile.schema(of: line), let problem = HistoryRun.problem(schema: schema) {
        throw ResultFile.Malformed(problem)
      }
      throw ResultFile.Malformed(ResultFile.reason(error))
    }
    if let problem = run.problem { throw ResultFile.Malformed(problem) }
    return run
  }

  /// Appends runs, all or none; the rest of a broken line goes away before.
  mutating func append(_ new: [HistoryRun]) throws(UsageError) {
    guard !new.isEmpty else { return }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError("the folder '\(folder.path)' cannot be made: \(systemReason(error))")
    }
    var lines = Data((lacksLastEnd ? "\n" : "").utf8)
    for run in new { lines += Data((try HistoryLog.line(run) + "\n").utf8) }
    do {
      let file = try AppendedFile(path: path)
      if isBroken { try file.cut(to: wholeCount) }
      try file.append(lines)
      file.synchronize()
    } catch {
      throw UsageError("'\(path)' cannot be written: \(error.reason)")
    }
    runs += new
    (isBroken, lacksLastEnd) = (false, false)
  }

  /// A run as a line, without its end.
  static func line(_ run: HistoryRun) throws(UsageError) -> String {
    do {
      return String(decoding: try encoder.encode(run), as: UTF8.self)
    } catch {
      throw UsageError("a run of \(run.commit) cannot be written as JSON: \(error)")
    }
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}
