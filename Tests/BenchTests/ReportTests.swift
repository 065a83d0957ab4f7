import Foundation
import Layers
import Testing

@testable import Bench

@Suite struct TableTests {
  @Test func setsFiguresRightAndWordsLeft() {
    let table = Table(columns: [.text("kernel", width: 8), .figure("s"), .figure("GFLOP/s", width: 9)])
    #expect(table.header == "kernel    s    GFLOP/s\n--------  -  ---------")
    #expect(table.line(["gemm", "1", "12.5"]) == "gemm      1       12.5")
    #expect(table.line(["a long name", "1", "2"]) == "a long name  1          2")
    #expect(Table(columns: [.figure("a"), .text("word", width: 9)]).line(["1", "x"]) == "1  x")
  }

  @Test func formatsFigures() {
    #expect(Figure.fixed(1234.567, 1) == "1234.6")
    #expect(Figure.fixed(.nan, 3) == "nan")
    #expect(Figure.fixed(-.infinity, 3) == "-inf")
    #expect(Figure.percent(0.1234) == "12.3 %")
    #expect(Figure.duration(2.5e-6) == "2.50 µs")
    #expect(Figure.duration(0.0125) == "12.50 ms")
    #expect(Figure.duration(3) == "3.000 s")
    #expect(Figure.mebibytes(1_572_864) == "1.5 MiB")
  }

  @Test func findsTheQuartiles() {
    #expect([4.0, 1, 3, 2, 5].quartiles == (2, 4))
    #expect([1.0, 2].quartiles == (1.25, 1.75))
    #expect([7.0].quartiles == (7, 7))
    #expect([Double]().quartiles.lower.isNaN)
  }

  @Test func findsTheMedian() {
    #expect([3.0, 1, 2].median == 2)
    #expect([4.0, 1, 2, 3].median == 2.5)
    #expect([Double]().median.isNaN)
  }
}

@Suite struct JSONReportTests {
  private let machine = MachineReport(cpu: "a/b", isa: "avx2", threads: 2, peakGflops: 100, bandwidthGbs: 10)

  private func object(_ report: some Encodable) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: JSONFile.encode(report)) as? [String: Any])
  }

  @Test func convReportFollowsItsSchema() throws {
    var report = SweepReport(
      schema: ConvCommand.schema, machine: machine, model: "N1", parameters: 62006, data: "synthetic", trainImages: 100,
      testImages: 50, epochs: 3,
      optimizer: "sgd", learningRate: 0.001, seed: 7)
    let training = [0.4, 0.1, 0.2].map { ConvFigures.epoch(seconds: $0, loss: $0 == 0.2 ? .nan : 1.5) }
    let evaluation = [0.5, 0.6, 0.7].map { ConvFigures.evaluation(accuracy: $0) }
    report.rows.append(
      SweepRow(
        batchSize: 4, training: training, evaluation: evaluation, flopsPerImage: 3_000_000, peakGflops: 100,
        peakRssBytes: 4096))
    let json = try object(report)
    #expect(
      Set(json.keys) == [
        "schema", "machine", "model", "parameters", "data", "train_images", "test_images", "epochs", "optimizer",
        "learning_rate", "seed", "rows",
      ])
    #expect(json["schema"] as? String == "bench.conv/1")
    let machine = try #require(json["machine"] as? [String: Any])
    #expect(Set(machine.keys) == ["cpu", "isa", "threads", "peak_gflops", "bandwidth_gbs"])
    let row = try #require((json["rows"] as? [[String: Any]])?.first)
    #expect(
      Set(row.keys) == [
        "batch_size", "epoch_seconds", "images_per_second", "gflops", "peak_fraction", "train_loss", "test_loss",
        "train_accuracy", "test_accuracy", "peak_rss_bytes",
      ])
    #expect(row["epoch_seconds"] as? [Double] == [0.4, 0.1, 0.2])
    #expect(row["images_per_second"] as? Double == 500)
    #expect(row["gflops"] as? Double == 1.5)
    #expect(row["peak_fraction"] as? Double == 0.015)
    #expect(row["test_accuracy"] as? [Double] == [0.5, 0.6, 0.7])
    // A loss that is no number any more is null.
    #expect((row["train_loss"] as? [Any])?.last is NSNull)
  }

  @Test func kernelsReportFollowsItsSchema() throws {
    let row = KernelsRow(
      kernel: "conv2d", pass: "forward", shape: "mb4ic3ih32oc6kh5", algorithm: "pixels.avx2.6x2", isa: "avx2",
      threads: 1,
      samples: [5, 1, 2, 4, 3], work: Work(flops: 6e9, leastFlops: 4e9, bytes: 9e9), limitSeconds: 0.75,
      isVerified: true, verification: .checksum, isChosen: true, isWarm: false)
    let json = try object(KernelsReport(machine: machine, rows: [row]))
    #expect(Set(json.keys) == ["schema", "machine", "rows"])
    #expect(json["schema"] as? String == "bench.kernels/1")
    let record = try #require((json["rows"] as? [[String: Any]])?.first)
    #expect(
      Set(record.keys) == [
        "kernel", "pass", "shape", "algorithm", "isa", "threads", "median_seconds", "min_seconds",
        "lower_quartile_seconds", "upper_quartile_seconds", "samples", "gflops", "gbs", "limit_fraction", "verified",
        "verification", "chosen", "warm",
      ])
    #expect(record["median_seconds"] as? Double == 3)
    #expect(record["min_seconds"] as? Double == 1)
    #expect(record["lower_quartile_seconds"] as? Double == 2)
    #expect(record["upper_quartile_seconds"] as? Double == 4)
    #expect(record["samples"] as? Int == 5)
    #expect(record["gflops"] as? Double == 2)
    #expect(record["gbs"] as? Double == 3)
    #expect(record["limit_fraction"] as? Double == 0.25)
    #expect(record["verification"] as? String == "checksum")
    #expect(record["chosen"] as? Bool == true)
    #expect(record["warm"] as? Bool == false)
  }

  @Test func kernelsReportNamesTheWayOfARowThatHasSeveral() throws {
    let row = KernelsRow(
      kernel: "gemm", pass: "forward", shape: "m1n1k1", algorithm: "packed.avx2.6x2", path: "whole-a", isa: "avx2",
      threads: 1, samples: [1], work: Work(flops: 1, leastFlops: 1, bytes: 1), limitSeconds: 1, isVerified: true,
      verification: .exact, isChosen: true, isWarm: true)
    let json = try object(KernelsReport(machine: machine, rows: [row]))
    #expect((json["rows"] as? [[String: Any]])?.first?["path"] as? String == "whole-a")
    #expect(KernelsRow.table.line(row.cells).hasSuffix("whole-a  exact"))
  }

  @Test func refusesFilesThatCannotBeWritten() {
    #expect(throws: UsageError.self) { try JSONFile(path: "/nowhere/at/all.json") }
    #expect(throws: UsageError.self) { try JSONFile(path: NSTemporaryDirectory()) }
  }
}
