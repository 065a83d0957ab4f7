import Foundation
import Testing

@testable import Bench

@Suite struct MetricsFileTests {
  private let file = TemporaryFile()
  private let run = #"{"event":"run","training":{"recipe":{"batch_size":8,"epochs":3},"seed":1}}"#
  private func step(_ step: Int) -> String { #"{"event":"step","epoch":1,"step":\#(step)}"# }
  private func epoch(_ epoch: Int) -> String { #"{"event":"epoch","epoch":\#(epoch),"step":\#(10 * epoch)}"# }

  private func write(_ lines: [String], rest: String = "") throws {
    try Data((lines.map { $0 + "\n" }.joined() + rest).utf8).write(to: file.url)
  }

  /// The lines after a training went on.
  private func lines(epochs: Int, updates: Int, pending: String? = nil, run: String? = nil) throws -> [String] {
    _ = try MetricsFile(
      path: file.path, run: run ?? self.run,
      goingOnFrom: .init(
        epochs: epochs, updates: updates, pending: pending, epochLines: (0..<epochs).map { epoch($0 + 1) }))
    return try String(contentsOf: file.url, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func cutsWhatWasWrittenAfterTheCheckpoint() throws {
    let all = [run, step(5), step(10), epoch(1), step(15), step(20), epoch(2), step(25)]
    try write(all, rest: #"{"event":"st"#)
    #expect(try lines(epochs: 1, updates: 17) == Array(all[..<5]))
    try write(all)
    // The last update of an epoch is saved before the epoch is counted.
    #expect(try lines(epochs: 1, updates: 20) == Array(all[..<6]))
    try write(all)
    #expect(try lines(epochs: 2, updates: 20) == Array(all[..<7]))
    try write(all + [#"{"event":"end","epoch":3,"step":30}"#])
    #expect(try lines(epochs: 3, updates: 30) == all + [epoch(3)])
    try write(all)
    #expect(try lines(epochs: 0, updates: 0) == [run])
  }

  @Test func writesTheLineThatAFullDiskDidNotTake() throws {
    try write([run, step(5)])
    #expect(try lines(epochs: 0, updates: 10, pending: step(10)) == [run, step(5), step(10)])
    #expect(try lines(epochs: 0, updates: 10, pending: step(10)) == [run, step(5), step(10)], "and not twice")
    try write([run, step(5), step(10)])
    #expect(try lines(epochs: 1, updates: 10, pending: epoch(1)) == [run, step(5), step(10), epoch(1)])
  }

  @Test func writesTheEpochsAgainWhereTheFileIsGone() throws {
    #expect(try lines(epochs: 2, updates: 20) == [run, epoch(1), epoch(2)])
    try write([], rest: String(run.prefix(20)))
    #expect(try lines(epochs: 1, updates: 10) == [run, epoch(1)])
  }

  @Test func takesTheSameTrainingForMoreEpochsAndNoOther() throws {
    let longer = run.replacingOccurrences(of: #""epochs":3"#, with: #""epochs":5"#)
    try write([run, epoch(1)])
    #expect(try lines(epochs: 1, updates: 10, run: longer) == [run, epoch(1)])
    let other = run.replacingOccurrences(of: #""seed":1"#, with: #""seed":2"#)
    #expect(throws: UsageError.self) { try lines(epochs: 1, updates: 10, run: other) }
    #expect(try String(contentsOf: file.url, encoding: .utf8) == run + "\n" + epoch(1) + "\n", "nothing is lost")
    try write(["a letter"])
    #expect(throws: UsageError.self) { try lines(epochs: 1, updates: 10) }
  }

  @Test func knowsWhetherAFileTellsOfATraining() throws {
    #expect(!MetricsFile.holdsTraining(file.path))
    try write([run])
    #expect(!MetricsFile.holdsTraining(file.path))
    try write([run, step(5)])
    #expect(MetricsFile.holdsTraining(file.path))
    try write(["a letter"])
    #expect(MetricsFile.holdsTraining(file.path))
  }
}

@Suite struct TrainingPaceTests {
  @Test func writesTimesAsClocksDo() {
    #expect(TrainingPace.clock(0) == "0:00")
    #expect(TrainingPace.clock(187.4) == "3:07")
    #expect(TrainingPace.clock(3723) == "1:02:03")
    #expect(TrainingPace.clock(.nan) == "?")
    #expect(TrainingPace.clock(.infinity) == "?")
  }
}
