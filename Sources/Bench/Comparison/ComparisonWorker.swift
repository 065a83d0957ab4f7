import Benchmarking
import Foundation

/// A case of a comparison, which is set up when it is first asked for.
struct WorkerCase {
  /// What is run, but not how: programs that do the same in other ways are compared.
  let name: String
  /// About what it holds once it is set up.
  let byteCount: Int
  /// Makes what a slice runs, and runs it until it is warm.
  let setUp: () throws -> (_ iterations: Int) throws -> SliceTime
}

/// Times cases for `--against`, in a process that stays while other programs take their slices.
final class ComparisonWorker {
  let names: [String]
  private let cases: [String: WorkerCase]
  private let mostBytes: Int
  /// What is set up, the last used last.
  private var ready: [(name: String, byteCount: Int, time: (Int) throws -> SliceTime)] = []

  /// - Parameters:
  ///   - cases: of several with the same name, the first one counts.
  ///   - mostBytes: of what is set up: above that, what was not used for longest is dropped.
  init(_ cases: [WorkerCase], mostBytes: Int = 1 << 30) {
    var seen: Set<String> = []
    names = cases.map(\.name).filter { seen.insert($0).inserted }
    self.cases = Dictionary(cases.map { ($0.name, $0) }) { first, _ in first }
    self.mostBytes = mostBytes
  }

  /// Answers on standard output until standard input ends.
  ///
  /// Ctrl-C is for the program that compares, which ends its workers and prints what it has.
  func serve() {
    signal(SIGINT, SIG_IGN)
    WorkerService(names: names, time: time).serve()
  }

  /// Runs a case a number of times and says how long that took, without setting it up.
  func time(_ name: String, iterations: Int) throws -> SliceTime { try prepared(name)(iterations) }

  private func prepared(_ name: String) throws -> (Int) throws -> SliceTime {
    if let index = ready.firstIndex(where: { $0.name == name }) {
      let found = ready.remove(at: index)
      ready.append(found)
      return found.time
    }
    guard let wanted = cases[name] else { throw BenchmarkingError("no case '\(name)'") }
    while !ready.isEmpty, ready.reduce(wanted.byteCount, { $0 + $1.byteCount }) > mostBytes { ready.removeFirst() }
    let time = try wanted.setUp()
    ready.append((name, wanted.byteCount, time))
    return time
  }
}
