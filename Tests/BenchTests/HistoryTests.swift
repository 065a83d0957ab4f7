import Benchmarking
import Foundation
import TestSupport
import Testing

@testable import Bench

/// Runs of a made-up history.
enum MadeUpHistory {
  static let firstDate = Date(timeIntervalSince1970: 1_700_000_000)

  static func hash(_ number: Int) -> String { String(repeating: "0", count: 36) + String(format: "%04x", number) }

  /// A run of a commit a day.
  static func run(
    _ day: Int, kind: HistoryRun.Kind = .kernels, cpu: String = "a processor", old: String? = nil,
    dirty: Bool = false, _ entries: [HistoryEntry]
  ) -> HistoryRun {
    var machine = HistoryMachine(cpu: cpu)
    if kind != .comparison {
      machine = HistoryMachine(
        MachineReport(cpu: cpu, isa: "avx2", threads: 1, peakGflops: 100, bandwidthGbs: 20))
    }
    let date = firstDate.addingTimeInterval(86400 * Double(day))
    return HistoryRun(
      commit: hash(day), commitDate: date, dirty: dirty, recorded: date, kind: kind, machine: machine, old: old,
      entries: entries)
  }

  /// The values of a kernel, with the noise of a seed, by the factors of each run.
  static func kernels(_ names: [String], noise: Double = 0.01, _ factors: [Double]) -> [HistoryRun] {
    var generator = SeededGenerator(seed: 4)
    return factors.enumerated().map { day, factor in
      run(
        day,
        names.map {
          HistoryEntry(
            name: $0, algorithm: "rows.avx2", limitFraction: 0.5 * factor * exp(noise * (generator.uniform() - 0.5)))
        })
    }
  }

  static func comparison(_ day: Int, old: String, ratio: Double, verdict: Benchmarking.Verdict) -> HistoryRun {
    run(
      day, kind: .comparison, old: old,
      [HistoryEntry(name: "relu forward n10", ratio: ratio, lower: ratio * 0.99, upper: ratio * 1.01, verdict: verdict)]
    )
  }

  static func data(_ runs: [HistoryRun]) throws -> Data {
    Data(try runs.map { try HistoryLog.line($0) + "\n" }.joined().utf8)
  }
}

@Suite struct HistoryLogTests {
  private let runs = MadeUpHistory.kernels(["relu forward n10 warm"], [1, 1, 0.9])

  @Test func aRunIsReadAsItWasWritten() throws {
    let all =
      runs + [
        MadeUpHistory.comparison(4, old: MadeUpHistory.hash(1), ratio: 1.1, verdict: .slower),
        MadeUpHistory.run(
          5, kind: .conv, dirty: true,
          [HistoryEntry(name: "n1 batch 4", peakFraction: 0.1, imagesPerSecond: 1234)]),
        MadeUpHistory.run(6, kind: .comparison, old: "old", [HistoryEntry(name: "gone", verdict: .lost)]),
      ]
    #expect(try HistoryLog(data: MadeUpHistory.data(all), path: "h").runs == all)
    let line = try #require(
      try JSONSerialization.jsonObject(with: Data(HistoryLog.line(runs[0]).utf8)) as? [String: Any])
    #expect(line["schema"] as? String == "bench.history/1")
    #expect(line["commit_date"] as? String == "2023-11-14T22:13:20Z")
    #expect((line["machine"] as? [String: Any])?["peak_gflops"] as? Double == 100)
  }

  @Test func linesAreAppendedAndNothingElseChanges() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("new/folder/history.jsonl").path
    for run in runs {
      var log = try HistoryLog(path: path)
      try log.append([run])
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == MadeUpHistory.data(runs))
  }

  /// At every byte at which a program can be interrupted while it writes the last line.
  @Test func theRestOfAnInterruptedLineIsDroppedWhenAnotherIsAppended() throws {
    let whole = try MadeUpHistory.data(Array(runs.prefix(2)))
    let last = Data(try HistoryLog.line(runs[2]).utf8)
    let folder = try TemporaryFolder()
    for count in stride(from: 0, through: last.count, by: 7) + [last.count - 1, last.count] {
      let url = try folder.write(Array(whole + last.prefix(count)), to: "history.jsonl")
      var log = try HistoryLog(path: url.path)
      #expect(log.isBroken == (count > 0 && count < last.count), "\(count) bytes")
      // A whole line that lacks only its end is kept.
      let kept = Array(runs.prefix(count == last.count ? 3 : 2))
      #expect(log.runs == kept)
      try log.append([runs[0]])
      #expect(try HistoryLog(path: url.path).runs == kept + [runs[0]], "\(count) bytes")
      #expect(try Data(contentsOf: url) == MadeUpHistory.data(kept + [runs[0]]))
    }
  }

  @Test(
    "an earlier line that is wrong is named by its number",
    arguments: [
      ("no JSON", "it is not JSON"), ("{}", "schema is missing"),
      (#"{"schema":"bench.history/9"}"#, "schema is 'bench.history/9'"), ("[1]", "is not of the type"),
      (#""commit":"0"#, "it is not JSON"),
    ])
  func invalidLine(line: String, reason: String) throws {
    let data = try MadeUpHistory.data([runs[0]]) + Data("\n\(line)\n".utf8) + MadeUpHistory.data([runs[1]])
    let error = #expect(throws: UsageError.self) { try HistoryLog(data: data, path: "some/history.jsonl") }
    let message = try #require(error).description
    #expect(message.hasPrefix("some/history.jsonl, line 3: ") && message.contains(reason), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test(
    "a line whose figures are no measurements is refused",
    arguments: [
      (#""limit_fraction":0.5"#, #""limit_fraction":-1"#), (#""limit_fraction":0.5"#, #""limit_fraction":0"#),
      (#""limit_fraction":0.5"#, #""limit_fraction":1e99"#), (#""limit_fraction":0.5"#, #""other":1"#),
      ("bench.history/1", "bench.history/9"), (#""entries":[{"#, #""entries":[{"name":"a","limit_fraction":1},{"#),
      (#""commit":"0000000000000000000000000000000000000000""#, #""commit":"""#),
    ])
  func invalidFigures(text: String, other: String) throws {
    let line = try HistoryLog.line(MadeUpHistory.run(0, [HistoryEntry(name: "a", limitFraction: 0.5)]))
    _ = try HistoryLog(data: Data((line + "\n\n").utf8), path: "h")
    #expect(line.contains(text))
    let wrong = line.replacingOccurrences(of: text, with: other) + "\n" + line + "\n"
    #expect(throws: UsageError.self) { try HistoryLog(data: Data(wrong.utf8), path: "h") }
  }
}

@Suite struct HistoryInputTests {
  private func input(_ json: String) throws -> HistoryInput {
    try HistoryInput(data: Data(json.utf8), path: "result.json", processor: "this processor")
  }

  private static let machine = #""machine":{"cpu":"c","isa":"avx2","threads":2,"peak_gflops":100,"bandwidth_gbs":20}"#

  private static func row(_ algorithm: String, chosen: Bool, verified: Bool = true, warm: Bool = true) -> String {
    """
    {"kernel":"conv2d","pass":"forward","shape":"mb4","algorithm":"\(algorithm)","isa":"avx2","threads":2,\
    "median_seconds":0.1,"min_seconds":0.1,"verified":\(verified),"warm":\(warm),"chosen":\(chosen),"limit_fraction":0.75}
    """
  }

  @Test func ofKernelsTheChosenRowsAreKeptByOperationPassAndShape() throws {
    let rows = [
      Self.row("reference", chosen: false), Self.row("images", chosen: true),
      Self.row("images", chosen: true, warm: false), Self.row("wrong", chosen: true, verified: false),
    ]
    let input = try input(#"{"schema":"bench.kernels/1",\#(Self.machine),"rows":[\#(rows.joined(separator: ","))]}"#)
    #expect(input.kind == .kernels && input.wrongCount == 1 && input.old == nil)
    #expect(
      input.entries == [
        HistoryEntry(name: "conv2d forward mb4 warm", algorithm: "images", limitFraction: 0.75),
        HistoryEntry(name: "conv2d forward mb4", algorithm: "images", limitFraction: 0.75),
      ])
    #expect(input.machine.isa == "avx2" && input.machine.threads == 2 && input.machine.bandwidthGbs == 20)
  }

  @Test func ofTrainingsTheShareOfThePeakAndTheRateAreKept() throws {
    let input = try input(
      """
      {"schema":"bench.mlp/1",\(Self.machine),"model":"n3","data":"synthetic","train_images":500,"optimizer":"adam",\
      "rows":[{"batch_size":32,"epoch_seconds":[1,2,1],"images_per_second":500,"peak_fraction":0.04}]}
      """)
    #expect(input.kind == .mlp)
    #expect(
      input.entries == [
        HistoryEntry(name: "n3 synthetic 500 images adam batch 32", peakFraction: 0.04, imagesPerSecond: 500)
      ])
  }

  private static func comparison(old: String, wasStopped: Bool = false) -> String {
    """
    {"schema":"benchmarking.comparison/1","old":"\(old)","new":"/x/bench","smallest_change":0.01,"budget_seconds":60,\
    "elapsed_seconds":1,"clock":"wall","seed":1,"was_stopped":\(wasStopped),"cases":[{"name":"relu forward n10",\
    "verdict":"slower","old_seconds":1,"new_seconds":1.1,"ratio":1.1,"lower":1.05,"upper":1.15,"resolution":0.1,\
    "quadruples":4,"pairs":3,"fresh_pairs":5,"iterations":3,"is_short":false},{"name":"gone","verdict":"lost",\
    "quadruples":0,"pairs":0,"fresh_pairs":0,"is_short":false}]}
    """
  }

  @Test func ofComparisonsRatioIntervalVerdictAndTheOldVersionAreKept() throws {
    let hash = String(repeating: "ab", count: 20)
    let kept = try input(Self.comparison(old: ".build/against/\(hash)/bench"))
    #expect(kept.kind == .comparison && kept.old == hash && kept.machine == HistoryMachine(cpu: "this processor"))
    #expect(
      kept.entries == [
        HistoryEntry(name: "relu forward n10", ratio: 1.1, lower: 1.05, upper: 1.15, verdict: .slower),
        HistoryEntry(name: "gone", verdict: .lost),
      ])
    #expect(try input(Self.comparison(old: "/programs/1.0/bench")).old == "/programs/1.0/bench")
    #expect(throws: UsageError.self) { try input(Self.comparison(old: "a", wasStopped: true)) }
  }

  @Test(
    "other files are refused in a line that names them",
    arguments: [
      "", "{}", #"{"schema":"bench.costs/1"}"#, #"{"schema":"benchmarking.comparison/1"}"#,
      #"{"schema":"bench.kernels/1",\#(machine),"rows":[\#(row("reference", chosen: false))]}"#,
    ])
  func otherFiles(json: String) throws {
    let error = #expect(throws: UsageError.self) { try input(json) }
    let message = try #require(error).description
    #expect(message.hasPrefix("result.json: ") && !message.contains("\n"), "\(message)")
  }
}

@Suite struct HistoryAnalysisTests {
  private func analysis(_ runs: [HistoryRun], last: Int = 300) -> HistoryAnalysis {
    HistoryAnalysis(runs: runs, lastRuns: last)
  }

  private func steps(_ lengths: [(Int, Double)]) -> [Double] {
    lengths.flatMap { Array(repeating: $0.1, count: $0.0) }
  }

  @Test func aSlowdownIsFoundAtItsCommitWithItsSize() throws {
    let runs = MadeUpHistory.kernels(["relu forward n10"], steps([(14, 1), (10, 0.9)]))
    let one = try #require(analysis(runs).series.first)
    #expect(one.changes.map(\.index) == [14])
    let change = try #require(one.changes.first)
    #expect(abs(change.speedRatio - 0.9) < 0.01 && change.isSlowdown)
    #expect(try #require(change.pValue) <= 0.05)
    #expect(one.series.points[14].commit == MadeUpHistory.hash(14))
    #expect(one.stretches == [0..<14, 14..<24])
    #expect(one.endsInSlowdown(lastRuns: 10) && !one.endsInSlowdown(lastRuns: 9))
  }

  @Test func anOrderOfTheFileOtherThanThatOfCommitsChangesNothing() {
    let runs = MadeUpHistory.kernels(["relu forward n10"], steps([(14, 1), (10, 1.2)]))
    let (inOrder, shuffled) = (analysis(runs), analysis(runs.reversed()))
    #expect(inOrder.series.map(\.changes) == shuffled.series.map(\.changes))
    #expect(inOrder.series[0].changes.count == 1 && !inOrder.series[0].endsInSlowdown(lastRuns: 300))
  }

  @Test func aSeriesIsOfOneProcessorLevelNumberOfThreadsAndRow() {
    let entry = HistoryEntry(name: "a", limitFraction: 0.5)
    var runs = [MadeUpHistory.run(0, [entry]), MadeUpHistory.run(1, cpu: "another", [entry])]
    runs.append(MadeUpHistory.run(2, [entry, HistoryEntry(name: "b", limitFraction: 0.5)]))
    runs.append(
      MadeUpHistory.run(3, kind: .conv, [HistoryEntry(name: "a", peakFraction: 0.5, imagesPerSecond: 3)]))
    let series = analysis(runs).series
    #expect(series.map(\.series.points.count) == [2, 1, 1, 1])
    #expect(series.allSatisfy { !$0.isLongEnough && $0.changes.isEmpty })
  }

  @Test func comparisonsWithOneOldProgramAreSearchedAndOthersSpeakForThemselves() throws {
    var generator = SeededGenerator(seed: 8)
    func noise() -> Double { exp(0.004 * (generator.uniform() - 0.5)) }
    let base = MadeUpHistory.hash(999)
    // Twenty against one version, slower from the twelfth on; then two, each against the commit before.
    var runs = (0..<20).map {
      MadeUpHistory.comparison($0, old: base, ratio: ($0 < 12 ? 1 : 1.05) * noise(), verdict: .undecided)
    }
    runs.append(MadeUpHistory.comparison(20, old: MadeUpHistory.hash(19), ratio: 1.001, verdict: .same))
    runs.append(MadeUpHistory.comparison(21, old: MadeUpHistory.hash(20), ratio: 1.25, verdict: .slower))
    let series = analysis(runs).series
    #expect(series.map(\.series.figure) == [.ratio, .step])
    #expect(series[0].series.old == base && series[0].changes.map(\.index) == [12])
    // A time of 1.05 is a speed of 1 / 1.05.
    #expect(abs(series[0].changes[0].speedRatio - 1 / 1.05) < 0.003)
    #expect(series[1].changes == [SpeedChange(index: 1, speedRatio: 0.8, pValue: nil)])
    #expect(series[1].endsInSlowdown(lastRuns: 1))
  }

  @Test func onlyTheLastRunsCountWhereThatIsAskedFor() {
    let runs = MadeUpHistory.kernels(["relu forward n10"], steps([(14, 1), (20, 0.9)]))
    let one = analysis(runs, last: 20).series[0]
    #expect(one.series.points.count == 20 && one.changes.isEmpty)
  }

  @Test func theErrorHoldsForAllSeriesTogether() {
    let names = (0..<40).map { "relu forward n\($0)" }
    let runs = MadeUpHistory.kernels(names, noise: 0.2, steps([(16, 1)]))
    let analysis = analysis(runs)
    #expect(analysis.significance == 0.05 / 40 && analysis.permutations == 1599)
    // The noise of the seed has none; at a level of 0.05 a series, two of forty would be expected.
    #expect(analysis.series.allSatisfy { $0.changes.isEmpty })
  }

  @Test func theReportForProgramsHoldsTheChanges() throws {
    let runs = MadeUpHistory.kernels(["relu forward n10"], steps([(14, 1), (10, 0.9)]))
    let data = try JSONFile.encode(HistoryReport(analysis(runs)))
    let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(report["schema"] as? String == "bench.history.changes/1")
    let series = try #require((report["series"] as? [[String: Any]])?.first)
    #expect(series["figure"] as? String == "limit_fraction" && series["runs"] as? Int == 24)
    let change = try #require((series["changes"] as? [[String: Any]])?.first)
    #expect(change["commit"] as? String == MadeUpHistory.hash(14))
    #expect(change["date"] as? String == "2023-11-28T22:13:20Z")
    #expect(change["run"] as? Int == 14)
  }
}
