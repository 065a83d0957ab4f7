import Foundation
import TestSupport
import Testing

@testable import Bench

/// `bench history`, the built program.
@Suite struct HistoryCommandTests {
  private let folder: TemporaryFolder
  private var history: String { folder.url.appendingPathComponent("history").path }

  init() throws {
    folder = try TemporaryFolder()
    try write(share: 0.5, to: "result.json")
  }

  private func write(share: Double, to name: String) throws {
    let json = """
      {"schema":"bench.kernels/1","machine":{"cpu":"c","isa":"avx2","threads":1,"peak_gflops":100,"bandwidth_gbs":20},\
      "rows":[{"kernel":"relu","pass":"forward","shape":"n10","algorithm":"a","isa":"avx2","threads":1,\
      "median_seconds":0.1,"min_seconds":0.1,"verified":true,"chosen":true,"limit_fraction":\(share)}]}
      """
    try folder.write(Array(json.utf8), to: name)
  }

  private func bench(_ arguments: String..., environment: [String: String] = [:]) throws -> BenchProcess {
    // A repository above the folder of temporary files would be taken for the one that was measured.
    var environment = environment
    environment["GIT_CEILING_DIRECTORIES"] = folder.url.deletingLastPathComponent().path
    return try BenchProcess(["history"] + arguments, environment: environment, currentDirectory: folder.url)
  }

  private func git(_ arguments: String...) throws -> String {
    var environment = ProcessInfo.processInfo.environment
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
      environment["\(name)_NAME"] = "A"
      environment["\(name)_EMAIL"] = "a@example.org"
      environment["\(name)_DATE"] = "1700000000 +0200"
    }
    let git = try #require(SystemTool("git", environment: environment))
    let result = try git.run(["-C", folder.url.path] + arguments)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func log() throws -> HistoryLog { try HistoryLog(path: "\(history)/history.jsonl") }

  private func write(_ runs: [HistoryRun]) throws {
    try folder.write(Array(MadeUpHistory.data(runs)), to: "history/history.jsonl")
  }

  private func expectRefused(_ outcome: BenchProcess, _ text: String, line: Int = #line) {
    #expect(outcome.status == 2, "line \(line)")
    #expect(outcome.errors.contains(text), "line \(line): \(outcome.errors)")
    #expect(outcome.errors.split(whereSeparator: \.isNewline).count == 1, "line \(line): \(outcome.errors)")
  }

  @Test func filesAreAddedOnceAsRunsOfACommitThatIsGiven() throws {
    try write(share: 0.6, to: "other.json")
    let added = try bench("history", "--add", "result.json,other.json", "--commit", "v1", "--all")
    #expect(added.status == 0, "\(added.errors)")
    #expect(added.output.contains("added 2 runs of v1"))
    #expect(added.output.contains("too short: 10 runs are needed"))
    let again = try bench("history", "--add", "result.json", "--commit", "v1")
    #expect(again.status == 0 && again.output.contains("added 0 runs of v1"))
    #expect(again.errors.contains("result.json is skipped: the history has its figures of v1"))
    let runs = try log().runs
    #expect(runs.map(\.commit) == ["v1", "v1"] && runs.allSatisfy { $0.commitDate == nil && !$0.dirty })
    #expect(runs.map { $0.entries.map(\.limitFraction) } == [[0.5], [0.6]])
    #expect(try bench("history", "--add", "result.json", "--commit", "v2").output.contains("added 1 run of v2"))
    _ = try XMLReader(String(contentsOfFile: "\(history)/index.html", encoding: .utf8))
  }

  @Test func inARepositoryTheCommitItsDateAndWhetherTheTreeHasChangesAreKept() throws {
    _ = try git("init", "-q")
    expectRefused(try bench("history", "--add", "result.json"), "has no commit yet")
    _ = try git("add", "result.json")
    _ = try git("commit", "-q", "-m", "one")
    let first = try git("rev-parse", "HEAD")
    #expect(try bench("history", "--add", "result.json").status == 0)
    // The history's own changes make no tree dirty, those of other files do.
    _ = try git("add", "history")
    _ = try git("commit", "-q", "-m", "two")
    let second = try git("rev-parse", "HEAD")
    #expect(try bench("history", "--add", "result.json").status == 0)
    try write(share: 0.7, to: "result.json")
    let dirty = try bench("history", "--add", "result.json")
    #expect(dirty.output.contains("added 1 run of \(second), whose tree has changes"))
    #expect(try bench("history", "--add", "result.json", "--commit", "HEAD~1").status == 0)
    let runs = try log().runs
    #expect(runs.map(\.commit) == [first, second, second, first])
    #expect(runs.map(\.dirty) == [false, false, true, false])
    #expect(runs.allSatisfy { $0.commitDate == Date(timeIntervalSince1970: 1_700_000_000) })
    expectRefused(try bench("history", "--add", "result.json", "--commit", "nothing"), "--commit is 'nothing'")
  }

  @Test func changesArePrintedAndWritten() throws {
    let factors = Array(repeating: 1.0, count: 14) + Array(repeating: 0.9, count: 10)
    let steady = MadeUpHistory.kernels(["tanh forward n10"], Array(repeating: 1, count: 24))
    try write(MadeUpHistory.kernels(["relu forward n10"], factors) + steady)
    let json = TemporaryFile()
    let outcome = try bench("history", "--json", json.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("48 runs of 24 commits, 2023-11-14 to 2023-12-07"))
    #expect(outcome.output.contains("a processor, avx2, 1 thread"))
    let row = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("relu forward n10") })
    #expect(row.contains("\(MadeUpHistory.hash(14).prefix(10)) −10.") && row.contains("(p 0.0"))
    #expect(!outcome.output.contains("tanh"))
    #expect(outcome.output.contains("2 series, 1 with changes"))
    #expect(try json.object()["schema"] as? String == "bench.history.changes/1")
    let all = try bench("history", "--all")
    #expect(all.output.split(separator: "\n").contains { $0.hasPrefix("tanh forward n10") && $0.hasSuffix("none") })
    // The same history gives the same page.
    let page = try String(contentsOfFile: "\(history)/index.html", encoding: .utf8)
    #expect(try bench("history", "--last", "24").status == 0)
    #expect(try String(contentsOfFile: "\(history)/index.html", encoding: .utf8) == page)
  }

  @Test func aSlowdownAmongTheLastRunsFailsWhereThatIsAskedFor() throws {
    let factors = Array(repeating: 1.0, count: 14) + Array(repeating: 0.9, count: 10)
    try write(MadeUpHistory.kernels(["relu forward n10"], factors))
    #expect(try bench("history", "--no-page").status == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(history)/index.html"))
    let slow = try bench("history", "--fail-on-change", "10")
    #expect(slow.status == 1)
    #expect(slow.errors.contains("1 series is slower since one of the last 10 runs: relu forward n10"))
    #expect(try bench("history", "--fail-on-change", "9").status == 0)
    try write(MadeUpHistory.kernels(["relu forward n10"], factors.map { 1 / $0 }))
    #expect(try bench("history", "--fail-on-change", "10").status == 0)
  }

  @Test func anUnfinishedLastLineIsToldAndAWrongEarlierOneRefused() throws {
    let runs = MadeUpHistory.kernels(["relu forward n10"], [1, 1])
    let data = try MadeUpHistory.data(runs)
    try folder.write(Array(data.dropLast(20)), to: "history/history.jsonl")
    let read = try bench("history")
    #expect(read.status == 0 && read.errors.contains("is left out"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(history)/history.jsonl")) == data.dropLast(20))
    let added = try bench("history", "--add", "result.json", "--commit", "v1")
    #expect(added.status == 0 && added.errors.contains("is dropped"))
    #expect(try log().runs.map(\.commit) == [MadeUpHistory.hash(0), "v1"])
    try folder.write(Array(Data("{\"schema\":1}\n".utf8) + data), to: "history/history.jsonl")
    expectRefused(try bench("history"), "history/history.jsonl, line 1: ")
    let before = try Data(contentsOf: URL(fileURLWithPath: "\(history)/history.jsonl"))
    expectRefused(try bench("history", "--add", "result.json", "--commit", "v1"), "line 1: ")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(history)/history.jsonl")) == before)
  }

  @Test func wrongUsageEndsInOneLine() throws {
    expectRefused(try bench(), "expected one folder, DIR; 0 given")
    expectRefused(try bench("history"), "does not exist; expected a history, or --add FILE")
    expectRefused(try bench("result.json"), "'result.json' is no folder")
    expectRefused(try bench("history", "--commit", "v1"), "--commit is given without --add")
    expectRefused(try bench("history", "--add", "result.json"), "expected --commit TEXT")
    expectRefused(
      try bench("history", "--add", "result.json", environment: ["PATH": "/nowhere"]),
      "no folder of PATH has the program 'git'")
    expectRefused(try bench("history", "--add", "missing.json", "--commit", "v1"), "missing.json: cannot be read")
    expectRefused(try bench("history", "--last", "9"), "expected an integer from 10 to 2000")
    // Nothing is begun where nothing can be added.
    #expect(!FileManager.default.fileExists(atPath: history))
  }
}
