import Kernels

/// The passes of an operation.
enum Pass: String, CaseIterable {
  case forward
  case backwardData = "backward-data"
  case backwardWeights = "backward-weights"
}

/// What `bench kernels` is asked to do.
struct KernelsOptions: MachineOptions {
  var passes = Pass.allCases
  var threads: Int? = 1
  var isa: InstructionSet?
  var quick = false
  var json: String?

  static var table: [CommandOption<KernelsOptions>] {
    [.value("--pass", path: \.passes, kind: .list(of: .choice()), help: "the passes to measure")]
      + machineTable(threads: "threads that share the work of a kernel") + [
        .flag("--quick", path: \.quick, help: "the small problems only, each for a short time"),
        .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well"),
      ]
  }
}

/// `bench kernels`: every row of the tables on a list of problems, timed, and verified against the reference.
enum KernelsCommand: Command {
  static let name = "kernels"
  static let summary = "time every kernel beside the machine's limit, verified against the reference"
  static let discussion = """
    Runs every row of the operations' tables, at every instruction-set level up to the one asked for, on the tutorial
    CNN's shapes, a convolution with many channels and square matrix products. Each result is compared with that of
    the scalar reference in the same run, on small integers, for which any order of summation is exact; a row that
    differs is marked WRONG, and the exit status is 1. The limit is what arithmetic at the measured peak or memory at
    the measured bandwidth permits, whichever is lower; data that stays in the caches can exceed it. A star marks the
    kernel that a plan chooses.

    OP is one of \(operationNames.joined(separator: ", ")); all are run if none is given.
    """
  static let operands: String? = "[OP …]"
  static var options: [CommandOption<KernelsOptions>] { KernelsOptions.table }
  static var defaults: KernelsOptions { KernelsOptions() }

  private static var operationNames: [String] {
    KernelCases.all(quick: true).reduce(into: []) { names, next in
      if !names.contains(next.kernel) { names.append(next.kernel) }
    }
  }

  static func run(_ options: KernelsOptions, operands: [String]) throws -> ExitStatus {
    if let unknown = operands.first(where: { !operationNames.contains($0) }) {
      throw UsageError(
        "unknown operation '\(unknown)'; expected one of \(operationNames.joined(separator: ", "))")
    }
    let level = try options.level()
    let file = try options.json.map(JSONFile.init(path:))
    let passes = options.passes.map(\.rawValue)
    let interrupt = Interrupt()
    var report = KernelsReport(machine: .measure(level: level, threads: options.threadCount))
    let limits = MachineLimits(bandwidth: report.machine.bandwidthGbs * 1e9)
    try Console.print(report.machine.header)
    try Console.print()
    try Console.print(KernelsRow.table.header)
    for problem in KernelCases.all(quick: options.quick)
    where passes.contains(problem.pass) && (operands.isEmpty || operands.contains(problem.kernel)) {
      try problem.measure(
        level: level, threads: options.threadCount, timing: options.quick ? .quick : .thorough, limits: limits
      ) { row, isChosen in
        report.rows.append(row)
        try Console.print(KernelsRow.table.line(row.cells(isChosen: isChosen)))
        return !interrupt.isRequested
      }
      if interrupt.isRequested { break }
    }
    try file?.write(report)
    if interrupt.isRequested { return .interrupted }
    let wrong = report.rows.count { !$0.verified }
    guard wrong == 0 else {
      Console.printError("bench kernels: \(wrong) of \(report.rows.count) rows differ from the reference")
      return .checkFailed
    }
    return .done
  }
}
