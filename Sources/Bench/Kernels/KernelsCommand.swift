import Kernels

/// `bench kernels`: rows of the operations' tables on the shapes of Benchmarks/shapes, timed and verified.
enum KernelsCommand: Command {
  static let name = "kernels"
  static let summary = "time every kernel beside the machine's limit, verified against the reference"
  static let discussion = """
    Runs every row of the operations' tables, at every instruction-set level up to the one asked for, on every shape of
    Benchmarks/shapes that fits the operation. Each result is compared with that of the scalar reference in the same
    run, on small integers, for which any order of summation is exact ('exact'; 'close' where rounding is part of the
    operation); where the reference would take long, checksums in integers stand in for it ('checksum'). A row that
    differs is marked WRONG, and the exit status is 1.

    The limit is what arithmetic at the measured peak or memory at the measured bandwidth permits, whichever is lower. A
    star marks the kernel that a plan chooses; it is measured longest. Data is 'cold' where runs take turns among copies
    that together exceed the caches, and 'warm' where the caches can keep it, which can exceed the limit.

    --planning times the making of plans instead: validation, the choice of a row by its cost, and what it prepares.
    --costs prints the cycles that each row is expected to take on a processor, by which plans choose, and what they are
    a sum of (with --json); Benchmarks/costs/fit compares them with measured times.

    --against compares the kernels that plans choose with those of another program, or of a revision, which is built in a
    work tree of its own: both stay resident and take slices of 5 to 20 ms in random order, on one core with one
    thread, and what looks slower is measured again in fresh processes. docs/regression.md says more.

    A shape is pairs of name and number: m n k for products (ta1, tb1 for operands stored transposed), mb ic ih iw oc kh
    kw sh sw ph pw dh dw g for convolutions (fast1: with kernels that need not sum directly), hc besides for inverted
    bottlenecks, whose depthwise convolution has hc channels, without oc for pooling, oh ow for adaptive pooling, mb ic ih iw for bias, batch assembly and global pooling, mb ic for the softmax family, n for
    activations and optimiser steps.

    OP is one of \(KernelCases.operationNames.joined(separator: ", ")); all are run if none is given.
    """
  static let operands: String? = "[OP …]"
  static var options: [CommandOption<KernelsOptions>] { KernelsOptions.table }
  static var defaults: KernelsOptions { KernelsOptions() }

  static func run(_ options: KernelsOptions, operands: [String]) throws -> ExitStatus {
    try options.comparison.check(without: [
      "--costs": options.costs, "--planning": options.planning, "--machine": options.machine != .current,
    ])
    let names = KernelCases.operationNames
    if let unknown = operands.first(where: { !names.contains($0) }) {
      throw UsageError("unknown operation '\(unknown)'; expected one of \(names.joined(separator: ", "))")
    }
    let level = try options.level()
    let problems = try problems(options, operations: operands)
    if options.comparison.isAsked {
      let cases = problems.map { WorkerCase($0, level: level, threads: options.threadCount) }
      return try compare(cases, options, operands: operands)
    }
    let file = try options.json.map(JSONFile.init(path:))
    guard !options.costs || !options.planning else {
      throw UsageError("--costs and --planning are given; expected one of them")
    }
    guard options.costs || options.machine == .current else {
      throw UsageError("--machine is given without --costs; kernels run on the processor that is there")
    }
    if options.costs {
      try printCosts(problems, level: level, machine: options.machine, file: file)
      return .done
    }
    if options.planning {
      return try timePlanning(problems, level: level, threads: options.threadCount, file: file)
    }
    let interrupt = Interrupt()
    var report = KernelsReport(machine: .measure(level: level, threads: options.threadCount))
    let conditions = Conditions(
      level: level, threads: options.threadCount, chosenOnly: options.chosen, warm: options.warm || options.quick,
      timing: options.quick ? .quick : .thorough, otherTiming: options.quick ? .quick : .brief,
      limits: MachineLimits(bandwidth: report.machine.bandwidthGbs * 1e9))
    try Console.print(report.machine.header)
    try Console.print()
    try Console.print(KernelsRow.table.header)
    let progress = ProgressLine()
    for (index, problem) in problems.enumerated() {
      progress.show("\(index + 1) of \(problems.count): \(problem.kernel) \(problem.pass) \(problem.shape)")
      try problem.measure(conditions) { row in
        report.rows.append(row)
        progress.clear()
        try Console.print(KernelsRow.table.line(row.cells))
        return !interrupt.isRequested
      }
      if interrupt.isRequested { break }
    }
    try file?.write(report)
    if let status = interrupt.status { return status }
    let wrong = report.rows.count { !$0.verified }
    guard wrong == 0 else {
      Console.printError("bench kernels: \(wrong) of \(report.rows.count) rows are wrong")
      return .checkFailed
    }
    return .done
  }

  private static func printCosts(
    _ problems: [any KernelCase], level: InstructionSet, machine: MachineName, file: JSONFile?
  ) throws {
    var report = CostReport(machine: machine.machine.name)
    try Console.print("costs on \(machine.machine.name), one thread\n\n\(CostRow.table.header)")
    for problem in problems {
      for row in problem.costs(level: level, machine: machine.machine) {
        report.rows.append(row)
        try Console.print(CostRow.table.line(row.cells))
      }
    }
    try file?.write(report)
  }

  private static func timePlanning(
    _ problems: [any KernelCase], level: InstructionSet, threads: Int, file: JSONFile?
  ) throws -> ExitStatus {
    let interrupt = Interrupt()
    var report = PlanningReport(cpu: Machine.processorName)
    try Console.print("processor  \(Machine.processorName)\n\n\(PlanningRow.table.header)")
    for problem in problems where !interrupt.isRequested {
      let row = try problem.planning(level: level, threads: threads)
      report.rows.append(row)
      try Console.print(PlanningRow.table.line(row.cells))
    }
    try file?.write(report)
    return interrupt.status ?? .done
  }

  /// The problems that the options ask for, each once.
  private static func problems(_ options: KernelsOptions, operations: [String]) throws -> [any KernelCase] {
    let passes = Set(options.passes.map(\.rawValue))
    var seen: Set<KernelShape> = []
    let shapes = try options.files().flatMap(\.shapes).filter { seen.insert($0).inserted }
    let fitting = shapes.flatMap(KernelCases.cases).filter { problem in
      passes.contains(problem.pass) && (operations.isEmpty || operations.contains(problem.kernel))
    }
    guard !fitting.isEmpty else {
      let wanted = (operations.isEmpty ? ["any operation"] : operations).joined(separator: ", ")
      throw UsageError(
        "no shape fits \(wanted) with the passes \(options.passes.map(\.rawValue).joined(separator: ", "))")
    }
    let problems = options.quick ? fitting.filter(\.work.isSmall) : fitting
    guard !problems.isEmpty else { throw UsageError("no problem is small enough for --quick: 1 MFLOP and 0.4 MB") }
    return problems
  }
}

extension Work {
  /// Whether even the reference is done with it at once.
  fileprivate var isSmall: Bool { flops <= 1e6 && bytes <= 4e5 }
}
