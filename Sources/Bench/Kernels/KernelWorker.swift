import Benchmarking
import Kernels

/// Times problems for `bench kernels --against`, in a process that stays for the whole comparison.
///
/// A problem is run with the kernel that a plan chooses, on one copy of its data, which the caches keep where it fits.
/// Names say the problem and not the kernel, so that programs which choose others are compared.
final class KernelWorker {
  /// Problems are set up when they are asked for, and those that were not used for longest are dropped above this size.
  private static let mostBytes = 1 << 30

  private let problems: [String: any KernelCase]
  private let names: [String]
  private let level: InstructionSet
  private let threads: Int
  /// What is set up, the last used last.
  private var ready: [(name: String, byteCount: Int, run: (Int) throws -> Void)] = []

  init(_ problems: [any KernelCase], level: InstructionSet, threads: Int) {
    var byName: [String: any KernelCase] = [:]
    names = problems.map(\.name)
    for (name, problem) in zip(names, problems) { byName[name] = problem }
    self.problems = byName
    self.level = level
    self.threads = threads
  }

  /// Answers on standard output until standard input ends.
  func serve() {
    WorkerService(names: names) { [self] name, iterations in
      let run = try run(name)
      return try WorkerService.measure { try run(iterations) }
    }.serve()
  }

  private func run(_ name: String) throws -> (Int) throws -> Void {
    if let index = ready.firstIndex(where: { $0.name == name }) {
      let found = ready.remove(at: index)
      ready.append(found)
      return found.run
    }
    guard let problem = problems[name] else { throw BenchmarkingError("no problem '\(name)'") }
    let byteCount = Int(problem.work.bytes)
    while !ready.isEmpty, ready.reduce(byteCount, { $0 + $1.byteCount }) > Self.mostBytes { ready.removeFirst() }
    let run = try problem.repeated(level: level, threads: threads)
    // The first run grows the workspace and fills the caches.
    try run(1)
    ready.append((name, byteCount, run))
    return run
  }
}
