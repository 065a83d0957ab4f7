import Benchmarking
import Foundation
import Testing

private let cases: KeyValuePairs = ["tiny": 80e-9, "short": 1.5e-6, "long": 3e-3, "slice": 40e-3]

private func planted(_ slowdown: Double) -> KeyValuePairs<String, Double> {
  ["tiny": 80e-9, "short": 1.5e-6, "long": 3e-3 * (1 + slowdown), "slice": 40e-3]
}

/// Simulations, on machines with heavy-tailed noise, drift and processes that differ.
@Suite("Comparison")
struct ComparisonTests {
  @Test(
    "Identical programs never alarm in 400 comparisons, whatever their processes' layouts",
    arguments: [(0.003, 300), (0.02, 100)])
  func identical(layout: Double, comparisons: Int) throws {
    var verdicts: [Verdict: Int] = [:]
    for seed in 0..<comparisons {
      let machine = SimulatedMachine(seed: UInt64(seed))
      machine.layout = layout
      let report = try machine.compare(cases, cases, seed: UInt64(seed))
      for one in report.cases { verdicts[one.verdict, default: 0] += 1 }
      #expect(report.exitStatus == 0, "seed \(seed)")
    }
    #expect(verdicts[.slower] == nil)
    // Processes that differ by 2 % can be called neither the same nor faster from few of them.
    #expect(verdicts[.faster, default: 0] <= 4 * comparisons / 100, "\(verdicts)")
    if layout == 0.003 { #expect(verdicts[.same, default: 0] >= 1150, "\(verdicts)") }
  }

  @Test("An interruption of the first runs does not make all slices short")
  func interruptedCalibration() throws {
    let machine = SimulatedMachine(seed: 1)
    machine.firstInterruption = 0.05
    let report = try machine.compare(["one": 44e-6], ["one": 44e-6 * 1.05])
    #expect(report.verdict("one") == .slower)
    #expect(machine.slices.sorted()[machine.slices.count / 2] > 5e-3)
  }

  @Test("A slowdown of 2 % is found in 95 of 100 comparisons, and what is not slower is not blamed")
  func twoPercent() throws {
    let found = try (0..<100).count { seed in
      let report = try SimulatedMachine(seed: UInt64(seed)).compare(cases, planted(0.02), seed: UInt64(seed))
      #expect(report.count(.slower) <= (report.verdict("long") == .slower ? 1 : 0), "seed \(seed)")
      return report.verdict("long") == .slower
    }
    #expect(found >= 95)
  }

  @Test("Slowdowns of 5 % and more are always found", arguments: [0.05, 0.1, 0.25])
  func large(slowdown: Double) throws {
    for seed in 0..<50 {
      let report = try SimulatedMachine(seed: UInt64(seed)).compare(cases, planted(slowdown), seed: UInt64(seed))
      #expect(report.verdict("long") == .slower && report.exitStatus == 1, "seed \(seed)")
    }
  }

  @Test("Where a tenth of the processes is disturbed, a slowdown of 5 % is found and nothing else is blamed")
  func disturbedProcesses() throws {
    let found = try (0..<50).count { seed in
      let machine = SimulatedMachine(seed: UInt64(seed))
      machine.disturbedProcesses = 0.1
      let report = try machine.compare(cases, planted(0.05), seed: UInt64(seed))
      #expect(report.count(.slower) <= (report.verdict("long") == .slower ? 1 : 0), "seed \(seed)")
      return report.verdict("long") == .slower
    }
    #expect(found >= 45, "\(found) of 50")
  }

  @Test("A slowdown of 1 % is found where half a per cent matters")
  func onePercent() throws {
    let found = try (0..<50).count { seed in
      try SimulatedMachine(seed: UInt64(seed)).compare(cases, planted(0.01), seed: UInt64(seed)) {
        $0.smallestChange = 0.005
      }.verdict("long") == .slower
    }
    #expect(found >= 45)
  }

  @Test("A slowdown below what matters is not called slower")
  func immaterial() throws {
    for seed in 0..<50 {
      let report = try SimulatedMachine(seed: UInt64(seed)).compare(cases, planted(0.02), seed: UInt64(seed)) {
        $0.smallestChange = 0.05
      }
      #expect(report.verdict("long") == .same, "seed \(seed)")
    }
  }

  @Test("A speed-up is called faster, and its ratio lies in the interval")
  func faster() throws {
    let report = try SimulatedMachine(seed: 1).compare(cases, planted(-0.1))
    let one = try #require(report.cases.first { $0.name == "long" })
    #expect(one.verdict == .faster && report.exitStatus == 0)
    let ratio = try #require(one.ratio)
    #expect(abs(ratio - 0.9) < 0.01)
    #expect(try #require(one.lower) <= ratio && ratio <= #require(one.upper))
  }

  @Test("What is slower was seen in at least five fresh pairs of processes")
  func freshPairs() throws {
    let machine = SimulatedMachine(seed: 1)
    let report = try machine.compare(cases, planted(0.25))
    let one = try #require(report.cases.first { $0.name == "long" })
    #expect(one.freshPairs >= 5)
    #expect(machine.startedProcesses >= 2 * (3 + 5))
    #expect(report.cases.filter { $0.name != "long" }.allSatisfy { $0.freshPairs == 0 })
  }

  @Test("A comparison is a function of its seed and the times")
  func deterministic() throws {
    let reports = try (0..<2).map { _ in try SimulatedMachine(seed: 3).compare(cases, planted(0.02), seed: 8).json() }
    #expect(reports[0] == reports[1])
  }

  @Test("A comparison keeps to its budget, but for five fresh pairs of a suspect")
  func budget() throws {
    let machine = SimulatedMachine(seed: 4)
    machine.noise = 0.3
    let report = try machine.compare(cases, cases) { $0.budgetSeconds = 5 }
    #expect(report.elapsedSeconds < 5 + 1.5)
    #expect(report.count(.undecided) > 0 && report.exitStatus == 0)
  }

  @Test("Slowdowns of the size of the resolution are found as often as it says, of a fifth of it seldom")
  func resolution() throws {
    // One long look at a noisy machine, by a budget that ends it.
    func report(_ slowdown: Double, _ seed: Int) throws -> ComparisonReport {
      let machine = SimulatedMachine(seed: UInt64(seed))
      machine.noise = 0.05
      return try machine.compare(["one": 1e-3], ["one": 1e-3 * (1 + slowdown)], seed: UInt64(seed)) {
        $0.budgetSeconds = 6
      }
    }
    let resolutions = try (0..<20).compactMap { try report(0, $0).cases[0].resolution }
    let typical = Quantiles.median(resolutions)
    func found(_ slowdown: Double) throws -> Int {
      try (0..<60).count { try report(slowdown, $0).verdict("one") == .slower }
    }
    let (at, below) = (try found(typical), try found(0.2 * typical))
    #expect(at >= 48 && below <= 30, "\(at) of 60 at \(typical), \(below) below")
  }

  @Test("A case of the old program alone is lost and fails, one of the new program alone is new")
  func lostAndNew() throws {
    let report = try SimulatedMachine(seed: 5).compare(["a": 1e-3, "b": 1e-3], ["b": 1e-3, "c": 1e-3])
    #expect(report.cases.map(\.name) == ["a", "b", "c"])
    #expect(report.cases.map(\.verdict) == [.lost, .same, .new])
    #expect(report.exitStatus == 1)
  }

  @Test("Cases are chosen by parts of their names")
  func filter() throws {
    let report = try SimulatedMachine(seed: 6).compare(cases, cases) { $0.cases = ["iny", "sli"] }
    #expect(report.cases.map(\.name) == ["tiny", "slice"])
  }

  @Test("A part of a name that no case has is an error that names it")
  func filterWithoutCases() {
    #expect(throws: BenchmarkingError("no case of either program has 'nothing' in its name")) {
      try SimulatedMachine(seed: 6).compare(cases, cases) { $0.cases = ["nothing"] }
    }
  }

  @Test("A case that fails ends the comparison with its error")
  func failingCase() {
    #expect(throws: BenchmarkingError("case 'b' failed: it is broken")) {
      try SimulatedMachine(seed: 7).compare(["a": 1e-3, "b": 1e-3], ["a": 1e-3, "b": 0])
    }
  }

  @Test("Short cases are marked in the report, with what could have been seen")
  func shortCases() throws {
    let report = try SimulatedMachine(seed: 8).compare(cases, cases)
    #expect(report.cases.filter(\.isShort).map(\.name) == ["tiny", "short"])
    #expect(report.text.contains("*: an iteration takes less than 3 µs"))
    #expect(report.cases.allSatisfy { ($0.resolution ?? 0) > 0.01 })
  }

  @Test("The processor clock does not see what other programs take")
  func processorClock() throws {
    let machine = SimulatedMachine(seed: 9)
    machine.noise = 0.5
    machine.layout = 0
    let report = try machine.compare(cases, planted(0.02)) { $0.clock = .processor }
    #expect(report.verdict("long") == .slower && report.count(.same) == 3)
  }
}
