import Benchmarking
import Foundation
import Testing

@Suite("Worker processes")
struct WorkerTests {
  private func worker(core: Int? = nil, arguments: [String] = ["worker"]) throws -> WorkerProcess {
    try WorkerProcess(
      executable: ExampleProcess.executable.path, arguments: arguments,
      layout: ProcessLayout(environmentBytes: 100, memoryOffset: 10_000), core: core)
  }

  @Test("A worker says its cases and times them again and again")
  func times() throws {
    let worker = try worker()
    #expect(try worker.caseNames() == ["checksum/64", "checksum/64K", "mean/1K", "mean/64K", "mean/16M"])
    for iterations in [1, 100] {
      let time = try worker.time("checksum/64", iterations: iterations)
      #expect(time.wallNanoseconds > 0 && time.processorNanoseconds > 0)
    }
    worker.close()
  }

  @Test("A worker can be pinned to a core that it may use")
  func pins() throws {
    let worker = try worker(core: CoreAffinity.allowed.last)
    #expect(try worker.time("checksum/64", iterations: 1).wallNanoseconds > 0)
  }

  @Test("A case that a worker has not is an error, after which the worker goes on")
  func unknownCase() throws {
    let worker = try worker()
    let error = #expect(throws: BenchmarkingError.self) { try worker.time("no such case", iterations: 1) }
    #expect(error?.description.contains("no case 'no such case'") == true)
    #expect(try worker.time("checksum/64", iterations: 1).wallNanoseconds > 0)
  }

  @Test("A program that is no worker is an error that says what it answers")
  func noWorker() throws {
    let error = #expect(throws: BenchmarkingError.self) { try worker(arguments: ["list"]) }
    #expect(error?.description.contains("answers 'checksum/64' in place of 'benchmark-worker 1'") == true)
  }

  @Test("A program that ends is an error")
  func endingProgram() throws {
    let error = #expect(throws: BenchmarkingError.self) { try WorkerProcess(executable: "/bin/true", arguments: []) }
    #expect(error?.description == "'/bin/true' ended in place of answering")
  }

  @Test("A program that does not exist is an error that names it")
  func missingProgram() {
    #expect(throws: BenchmarkingError("'/no/such/program' is no program that can be run")) {
      try WorkerProcess(executable: "/no/such/program", arguments: [])
    }
  }

  @Test("The protocol's lines are what its description says")
  func lines() throws {
    let process = try ExampleProcess(["worker"], input: "list\npin\ntime checksum/64 0\ntime x y 3\ntime mean/1K 2\n")
    let lines = process.output.split(separator: "\n").map(String.init)
    #expect(process.status == 0 && lines.count == 11)
    #expect(
      lines.prefix(10) == [
        "benchmark-worker 1", "cases 5", "checksum/64", "checksum/64K", "mean/1K", "mean/64K", "mean/16M",
        "error 'pin' is no request", "error 'time checksum/64 0' is no request", "error no case 'x y'",
      ])
    #expect(lines.last?.split(separator: " ").map { Int($0) != nil } == [false, true, true])
  }
}
