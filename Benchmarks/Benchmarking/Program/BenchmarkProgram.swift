import Foundation

/// An executable that times cases, and compares them with those of another build of itself.
///
///     BenchmarkProgram([
///       BenchmarkCase("sum/1000") { iterations in
///         for _ in 0..<iterations { blackHole(sum(opaque(values))) }
///       }
///     ]).main()
public struct BenchmarkProgram {
  private let cases: [BenchmarkCase]

  public init(_ cases: [BenchmarkCase]) { self.cases = cases }

  /// Does what the command line asks for and ends the process.
  public func main() -> Never { exit(run(CommandLine.arguments)) }

  /// Does what the command line asks for.
  ///
  /// - Parameter arguments: with the program's name first.
  /// - Returns: the exit status: 0 done, nothing is slower; 1 a case is slower or lost; 2 wrong usage or a failure, of
  ///   which standard error has a line.
  public func run(_ arguments: [String]) -> Int32 {
    do {
      let options = try ProgramOptions(arguments.dropFirst())
      let table = try CaseTable(cases)
      switch options.command {
      case .help:
        print(ProgramOptions.help, terminator: "")
        return 0
      case .list:
        for one in cases where options.comparison.wants(one.name) { print(one.name) }
        return 0
      case .worker:
        WorkerService(names: cases.map(\.name), time: table.time).serve()
        return 0
      case .run:
        return try options.against.map { try compare(with: $0, options) } ?? measure(table, options)
      }
    } catch {
      FileHandle.standardError.write(Data("\(arguments.first ?? "benchmark"): \(error)\n".utf8))
      return 2
    }
  }

  private func compare(with old: String, _ options: ProgramOptions) throws -> Int32 {
    guard let new = BenchmarkProgram.executablePath else {
      throw BenchmarkingError("the system does not say where this program's file is")
    }
    let core = options.core ?? CoreAffinity.allowed.last
    let isTerminal = isatty(STDERR_FILENO) == 1
    var comparison = Comparison(
      old: ComparedProgram(executable: old, core: core), new: ComparedProgram(executable: new, core: core),
      options: options.comparison,
      progress: { line in
        if isTerminal { FileHandle.standardError.write(Data("\r\(line)\u{1B}[K".utf8)) }
      })
    defer { if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }
    let report = try comparison.run()
    print(options.isMarkdown ? report.markdown : report.text, terminator: "")
    try write(try report.json(), to: options.jsonPath)
    return report.exitStatus
  }

  private func measure(_ table: CaseTable, _ options: ProgramOptions) throws -> Int32 {
    let wanted = cases.filter { options.comparison.wants($0.name) }
    guard !wanted.isEmpty else {
      throw BenchmarkingError(
        cases.isEmpty
          ? "the program has no case"
          : "no case has '\(options.comparison.cases.joined(separator: "' or '"))' in its name")
    }
    if let core = options.core ?? CoreAffinity.allowed.last { try CoreAffinity.pin(to: core) }
    let measurements = try wanted.map { one in
      let limits = one.work == nil ? .none : one.limits
      return try CaseMeasurement(
        one, in: table, seconds: options.caseSeconds, options: options.comparison,
        limits: (limits.operationsPerSecond?(), limits.bytesPerSecond?()))
    }
    let report = CaseMeasurement.Report(
      program: BenchmarkProgram.executablePath ?? "", clock: options.comparison.clock, cases: measurements)
    print(report.text, terminator: "")
    try write(try JSONDocument.encode(report), to: options.jsonPath)
    return 0
  }

  private func write(_ document: Data, to path: String?) throws {
    guard let path else { return }
    do {
      try document.write(to: URL(fileURLWithPath: path))
    } catch {
      throw BenchmarkingError("'\(path)' cannot be written: \(error.localizedDescription)")
    }
  }

  /// The file of this process.
  private static var executablePath: String? {
    #if os(Linux)
      return try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    #else
      return Bundle.main.executablePath
    #endif
  }
}
