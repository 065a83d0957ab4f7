import Foundation
import Layers
import TestSupport
import Testing

@testable import Bench

/// A training that is killed at random moments and goes on ends as one that was never interrupted.
@Suite struct TrainResumeTests {
  private static let options = [
    "train", "--train-images", "400", "--test-images", "100", "--epochs", "4", "--batch-size", "8",
    "--batches-per-update", "2", "--threads", "1", "--augmentation", "crop:4,flip", "--mixing", "mixup", "--schedule",
    "one-cycle", "--average", "ema:0.9", "--validation-share", "0.2",
  ]

  private static func files(_ folder: TemporaryFolder) -> [String] {
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    return [
      "--metrics", path("m.jsonl"), "--metrics-every", "3", "--checkpoint", path("c"), "--checkpoint-updates", "7",
      "--best", path("best"), "--tensorboard", path("events"),
    ]
  }

  /// Kills the program once its metrics file has more than some bytes; false where it ended before.
  private func runAndKill(_ arguments: [String], metrics: URL, beyond byteCount: Int) throws -> Bool {
    let process = Process()
    process.executableURL = BenchProcess.executable
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    while process.isRunning {
      let size = try? FileManager.default.attributesOfItem(atPath: metrics.path)[.size] as? Int
      if (size ?? 0) > byteCount {
        kill(process.processIdentifier, SIGKILL)
        break
      }
      usleep(500)
    }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  @Test func endsAsOneThatWasNeverInterrupted() throws {
    let (whole, killed) = (try TemporaryFolder(), try TemporaryFolder())
    let first = try BenchProcess(Self.options + Self.files(whole))
    #expect(first.status == 0, "\(first.errors)")
    let expected = try linesWithoutSeconds(whole.url.appendingPathComponent("m.jsonl"))
    let total = try Data(contentsOf: whole.url.appendingPathComponent("m.jsonl")).count

    let checkpoint = killed.url.appendingPathComponent("c")
    var random = SplitMix64(seed: 7)
    var kills = 0
    for _ in 0..<5 {
      let resume = FileManager.default.fileExists(atPath: checkpoint.path) ? ["--resume", checkpoint.path] : []
      let wasKilled = try runAndKill(
        Self.options + Self.files(killed) + resume, metrics: killed.url.appendingPathComponent("m.jsonl"),
        beyond: Int(random.next() % UInt64(total)))
      kills += wasKilled ? 1 : 0
    }
    #expect(kills > 0)
    let last = try BenchProcess(
      Self.options + Self.files(killed)
        + (FileManager.default.fileExists(atPath: checkpoint.path) ? ["--resume", checkpoint.path] : []))
    #expect(last.status == 0, "\(last.errors)")
    #expect(try linesWithoutSeconds(killed.url.appendingPathComponent("m.jsonl")) == expected)
    for name in ["c", "best"] {
      let states = try [whole, killed].map { try SafeTensors(contentsOf: $0.url.appendingPathComponent(name)) }
      #expect(states[0].entries == states[1].entries, "\(name)")
    }
    // The report is the same too: the last run begins with its own header.
    let report = "\nclassification report"
    #expect(
      first.output.range(of: report).map { first.output[$0.lowerBound...] }
        == last.output.range(of: report).map { last.output[$0.lowerBound...] })
  }

  @Test func mayGoOnForMoreEpochs() throws {
    let folder = try TemporaryFolder()
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    let options = ["train", "--model", "n2", "--train-images", "64", "--test-images", "32"]
    #expect(
      try BenchProcess(options + ["--epochs", "4", "--best", path("b4"), "--checkpoint", path("c4")]).status == 0)
    #expect(try BenchProcess(options + ["--epochs", "2", "--checkpoint", path("c")]).status == 0)
    let longer = try BenchProcess(options + ["--epochs", "4", "--resume", path("c")])
    #expect(longer.status == 0, "\(longer.errors)")
    let states = try ["c4", "c"].map { try SafeTensors(contentsOf: folder.url.appendingPathComponent($0)) }
    #expect(states[0].entries == states[1].entries)
  }
}
