import Foundation
import Kernels

/// Instructions that runs and plans execute, counted by valgrind's tool callgrind.
///
/// The program runs itself under valgrind: there it calls ``countedBody`` once for each case, between two dumps of the
/// counters. What is counted does not depend on what else the machine does.
enum InstructionQuantities {
  /// One thread's work of all kinds, small enough for valgrind, which is fifty times slower.
  private static let shapes = [
    "mb1ic3ih32oc6kh5", "mb4ic16ih14oc16kh3ph1", "mb1ic32ih14oc32kh3ph1g32", "m32n64k128tb1", "m64n64k64",
    "mb4ic16ih14kh2sh2", "mb4ic16ih14kh3sh2ph1", "mb2ic16ih7oc16kh3ph1fast1",
  ]
  private static let otherShapes: [(operation: String, shape: String)] = [
    ("batch-norm", "mb4ic16ih14"), ("softmax-cross-entropy-labels", "mb32ic10"), ("relu", "n10000"), ("gelu", "n10000"),
    ("adam", "n10000"),
  ]
  /// What the names of plans that are made begin with; those of runs begin with `run `.
  static let planPrefix = "plan "
  /// The plans are those for this processor, wherever they run.
  private static let machine = Machine.zen5

  static func problems() throws -> [any KernelCase] {
    try KernelCases.cases(shapes)
      + otherShapes.flatMap { operation, shape in
        try KernelCases.cases([shape]).filter { $0.kernel == operation }
      }
  }

  /// Has the system's library copy and clear memory in the same way on every processor.
  private static let tunables =
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX2_Usable,-AVX,-ERMS,-FSRM:"
    + "glibc.cpu.x86_non_temporal_threshold=0xc0000:glibc.cpu.x86_shared_cache_size=0x100000:"
    + "glibc.cpu.x86_data_cache_size=0x8000"

  /// Why nothing can be counted; nil where it can.
  static func obstacle(environment: [String: String]) -> String? {
    if SystemTool("valgrind", environment: environment) == nil { return "valgrind is not on PATH" }
    if stripTool(environment) == nil { return "neither strip nor llvm-strip is on PATH" }
    return nil
  }

  private static func stripTool(_ environment: [String: String]) -> SystemTool? {
    SystemTool("strip", environment: environment) ?? SystemTool("llvm-strip", environment: environment)
  }

  /// The values of the section ``BaselineSection/instructions``.
  static func counts(level: InstructionSet, environment: [String: String]) throws -> [String: String] {
    let environment = environment.merging(["GLIBC_TUNABLES": tunables]) { $1 }
    guard let valgrind = SystemTool("valgrind", environment: environment), let strip = stripTool(environment) else {
      throw UsageError("instructions cannot be counted: \(obstacle(environment: environment) ?? "")")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Valgrind up to 3.19 gives up on the compiler's debug information.
    let program = folder.appendingPathComponent("bench").path
    let stripped = try strip.run([
      "-g", "-o", program, URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path,
    ])
    guard stripped.status == 0 else { throw UsageError("\(strip.executable.path) failed: \(stripped.lastError)") }
    let result = try valgrind.run([
      "--tool=callgrind", "--callgrind-out-file=\(folder.path)/out", "--toggle-collect=bench_counted_body",
      "--dump-after=bench_counted_body", program, "baseline", "count", "--isa", level.rawValue,
    ])
    guard result.status == 0 else {
      let reason = result.errors.split(separator: "\n").last { !$0.hasSuffix("== ") } ?? "no reason given"
      throw UsageError("valgrind cannot run this program: \(reason)")
    }
    var values: [String: String] = [:]
    for (index, name) in result.output.split(separator: "\n").enumerated() {
      let path = "\(folder.path)/out.\(index + 1)"
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("totals:") }),
        let count = Int(line.dropFirst("totals:".count).trimmingCharacters(in: .whitespaces)), count > 0
      else { throw UsageError("valgrind has counted nothing for '\(name)'") }
      values[String(name)] = "\(count)"
    }
    guard !values.isEmpty else { throw UsageError("valgrind has counted nothing") }
    return values
  }

  /// Runs all cases, each as it is counted, and prints their names in that order: the other end of ``counts(level:environment:)``.
  static func run(level: InstructionSet) throws {
    for problem in try problems() {
      try problem.count(level: level, machine: machine) { name, body in
        // Once before: what the first run sets up is not what later ones execute.
        body()
        countedBody = body
        runCountedBody()
        try Console.print(name)
      }
    }
  }
}

/// What ``runCountedBody()`` calls.
nonisolated(unsafe) private var countedBody: () -> Void = {}

/// A function that callgrind can be told the name of.
@c(bench_counted_body) @inline(never) func runCountedBody() { countedBody() }

extension OperationCase {
  /// Hands out a run of a plan, and the making of the plan, each with its name.
  func count(level: InstructionSet, machine: Machine, _ report: (String, @escaping () -> Void) throws -> Void) throws {
    let memory = CaseMemory(terms: terms)
    let operands = makeOperands(memory)
    let plan = try Plan<Op>(problem, level: level, machine: machine)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    memory.reset()
    var failure: (any Error)?
    try report("run \(name)") {
      do { try plan.run(operands, workspace: workspace) } catch { failure = error }
    }
    try report(InstructionQuantities.planPrefix + name) {
      do { _ = try Plan<Op>(problem, level: level, machine: machine) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
