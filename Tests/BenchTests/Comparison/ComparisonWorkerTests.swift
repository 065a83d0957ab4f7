import Benchmarking
import Testing

@testable import Bench

/// The cases that a worker has set up.
@Suite struct ComparisonWorkerTests {
  /// Notes which cases are set up.
  private final class Log {
    var names: [String] = []

    func workerCase(_ name: String, _ byteCount: Int) -> WorkerCase {
      WorkerCase(name: name, byteCount: byteCount) {
        self.names.append(name)
        return { SliceTime(wallNanoseconds: Double($0), processorNanoseconds: 1) }
      }
    }
  }

  @Test("a case is set up when it is first asked for, and dropped when others need the memory")
  func memory() throws {
    let log = Log()
    let worker = ComparisonWorker(
      [log.workerCase("a", 40), log.workerCase("b", 40), log.workerCase("c", 40), log.workerCase("large", 200)],
      mostBytes: 100)
    #expect(log.names.isEmpty)
    for name in ["a", "b", "a", "b", "a"] { #expect(try worker.time(name, iterations: 3).wallNanoseconds == 3) }
    #expect(log.names == ["a", "b"])
    // The case that was not used for longest makes room.
    _ = try worker.time("c", iterations: 1)
    _ = try worker.time("a", iterations: 1)
    #expect(log.names == ["a", "b", "c"])
    // One that is larger than the memory has it alone.
    _ = try worker.time("large", iterations: 1)
    _ = try worker.time("a", iterations: 1)
    #expect(log.names == ["a", "b", "c", "large", "a"])
  }

  @Test("of cases with one name there is one")
  func names() throws {
    let log = Log()
    let worker = ComparisonWorker([log.workerCase("b", 1), log.workerCase("a", 1), log.workerCase("b", 2)])
    #expect(worker.names == ["b", "a"])
    #expect(throws: BenchmarkingError.self) { try worker.time("c", iterations: 1) }
  }
}
