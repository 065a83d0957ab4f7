import Benchmarking
import Foundation

/// `bench kernels --against`: the kernels of this program beside those of another one, interleaved.
struct KernelComparison {
  let options: KernelsOptions
  /// The operations on the command line.
  let operations: [String]
  let environment = ProcessInfo.processInfo.environment

  func run(against old: String, file: OutputFile?) throws -> ExitStatus {
    let interrupt = Interrupt()
    let markdown = try options.markdown.map { try OutputFile(path: $0, option: "--markdown") }
    let isProgram = FileManager.default.isExecutableFile(atPath: old) && !isFolder(old)
    let program =
      isProgram ? old : try BuiltRevision.program(old, environment: environment, interrupt: interrupt)
    if let status = interrupt.status { return status }
    guard let this = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      throw UsageError("--against needs Linux's /proc, where the system says which program this is")
    }
    let core = options.threadCount == 1 ? CoreAffinity.allowed.last : nil
    var comparisonOptions = ComparisonOptions()
    comparisonOptions.budgetSeconds = options.budget
    comparisonOptions.smallestChange = options.smallestChange / 100
    let progress = ProgressLine()
    var comparison = Benchmarking.Comparison(
      old: ComparedProgram(executable: program, arguments: workerArguments, core: core),
      new: ComparedProgram(executable: this, arguments: workerArguments, core: core),
      options: comparisonOptions, shouldStop: { interrupt.isRequested }, progress: { progress.show($0) })
    let report: ComparisonReport
    do {
      report = try comparison.run()
    } catch let error as BenchmarkingError {
      throw UsageError("\(error)")
    }
    progress.clear()
    try Console.print(report.text)
    try markdown?.write(Data(report.markdown.utf8))
    try file?.write(report.json())
    if let status = interrupt.status { return status }
    return report.exitStatus == 0 ? .done : .checkFailed
  }

  /// What makes a program serve the same problems.
  private var workerArguments: [String] {
    var arguments = ["kernels"] + operations + ["--worker", "--threads", "\(options.threadCount)"]
    for shape in options.shapes { arguments += ["--shape", shape] }
    for path in options.shapeFiles { arguments += ["--shapes", path] }
    arguments += ["--pass", options.passes.map(\.rawValue).joined(separator: ",")]
    if let level = options.isa { arguments += ["--isa", level.rawValue] }
    if options.quick { arguments.append("--quick") }
    return arguments
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
