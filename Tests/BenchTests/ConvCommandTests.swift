import Foundation
import Kernels
import Testing

@testable import Bench
@testable import Layers

/// Figures of trainings that did not take place.
enum ConvFigures {
  static func epoch(seconds: Double, loss: Double) -> EpochResult {
    EpochResult(loss: loss, accuracy: 0.5, seconds: seconds, images: 100)
  }
  static func evaluation(accuracy: Double) -> EvaluationResult {
    EvaluationResult(loss: 1, accuracy: accuracy, seconds: 0.1, images: 50)
  }
}

@Suite struct ConvCommandTests {
  @Test func trainsOncePerBatchSize() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "conv", "--train-images", "64", "--test-images", "32", "--epochs", "2", "--batch-sizes", "4,32", "--threads=1",
      "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.errors.isEmpty, "progress is for terminals")
    #expect(process.output.contains("synthetic, 64 training and 32 test images"))
    let rows = process.output.split(separator: "\n").filter { $0.hasSuffix("MiB") }
    #expect(rows.count == 2)

    let json = try file.object()
    #expect(json["model"] as? String == "N1")
    #expect(json["parameters"] as? Int == 62006)
    #expect(json["train_images"] as? Int == 64)
    let machine = try #require(json["machine"] as? [String: Any])
    let peak = try #require(machine["peak_gflops"] as? Double)
    let records = try #require(json["rows"] as? [[String: Any]])
    #expect(records.map { $0["batch_size"] as? Int } == [4, 32])
    for record in records {
      let seconds = try #require(record["epoch_seconds"] as? [Double])
      let rate = try #require(record["images_per_second"] as? Double)
      let speed = try #require(record["gflops"] as? Double)
      #expect(seconds.count == 2 && seconds.allSatisfy { $0 > 0 })
      #expect(abs(rate * seconds.median / 64 - 1) < 1e-9)
      // 2 · 651,720 multiply-adds forward, as many for the weights' gradients, and for the inputs' gradients all but the
      // first convolution's 352,800.
      #expect(abs(speed / (rate * 3_204_720 / 1e9) - 1) < 1e-9)
      let share = try #require(record["peak_fraction"] as? Double)
      #expect(abs(share / (speed / peak) - 1) < 1e-9)
      #expect((record["test_accuracy"] as? [Double])?.allSatisfy { (0...1).contains($0) } == true)
      #expect((record["peak_rss_bytes"] as? Int ?? 0) > 1 << 20)
    }
  }

  @Test func learnsTheSyntheticShapes() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "conv", "--train-images", "4000", "--test-images", "500", "--epochs", "4", "--batch-size", "16", "--json",
      file.path)
    #expect(process.status == 0, "\(process.errors)")
    let row = try #require((file.object()["rows"] as? [[String: Any]])?.first)
    let accuracy = try #require((row["test_accuracy"] as? [Double])?.last)
    #expect(accuracy > 0.6, "guessing gives 0.1, a linear classifier 0.14")
  }

  @Test func takesNetworksOfTheCatalogueByName() throws {
    func options(_ name: String) throws -> SweepOptions? {
      guard
        case .run(let options, _) = try ConvCommand.options.parse(["--model", name], defaults: ConvCommand.defaults)
      else { return nil }
      return options
    }
    #expect(ConvCommand.defaults.model == "n1")
    #expect(try options("tutorial")?.model == "n1")
    #expect(try options("resnet-18")?.model == "resnet-18")
    #expect(throws: UsageError.self) { try options("resnet18") }
    #expect(throws: UsageError.self, "an autoencoder has no classes") { try options("n7") }
    #expect(Program.help(of: ConvCommand.self).contains("resnet-34"))
  }

  @Test func trainsTheNetworkAskedFor() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "conv", "--model", "n3-linear", "--train-images", "8", "--test-images", "8", "--epochs", "1", "--batch-size", "4",
      "--json", file.path)
    #expect(process.status == 0, "\(process.errors)")
    let json = try file.object()
    #expect(json["model"] as? String == "N3-LINEAR")
    #expect(json["parameters"] as? Int == 379_774)
  }

  @Test func savesFinishedRowsWhenInterrupted() throws {
    let file = TemporaryFile()
    let sizes = [String](repeating: "16", count: 2000).joined(separator: ",")
    let process = try BenchProcess(
      "conv", "--train-images", "256", "--test-images", "10", "--epochs", "1", "--batch-sizes", sizes, "--json",
      file.path, interruptAfter: "MiB\n")
    #expect(process.status == 130)
    #expect(process.errors.isEmpty)
    let printed = process.output.split(separator: "\n").count { $0.hasSuffix("MiB") }
    let saved = try #require(file.object()["rows"] as? [[String: Any]]).count
    #expect(printed == saved)
    #expect((1..<2000).contains(saved))
  }

  @Test(arguments: InstructionSet.allCases)
  func runsAtTheLevelAskedFor(_ level: InstructionSet) throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "conv", "--train-images", "8", "--test-images", "8", "--epochs", "1", "--batch-size", "4", "--isa",
      level.rawValue, "--json", file.path)
    if InstructionSet.available.contains(level) {
      #expect(process.status == 0)
      let machine = try #require(try file.object()["machine"] as? [String: Any])
      #expect(machine["isa"] as? String == level.rawValue)
    } else {
      #expect(process.status == 2)
      #expect(process.errors.hasPrefix("bench conv: this processor lacks \(level.rawValue)"))
    }
  }

  @Test(arguments: InstructionSet.available)
  func theEnvironmentCapsTheLevel(_ level: InstructionSet) throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "conv", "--train-images", "8", "--test-images", "8", "--epochs", "1", "--batch-size", "4", "--json", file.path,
      environment: ["KERNELS_ISA": level.rawValue])
    #expect(process.status == 0)
    let machine = try #require(try file.object()["machine"] as? [String: Any])
    #expect(machine["isa"] as? String == level.rawValue)
  }
}
