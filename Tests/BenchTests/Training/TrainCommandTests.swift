import Foundation
import Layers
import TestSupport
import Testing

@testable import Bench

/// The lines of a file, without the figures that are seconds.
func linesWithoutSeconds(_ file: URL) throws -> [String] {
  try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
    String($0).replacing(#/"[a-z_]*seconds":[^,}]*/#, with: #""seconds":0"#)
  }
}

@Suite struct TrainCommandTests {
  private let folder: TemporaryFolder
  private static let small = [
    "train", "--train-images", "64", "--test-images", "32", "--epochs", "2", "--threads", "1",
  ]

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  private func object(_ line: some StringProtocol) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func trainsReportsAndSaves() throws {
    let process = try BenchProcess(
      Self.small + [
        "--batch-size", "8", "--json", path("a.json"), "--metrics", path("a.jsonl"), "--metrics-every", "3",
        "--checkpoint", path("a.safetensors"), "--best", path("best.safetensors"), "--tensorboard", path("events"),
      ])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.errors.isEmpty, "progress is for terminals")
    for part in [
      "model      N1, 62006 parameters", "synthetic: 64 training images, the 32 test images validate",
      "classification report, test images", "confusion matrix, training images", "confusion matrix, test images",
      "weighted avg", "fc3 Linear",
    ] { #expect(process.output.contains(part), "\(part)") }

    let json = try object(String(contentsOfFile: path("a.json"), encoding: .utf8))
    #expect(json["schema"] as? String == "bench.train/1")
    #expect(json["stop"] as? String == "completed")
    #expect((json["epochs"] as? [[String: Any]])?.count == 2)
    let result = try #require(json["result"] as? [String: Any])
    for (part, count) in [("train_confusion", 64), ("test_confusion", 32)] {
      let matrix = try #require(result[part] as? [[Int]])
      #expect(matrix.count == 10 && matrix.joined().reduce(0, +) == count)
    }

    let lines = try String(contentsOfFile: path("a.jsonl"), encoding: .utf8).split(separator: "\n")
    let events = try lines.map { try object($0) }
    #expect(
      events.map { $0["event"] as? String } == [
        "run", "step", "step", "epoch", "step", "step", "step", "epoch", "end",
      ])
    #expect(events.dropFirst().map { $0["step"] as? Int } == [3, 6, 8, 9, 12, 15, 16, 16])
    #expect(events[0]["schema"] as? String == "bench.metrics/1")
    #expect(events[0]["updates_per_epoch"] as? Int == 8)
    let epoch = try #require(json["epochs"] as? [[String: Any]])[1]
    for name in ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"] {
      #expect(events[7][name] as? Double == epoch[name] as? Double)
    }
    #expect(events[8]["test_loss"] as? Double == result["test_loss"] as? Double)

    #expect(EventFolder.eventFiles(path("events")).count == 1)
    let best = try Model(checkpoint: URL(fileURLWithPath: path("best.safetensors")))
    #expect(best.modelDescription?.id == "n1")
    #expect(
      try Model(checkpoint: URL(fileURLWithPath: path("a.safetensors"))).modelDescription == best.modelDescription)
  }

  /// A line of a step has the mean loss of the images since the line before.
  @Test func linesOfStepsAddUpToTheEpoch() throws {
    let process = try BenchProcess(
      Self.small + ["--batch-size", "10", "--metrics", path("a.jsonl"), "--metrics-every", "1"])
    #expect(process.status == 0, "\(process.errors)")
    let events = try String(contentsOfFile: path("a.jsonl"), encoding: .utf8).split(separator: "\n").map {
      try object($0)
    }
    let losses = events.filter { $0["event"] as? String == "step" && $0["epoch"] as? Int == 2 }
      .compactMap { $0["loss"] as? Double }
    try #require(losses.count == 7)
    let mean = zip(losses, [10, 10, 10, 10, 10, 10, 4]).reduce(0) { $0 + $1.0 * $1.1 } / 64
    let epoch = try #require(events.last { $0["event"] as? String == "epoch" }?["train_loss"] as? Double)
    #expect(abs(mean - epoch) < 1e-9)
  }

  @Test func trainsAutoencodersAndOptionsOfANetwork() throws {
    let autoencoder = try BenchProcess(
      Self.small + ["--model", "n7", "--input-augmentation", "noise:0.3", "--metrics", path("a.jsonl")])
    #expect(autoencoder.status == 0, "\(autoencoder.errors)")
    #expect(autoencoder.output.contains("loss mean-squared-error"))
    #expect(!autoencoder.output.contains("confusion") && !autoencoder.output.contains("acc"))
    #expect(try !String(contentsOfFile: path("a.jsonl"), encoding: .utf8).contains("accuracy"))

    let classifier = try BenchProcess(
      Self.small + ["--model", "n6", "--model-option", "dropout=0.1", "--classes", "1,3,5", "--best", path("b")])
    #expect(classifier.status == 0, "\(classifier.errors)")
    let model = try Model(checkpoint: URL(fileURLWithPath: path("b")))
    #expect(model.modelDescription?.classCount == 3)
    #expect(model.modelDescription?.options["dropout"] == 0.1)
  }

  @Test func stopsEarlyWithTheBestEpochsWeights() throws {
    let process = try BenchProcess(
      Self.small + [
        "--epochs", "30", "--learning-rate", "0.05", "--early-stopping", "1", "--json", path("a.json"), "--best",
        path("best"),
      ])
    #expect(process.status == 0, "\(process.errors)")
    let json = try object(String(contentsOfFile: path("a.json"), encoding: .utf8))
    #expect(json["stop"] as? String == "early-stopping")
    let epochs = try #require(json["epochs"] as? [[String: Any]])
    let best = try #require(json["best_epoch"] as? Int)
    #expect(epochs.count == best + 2)
    // Validation is on the test images, so that the result is the best epoch's.
    let result = try #require(json["result"] as? [String: Any])
    #expect(result["test_loss"] as? Double == epochs[best - 1]["validation_loss"] as? Double)
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func savesWhenItIsInterruptedAndSaysHowToGoOn(_ signal: Int32, _ status: Int32) throws {
    let options = [
      "train", "--train-images", "500", "--test-images", "20", "--epochs", "100000", "--threads", "1", "--checkpoint",
      path("a.safetensors"), "--json", path("a.json"),
    ]
    let process = try BenchProcess(options, interruptAfter: "\n    2 ", signal: signal)
    #expect(process.status == status)
    #expect(process.errors.isEmpty)
    #expect(process.output.contains("the state is saved in \(path("a.safetensors"))"))
    let command = try #require(process.output.split(separator: "\n").first { $0.hasPrefix("to go on:  ") })
    #expect(
      command.hasSuffix(" train " + options.dropFirst().joined(separator: " ") + " --resume " + path("a.safetensors")))
    #expect(try object(String(contentsOfFile: path("a.json"), encoding: .utf8))["stop"] as? String == "interrupted")
    let again = try BenchProcess(
      options + ["--resume", path("a.safetensors")], interruptAfter: "going on", signal: signal)
    #expect(again.status == status, "\(again.errors)")
  }

  @Test func doesNotOverwriteAnEarlierTraining() throws {
    let options = Self.small + ["--model", "n2"]
    #expect(try BenchProcess(options + ["--checkpoint", path("a"), "--metrics", path("m")]).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: path("a")))
    for (option, file) in [("--checkpoint", "a"), ("--best", "a"), ("--metrics", "m")] {
      let process = try BenchProcess(options + [option, path(file)])
      #expect(process.status == 2)
      #expect(
        process.errors
          == "bench train: \(option) is '\(path(file))', which exists; expected a new file, or --resume to go "
          + "on with a training\n")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path("a"))) == before)
  }

  @Test func refusesCheckpointsOfOtherTrainings() throws {
    let options = Self.small + ["--model", "n2"]
    #expect(try BenchProcess(options + ["--checkpoint", path("a"), "--best", path("model")]).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: path("a")))
    for (more, message) in [
      (["--model", "n3"], "a checkpoint of another training: --model is n2 there and n3 here"),
      (["--batch-size", "4"], "a checkpoint of another training: --batch-size is 32 there and 4 here"),
      (["--schedule", "cosine"], "a checkpoint of another training: --schedule is constant there and cosine here"),
      (["--train-images", "65"], "a checkpoint of another training: --train-images is 64 there and 65 here"),
    ] {
      let process = try BenchProcess(options + more + ["--resume", path("a")])
      #expect(process.status == 2)
      #expect(process.errors == "bench train: --resume is '\(path("a"))', \(message)\n")
      #expect(process.output.isEmpty)
    }
    let model = try BenchProcess(options + ["--resume", path("model")])
    #expect(model.status == 2)
    #expect(model.errors.contains("there is no state of a training in it"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path("a"))) == before)
  }

  @Test(arguments: [
    ("--checkpoint", "a folder; expected a file"), ("--best", "a folder; expected a file"),
    ("--metrics", "a folder; expected a file"), ("--json", "a folder; expected a file"),
    ("--resume", "a folder; expected a checkpoint of bench train"),
  ])
  func refusesAFolderInPlaceOfAFile(_ option: String, _ message: String) throws {
    let process = try BenchProcess(Self.small + [option, folder.url.path])
    #expect(process.status == 2)
    #expect(process.errors == "bench train: \(option) is '\(folder.url.path)', \(message)\n")
    #expect(process.output.isEmpty)
  }

  @Test func refusesFilesThatAreNone() throws {
    let text = try folder.write(Array("a letter\n".utf8), to: "letter").path
    for (arguments, message) in [
      (
        ["--resume", path("none")],
        "--resume is '\(path("none"))', which does not exist; expected a checkpoint of bench train"
      ),
      (["--tensorboard", text], "--tensorboard is '\(text)', a file; expected a folder"),
      (
        ["--metrics", text],
        "--metrics is '\(text)', which exists; expected a new file, or --resume to go on with a training"
      ),
      (
        ["--checkpoint", path("x"), "--best", path("x")],
        "--best is '\(path("x"))', as is --checkpoint; expected a file of its own"
      ),
      (["--classes", "1,1"], "--classes is '1,1'; expected numbers from 0 to 9, each at most once"),
      (["--model-option", "dropout"], "--model-option is 'dropout'; expected a name, '=' and a number"),
      (["--model-option", "width=2"], "model n1: option 'width' is 2.0; expected none"),
    ] {
      let process = try BenchProcess(Self.small + arguments)
      #expect(process.status == 2)
      #expect(process.errors == "bench train: \(message)\n")
    }
    #expect(try String(contentsOfFile: text, encoding: .utf8) == "a letter\n")
  }

  #if os(Linux)
    /// /dev/full takes nothing, as a full disk.
    @Test(arguments: ["--checkpoint", "--best", "--metrics", "--json"])
    func reportsAFullDisk(_ option: String) throws {
      let process = try BenchProcess(Self.small + [option, "/dev/full"])
      #expect(process.status == 2)
      #expect(
        process.errors == "bench train: \(option) is '/dev/full', which cannot be written: No space left on device\n")
    }

    @Test func aFullDiskLosesNothingOfTheTraining() throws {
      let process = try BenchProcess(Self.small + ["--best", "/dev/full", "--checkpoint", path("a")])
      #expect(process.status == 2)
      #expect(
        process.errors
          == "bench train: --best is '/dev/full', which cannot be written: No space left on device; the state "
          + "of the training is saved, --resume \(path("a")) goes on from it\n")
      let again = try BenchProcess(Self.small + ["--resume", path("a")])
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output.contains("epoch 2, update 3"))
    }

    @Test func leavesNothingOfATrainingThatCouldNotBegin() throws {
      let process = try BenchProcess(Self.small + ["--metrics", "/dev/full", "--checkpoint", path("a")])
      #expect(process.status == 2)
      #expect(!FileManager.default.fileExists(atPath: path("a")))
    }
  #endif
}
