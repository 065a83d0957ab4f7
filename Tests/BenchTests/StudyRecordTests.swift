import Foundation
import Layers
import Testing

@testable import Bench

/// Lines of trainings that did not take place.
enum RecordLines {
  static func start(_ setting: String, seed: UInt64 = 1) -> StudyRecordLine {
    .start(
      RunStart(
        schema: RunStart.schema, study: "made-up", setting: setting, seed: seed, isQuick: false,
        stages: [
          StageDescription(
            model: "n1", parameters: 62_006, summary: "layers", data: DataRequest(), recipe: Recipe(),
            trainingImages: 100,
            validationImages: 50, testImages: 50, validatesOnTest: true, classNames: ["a", "b"], inheritedPrefix: nil)
        ], cpu: "a processor", isa: "avx2", threads: 1, version: "1.0.0", command: "bench study made-up",
        date: "2026-01-01T00:00:00Z"))
  }

  static func epoch(_ setting: String, _ number: Int, loss: Double, seed: UInt64 = 1) -> StudyRecordLine {
    .epoch(
      RunEpoch(
        setting: setting, seed: seed, stage: 0,
        epoch: EpochRecord(
          epoch: number, learningRate: 0.1, training: ConvFigures.epoch(seconds: 1, loss: loss),
          validation: ConvFigures.evaluation(accuracy: 0.5))))
  }

  static func result(_ setting: String, accuracy: Double, seed: UInt64 = 1) -> StudyRecordLine {
    .result(
      StageResult(
        setting: setting, seed: seed, stage: 0, test: ConvFigures.evaluation(accuracy: accuracy),
        training: ConvFigures.evaluation(accuracy: 0.9), testConfusion: [[20, 5], [5, 20]],
        trainingConfusion: [[45, 5], [5, 45]], seconds: 2, weights: String(repeating: "a", count: 64), filters: nil,
        mistakes: nil))
  }
}

@Suite struct StudyRecordTests {
  private func data(_ lines: [StudyRecordLine]) throws -> Data {
    try lines.reduce(into: Data()) { $0 += try StudyRecord.encoder.encode($1) + Data("\n".utf8) }
  }

  @Test func putsRunsTogetherFromTheirLines() throws {
    let text = try data([
      RecordLines.start("a"), RecordLines.epoch("a", 1, loss: 2), RecordLines.start("b"),
      RecordLines.epoch("b", 1, loss: 3), RecordLines.epoch("a", 2, loss: 1), RecordLines.result("a", accuracy: 0.8),
    ])
    let record = try StudyRecord(study: "made-up", contentsOf: text, file: "f")
    #expect(record.runs.count == 2)
    let a = try #require(record.runs(of: "a").first)
    #expect(a.lastEpochs.map(\.training.loss) == [2, 1])
    #expect(a.value(of: .testAccuracy) == 0.8)
    #expect(a.value(of: .accuracyGap).map { abs($0 - -0.3) < 1 } == true)
    #expect(record.runs(of: "b").isEmpty, "it is not finished")
  }

  @Test func whatALaterLineSaysCounts() throws {
    let text = try data([
      RecordLines.start("a"), RecordLines.epoch("a", 1, loss: 2), RecordLines.epoch("a", 2, loss: 5),
      RecordLines.start("a"), RecordLines.epoch("a", 2, loss: 1), RecordLines.result("a", accuracy: 0.7),
      RecordLines.result("a", accuracy: 0.8),
    ])
    let record = try StudyRecord(study: "made-up", contentsOf: text, file: "f")
    #expect(record.runs.count == 1)
    #expect(record.runs[0].lastEpochs.map(\.training.loss) == [2, 1])
    #expect(record.runs[0].result?.test.accuracy == 0.8)
  }

  @Test func aRunsLinesGiveTheRun() throws {
    let lines = [
      RecordLines.start("a"), RecordLines.epoch("a", 1, loss: .nan), RecordLines.epoch("a", 2, loss: .infinity),
      RecordLines.result("a", accuracy: 0.1),
    ]
    let record = try StudyRecord(study: "made-up", contentsOf: data(lines), file: "f")
    #expect(try data(record.runs[0].lines) == data(lines))
  }

  @Test func aLineThatWasCutOffIsLeftOutAndOthersAreRefused() throws {
    let whole = try data([RecordLines.start("a"), RecordLines.epoch("a", 1, loss: 2)])
    let record = try StudyRecord(study: "made-up", contentsOf: whole + Data(#"{"record":"epo"#.utf8), file: "f")
    #expect(record.runs[0].lastEpochs.count == 1)
    #expect {
      try StudyRecord(study: "made-up", contentsOf: whole + Data("no JSON\n".utf8), file: "some.jsonl")
    } throws: {
      "\($0)".hasPrefix("some.jsonl, line 3,")
    }
  }

  @Test func appendingCutsOffWhatAKilledProcessLeft() throws {
    let file = TemporaryFile()
    let whole = try data([RecordLines.start("a"), RecordLines.epoch("a", 1, loss: 2)])
    try (whole + Data(#"{"record":"epo"#.utf8)).write(to: file.url)
    let record = try RecordFile(path: file.path)
    try record.append(RecordLines.result("a", accuracy: 0.8))
    #expect(try Data(contentsOf: file.url) == whole + data([RecordLines.result("a", accuracy: 0.8)]))
  }

  @Test func aFullDiskIsReported() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let record = try RecordFile(path: "/dev/full")
    #expect {
      try record.append(RecordLines.start("a"))
    } throws: {
      "\($0)".contains("/dev/full")
    }
    #expect(throws: UsageError.self) { try RecordFile(path: "/dev/null/folder/file.jsonl") }
  }

  @Test(arguments: 1...7)
  func shardsTakeEachRunOnce(_ count: Int) {
    for position in 0..<50 {
      #expect((1...count).count { Shard(index: $0, count: count).takes(position) } == 1)
    }
  }

  @Test func schedulersNameTheShard() throws {
    #expect(try Shard.fromEnvironment([:]) == .whole)
    let slurm = ["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8"]
    #expect(try Shard.fromEnvironment(slurm) == Shard(index: 4, count: 8))
    let fromOne = slurm.merging(["SLURM_ARRAY_TASK_MIN": "1"]) { $1 }
    #expect(try Shard.fromEnvironment(fromOne) == Shard(index: 3, count: 8))
    let kubernetes = ["JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "5"]
    #expect(try Shard.fromEnvironment(kubernetes) == Shard(index: 1, count: 5))
    for wrong in [
      ["SLURM_ARRAY_TASK_ID": "3"], ["SLURM_ARRAY_TASK_ID": "8", "SLURM_ARRAY_TASK_COUNT": "8"],
      ["JOB_COMPLETION_INDEX": "0"], ["JOB_COMPLETION_INDEX": "x", "JOB_COMPLETIONS": "5"],
    ] {
      #expect(throws: UsageError.self) { try Shard.fromEnvironment(wrong) }
    }
  }

  @Test func hashesAreThoseOfTheSystem() throws {
    // FIPS 180-2, appendix B.1.
    #expect(
      try WeightsHash.sha256(Data("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
