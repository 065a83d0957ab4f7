import Foundation

/// `bench history`: figures of result files over commits, and where they change.
enum HistoryCommand: Command {
  static let name = "history"
  static let summary = "performance over commits: appends results, finds changes, writes a page"
  static let discussion = """
    DIR/\(HistoryLog.name) holds a line of JSON a run: the commit, the machine, and of each row the share of the limit
    (files of 'bench kernels --json', rows that plans choose), the share of the peak and images/s (of 'bench conv' and
    'bench mlp'), or the ratio with its interval and verdict (of --against … --json). --add appends runs;
    figures that the history already has of the same commit are skipped.

    Prints, for each series (processor, level, threads, row), the number of runs, the last value, the change of speed at
    the last change, and all changes: commit, size, p-value. Changes are searched for by E-divisive, in series of at least
    \(HistoryAnalysis.leastRuns) runs. The chance that a history without any change shows one is \
    \(Figure.fixed(HistoryAnalysis.level * 100, 0)) % at most, however many
    series there are. DIR/index.html shows the same with a chart a series, in one file.

    Exit status: 0, also where changes are found; 1 with --fail-on-change N, where the last change of a series is a
    slowdown at one of its last N runs; 2 a file cannot be read or is not what it should be.
    """
  static let operands: String? = "DIR"
  static var options: [CommandOption<HistoryOptions>] { HistoryOptions.table }
  static var defaults: HistoryOptions { HistoryOptions() }

  static func run(_ options: HistoryOptions, operands: [String]) throws -> ExitStatus {
    guard operands.count == 1, let folder = operands.first, !folder.isEmpty else {
      throw UsageError("expected one folder, DIR; \(operands.count) given")
    }
    guard !options.add.isEmpty || options.commit == nil else {
      throw UsageError("--commit is given without --add; it is the commit of what is added")
    }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
    guard !exists || isFolder.boolValue else {
      throw UsageError("'\(folder)' is no folder; expected that of a history")
    }
    let json = try options.json.map(JSONFile.init(path:))
    let path = URL(fileURLWithPath: folder).appendingPathComponent(HistoryLog.name).path
    guard !options.add.isEmpty || FileManager.default.fileExists(atPath: path) else {
      throw UsageError("'\(path)' does not exist; expected a history, or --add FILE to begin one")
    }
    var file = try HistoryLog(path: path)
    if file.isBroken {
      let what = options.add.isEmpty ? "is left out" : "is dropped"
      Console.printError("bench history: \(path): the last line, which an interrupted program left unfinished, \(what)")
    }
    if !options.add.isEmpty { try add(options, folder: folder, to: &file) }

    let analysis = HistoryAnalysis(runs: file.runs, lastRuns: options.last)
    try Console.print(heading(file) + "\n")
    try Console.print(HistoryText(analysis: analysis, showsAll: options.all).text)
    if !options.noPage {
      let page = try OutputFile(
        path: URL(fileURLWithPath: folder).appendingPathComponent("index.html").path, option: "the page")
      try page.write(Data(HistoryPage(runs: file.runs, analysis: analysis).html.utf8))
      try Console.print("page \(page.path)")
    }
    try json?.write(HistoryReport(analysis))
    guard let lastRuns = options.failOnChange else { return .done }
    let slow = analysis.series.filter { $0.endsInSlowdown(lastRuns: lastRuns) }
    guard !slow.isEmpty else { return .done }
    Console.printError(
      "bench history: \(slow.count) series \(slow.count == 1 ? "is" : "are") slower since one of the last "
        + "\(lastRuns) runs: \(slow.prefix(3).map(\.series.label).joined(separator: ", "))\(slow.count > 3 ? ", …" : "")"
    )
    return .checkFailed
  }

  private static func add(_ options: HistoryOptions, folder: String, to file: inout HistoryLog) throws {
    let commit = try HistoryCommit(
      revision: options.commit, historyFolder: folder, environment: ProcessInfo.processInfo.environment)
    // What the file keeps: a date of whole seconds.
    let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    var new: [HistoryRun] = []
    for path in options.add {
      let input = try HistoryInput(path: path)
      let run = input.run(of: commit, recorded: now)
      if let problem = run.problem { throw UsageError("\(path): \(problem)") }
      if (file.runs + new).contains(where: run.isSame) {
        Console.printError("bench history: \(path) is skipped: the history has its figures of \(commit.name)")
        continue
      }
      if input.wrongCount > 0 {
        Console.printError(
          "bench history: \(path): \(input.wrongCount) row\(input.wrongCount == 1 ? " is" : "s are") WRONG and left out"
        )
      }
      new.append(run)
    }
    try file.append(new)
    let dirty = commit.isDirty ? ", whose tree has changes" : ""
    try Console.print("added \(new.count) run\(new.count == 1 ? "" : "s") of \(commit.name)\(dirty)")
  }

  private static func heading(_ file: HistoryLog) -> String {
    let commits = Set(file.runs.map(\.commit)).count
    var text = "history  \(file.path): \(file.runs.count) run\(file.runs.count == 1 ? "" : "s") of \(commits) commit"
    text += commits == 1 ? "" : "s"
    let dates = file.runs.map(\.date)
    if let first = dates.min(), let last = dates.max() {
      text += ", \(HistoryText.day(first)) to \(HistoryText.day(last))"
    }
    return text
  }
}
