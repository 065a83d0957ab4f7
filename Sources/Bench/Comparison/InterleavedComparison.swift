import Benchmarking
import Foundation

extension Command where Options: ComparableOptions {
  /// Compares cases with those of another version, or serves them to another one's comparison: as the options ask.
  static func compare(_ cases: [WorkerCase], _ options: Options, operands: [String] = []) throws -> ExitStatus {
    if let against = options.comparison.against {
      return try InterleavedComparison<Self>(options: options, operands: operands).run(against: against)
    }
    ComparisonWorker(cases).serve()
    return .done
  }
}

/// `--against`: the cases of a command in this program and in another one, slice by slice in turns.
struct InterleavedComparison<Compared: Command> where Compared.Options: ComparableOptions {
  /// The options, which are those of both programs.
  let options: Compared.Options
  var operands: [String] = []
  let environment = ProcessInfo.processInfo.environment

  /// How long a program may take until it serves, seconds.
  private static var patience: Double { 120 }

  /// - Parameter old: the program or revision to compare with.
  func run(against old: String) throws -> ExitStatus {
    let request = options.comparison
    let json = try options.json.map { try OutputFile(path: $0, option: "--json") }
    let markdown = try request.markdown.map { try OutputFile(path: $0, option: "--markdown") }
    let interrupt = Interrupt()
    let isProgram = FileManager.default.isExecutableFile(atPath: old) && !isFolder(old)
    let program =
      isProgram
      ? old
      : try BuiltRevision.program(old, for: Compared.name, environment: environment, interrupt: interrupt)
    if interrupt.status == nil { try checkServes(program, named: old, interrupt: interrupt) }
    if let status = interrupt.status { return status }
    guard let this = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      throw UsageError("--against needs Linux's /proc, where the system says which program this is")
    }
    let core = options.threadCount == 1 ? CoreAffinity.allowed.last : nil
    var comparisonOptions = ComparisonOptions()
    comparisonOptions.budgetSeconds = request.budget ?? ComparisonRequest.defaultBudget
    comparisonOptions.smallestChange = (request.smallestChange ?? ComparisonRequest.defaultSmallestChange) / 100
    let progress = ProgressLine()
    var comparison = Benchmarking.Comparison(
      old: ComparedProgram(executable: program, arguments: workerArguments, core: core),
      new: ComparedProgram(executable: this, arguments: workerArguments, core: core),
      options: comparisonOptions, shouldStop: { interrupt.isRequested }, progress: { progress.show($0) })
    let report: ComparisonReport
    do {
      report = try comparison.run()
    } catch let error as BenchmarkingError {
      // A signal to all processes has ended the workers.
      if let status = interrupt.status { return status }
      throw UsageError("\(error)")
    }
    progress.clear()
    try Console.print(report.text)
    try markdown?.write(Data(report.markdown.utf8))
    try json?.write(report.json())
    if let status = interrupt.status { return status }
    return report.exitStatus == 0 ? .done : .checkFailed
  }

  /// What makes a program serve the cases of these options.
  ///
  /// What the options do not change is left to each program, so that an older one need not know every option.
  var workerArguments: [String] {
    let others = Set(
      Compared.Options.comparisonTable(of: "").map { $0.names[0] } + ["--json", "--threads"])
    let given = Compared.options.filter { !others.contains($0.names[0]) }.flatMap { option in
      let words = option.words(options)
      return words == option.words(Compared.defaults) ? [] : words
    }
    return [Compared.name] + operands + given + ["--threads=\(options.threadCount)", "--worker"]
  }

  /// Starts a program once with nothing to do: one that refuses the command line says so in one line, and here.
  private func checkServes(_ program: String, named name: String, interrupt: Interrupt) throws(UsageError) {
    let start = ContinuousClock.now
    let end = try SystemTool(executable: program, environment: environment).run(workerArguments) {
      interrupt.isRequested || ContinuousClock.now - start > .seconds(Self.patience)
    }
    guard end.status != 0, !interrupt.isRequested else { return }
    let reason = end.lastError
    if end.errors.contains("'--worker'") {
      throw UsageError("--against is '\(name)', which cannot be compared: its '\(Compared.name)' has no --worker")
    }
    let status = end.status.map { "with status \($0)" } ?? "by a signal, or did not end"
    throw UsageError(
      "--against is '\(name)', which cannot serve the comparison: "
        + (reason.isEmpty ? "it ended \(status)" : "it says '\(reason)'"))
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
