/// What `bench compare` is asked to do.
struct CompareOptions {
  /// Percent.
  var tolerance = 3.0
  var changed = false
  var json: String?
}

/// `bench compare`: what is slower and what faster in one result file than in another.
enum CompareCommand: Command {
  static let name = "compare"
  static let summary = "compare two result files: what is slower, what faster, beyond noise"
  static let discussion = """
    Compares the files that --json of 'bench kernels', 'bench conv' or 'bench mlp' wrote, row by row: of the same
    operation, pass, shape, level and number of threads (and of the same algorithm, where a file has several). The ratio
    is the old median time over the new: above 1 is faster. A row is slower or faster where the middle halves of the repetitions, from
    quartile to quartile, lie apart in the two files, and the medians differ by more than the tolerance.

    Exit status: 0 nothing is slower; 1 a row is slower, or its new result is wrong; 2 the files cannot be compared.
    """
  static let operands: String? = "OLD.json NEW.json"
  static var options: [CommandOption<CompareOptions>] {
    [
      .value(
        "--tolerance", path: \.tolerance, kind: .number(from: 0, including: true, below: 1000),
        help: "percent by which medians may differ whatever the noise"),
      .flag("--changed", path: \.changed, help: "print only the rows that are slower, faster or wrong"),
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well"),
    ]
  }
  static var defaults: CompareOptions { CompareOptions() }

  static func run(_ options: CompareOptions, operands: [String]) throws -> ExitStatus {
    guard operands.count == 2 else {
      throw UsageError("expected two files, OLD.json and NEW.json; \(operands.count) given")
    }
    let output = try options.json.map(JSONFile.init(path:))
    let (old, new) = (try ResultFile(path: operands[0]), try ResultFile(path: operands[1]))
    guard old.schema == new.schema else {
      throw UsageError(
        "\(operands[0]) is \(old.schema) and \(operands[1]) is \(new.schema); expected two of the same schema")
    }
    let comparison = Comparison(
      old: old.results, new: new.results, tolerance: options.tolerance / 100)
    guard !comparison.pairs.isEmpty else {
      throw UsageError("\(operands[0]) and \(operands[1]) have no row in common; expected results of the same problems")
    }
    try print(comparison, old: old.machine, new: new.machine, changedOnly: options.changed)
    try output?.write(CompareReport(old: operands[0], new: operands[1], comparison))
    return comparison.pairs.contains { $0.verdict.isRegression } ? .checkFailed : .done
  }

  private static func print(
    _ comparison: Comparison, old: MachineReport, new: MachineReport, changedOnly: Bool
  ) throws(UsageError) {
    try Console.print("old: \(old.line)\nnew: \(new.line)\n")
    let shown = comparison.pairs.filter { !changedOnly || ![.same, .unjudged].contains($0.verdict) }
    let table = Table(columns: [
      .text("measured", width: shown.map(\.label.count).max() ?? 0), .figure("old", width: 10),
      .figure("new", width: 10), .figure("ratio"), .text("verdict"),
    ])
    try Console.print(table.header)
    for pair in shown {
      try Console.print(
        table.line([
          pair.label, Figure.duration(pair.old.medianSeconds), Figure.duration(pair.new.medianSeconds),
          Figure.fixed(pair.ratio, 3), pair.verdict.rawValue,
        ]))
    }
    for (rows, file) in [(comparison.onlyInOld, "old"), (comparison.onlyInNew, "new")] where !rows.isEmpty {
      try Console.print("\nonly in the \(file) file:")
      for row in rows { try Console.print("  \(row.label)") }
    }
    let verdicts: [(Verdict, String)] = [
      (.slower, "slower"), (.faster, "faster"), (.same, "the same"), (.wrong, "WRONG"), (.unjudged, "not judged"),
    ]
    let counts = verdicts.filter { comparison.count($0.0) > 0 }.map { "\(comparison.count($0.0)) \($0.1)" }
    try Console.print(
      """

      \(comparison.pairs.count) compared: \(counts.joined(separator: ", "))
      geometric mean of the ratios \(Figure.fixed(comparison.geometricMean, 3)) (old time over new: above 1 is faster)
      """)
  }
}

extension MachineReport {
  /// The machine in one line.
  fileprivate var line: String {
    "\(cpu), \(isa), \(threads) thread\(threads == 1 ? "" : "s"), \(Figure.fixed(peakGflops, 1)) GFLOP/s, "
      + "\(Figure.fixed(bandwidthGbs, 1)) GB/s"
  }
}
