import Foundation
import Layers
import Testing

@testable import Bench

@Suite struct SweepTests {
  private func row(_ accuracies: [Double], target: Double?) -> SweepRow {
    SweepRow(
      batchSize: 4, training: accuracies.indices.map { ConvFigures.epoch(seconds: Double($0 + 1), loss: 1) },
      evaluation: accuracies.map { ConvFigures.evaluation(accuracy: $0) }, flopsPerImage: 1, peakGflops: 1,
      peakRssBytes: 1, target: target)
  }

  private func fields(_ row: SweepRow) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: JSONFile.encode(row)) as? [String: Any])
  }

  @Test func countsTheSecondsOfTrainingUntilTheTargetWasFirstReached() throws {
    let reached = try fields(row([0.2, 0.6, 0.5, 0.7], target: 0.6))
    #expect(reached["seconds_to_target"] as? Double == 3)
    #expect(reached["epochs_to_target"] as? Int == 2)
    let atOnce = try fields(row([0.2], target: 0))
    #expect(atOnce["seconds_to_target"] as? Double == 1)
  }

  @Test func aTargetThatWasNotReachedIsNull() throws {
    let row = row([0.2, 0.6], target: 0.61)
    let fields = try fields(row)
    #expect(fields["seconds_to_target"] is NSNull)
    #expect(fields["epochs_to_target"] is NSNull)
    let table = SweepRow.table(target: 0.61)
    #expect(table.header.contains("s to 61.0 %"))
    #expect(table.line(row.cells).split(separator: " ").suffix(3).first == "-")
  }

  @Test func withoutATargetThereIsNoColumn() throws {
    let row = row([0.2, 0.6], target: nil)
    #expect(try fields(row)["seconds_to_target"] == nil)
    #expect(row.cells.count == 11 && SweepRow.table().columns.count == 11)
  }

  @Test(arguments: ["conv", "mlp"])
  func printsAndWritesTheTimeToATarget(_ command: String) throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      command, "--train-images", "32", "--test-images", "16", "--epochs", "2", "--batch-sizes", "4,8",
      "--target-accuracy", "0", "--threads=1", "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("s to 0.0 %"))
    let json = try file.object()
    #expect(json["schema"] as? String == "bench.\(command)/1")
    #expect(json["target_accuracy"] as? Double == 0)
    for row in try #require(json["rows"] as? [[String: Any]]) {
      #expect(row["seconds_to_target"] as? Double == (row["epoch_seconds"] as? [Double])?.first)
      #expect(row["epochs_to_target"] as? Int == 1)
    }
  }

  @Test func trainsTheFullyConnectedNetworks() throws {
    #expect(
      Set(MLPCommand.models.map(\.id.rawValue)).isSuperset(of: [
        "n2", "n3", "n3-linear", "n4-relu-1", "n4-sigmoid-3", "n5",
      ]))
    #expect(MLPCommand.models.count == 13)
    let file = TemporaryFile()
    let process = try BenchProcess(
      "mlp", "--train-images", "16", "--test-images", "8", "--epochs", "1", "--batch-size", "8", "--optimizer",
      "rmsprop",
      "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(try file.object()["model"] as? String == "N3")
    #expect(try file.object()["optimizer"] as? String == "rmsprop")
    let wrong = try BenchProcess("mlp", "--model", "n1")
    #expect(wrong.status == 2)
    #expect(wrong.errors.hasPrefix("bench mlp: --model is 'n1'; expected one of n2, n3,"))
    #expect(try BenchProcess("conv", "--target-accuracy", "1.5").status == 2)
  }

  @Test func terminationSavesFinishedRows() throws {
    let file = TemporaryFile()
    let sizes = [String](repeating: "16", count: 2000).joined(separator: ",")
    let process = try BenchProcess(
      [
        "mlp", "--train-images", "256", "--test-images", "10", "--epochs", "1", "--batch-sizes", sizes, "--json",
        file.path,
      ], interruptAfter: "MiB\n", signal: SIGTERM)
    #expect(process.status == 143)
    let saved = try #require(file.object()["rows"] as? [[String: Any]]).count
    #expect(process.output.split(separator: "\n").count { $0.hasSuffix("MiB") } == saved)
  }
}
