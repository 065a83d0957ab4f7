import Foundation
import Testing

@testable import Bench

/// `--against` of the commands that train, with comparisons whose end does not depend on times: nothing that is not
/// twice as slow counts.
@Suite struct TrainingComparisonTests {
  private static let small = ["--train-images", "20", "--test-images", "10", "--threads=1"]
  private static let short = ["--budget", "1", "--smallest-change", "99"]

  private func against(_ arguments: [String], _ old: String? = nil) throws -> BenchProcess {
    let this = try #require(BenchProcess.executable).path
    return try BenchProcess(arguments + Self.small + Self.short + ["--against", old ?? this])
  }

  private func caseNames(_ file: TemporaryFile) throws -> [String] {
    let report = try file.object()
    #expect(report["schema"] as? String == "benchmarking.comparison/1")
    let cases = try #require(report["cases"] as? [[String: Any]])
    return cases.compactMap { $0["name"] as? String }
  }

  @Test(
    "a program is not slower than itself, in a step of each training and a batch of the evaluation",
    arguments: [
      (["conv", "--batch-sizes", "4,8,4"], ["train n1 batch 4", "train n1 batch 8", "evaluate n1 batch 10"]),
      (["mlp", "--batch-sizes", "8"], ["train n3 batch 8", "evaluate n3 batch 10"]),
      (
        ["train", "--batch-size", "8", "--augmentation", "crop:4,flip", "--mixing", "mixup", "--optimizer", "sgd"],
        ["train n1 batch 8", "evaluate n1 batch 10"]
      ),
      (["train", "--model", "n8"], ["train n8 batch 32", "evaluate n8 batch 10"]),
    ])
  func itself(_ arguments: [String], _ names: [String]) throws {
    let (json, markdown) = (TemporaryFile(), TemporaryFile())
    let outcome = try against(arguments + ["--json", json.path, "--markdown", markdown.path])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty, "progress is for terminals")
    #expect(try caseNames(json) == names)
    let table = try String(contentsOf: markdown.url, encoding: .utf8)
    for name in names {
      #expect(outcome.output.contains(name))
      #expect(table.contains(name))
    }
  }

  @Test("a step that the new program lacks fails the comparison", arguments: ["conv", "train"])
  func lost(_ command: String) throws {
    try ServingProgram.withFolder { folder in
      let json = TemporaryFile()
      let old = try ServingProgram.serving("train n1 batch 9", in: folder)
      let outcome = try against([command, "--batch-size", "8", "--json", json.path], old)
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(outcome.output.contains("lost"))
      #expect(try caseNames(json) == ["train n1 batch 9", "train n1 batch 8", "evaluate n1 batch 10"])
    }
  }

  @Test("a version without comparisons is refused in one line that says so", arguments: ["conv", "mlp", "train"])
  func olderVersion(_ command: String) throws {
    try ServingProgram.withFolder { folder in
      let old = try ServingProgram.refusing("bench: unknown option '--worker'; expected one of --model", in: folder)
      let outcome = try against([command], old)
      #expect(outcome.status == 2)
      #expect(outcome.output.isEmpty)
      #expect(
        outcome.errors
          == "bench \(command): --against is '\(old)', which cannot be compared: its '\(command)' has no --worker\n")
    }
  }

  @Test("what a version says of a command line that it refuses is in the error")
  func otherRefusal() throws {
    try ServingProgram.withFolder { folder in
      let old = try ServingProgram.refusing("bench conv: --model is 'n1'; expected n0", in: folder)
      let outcome = try against(["conv"], old)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("it says 'bench conv: --model is 'n1'; expected n0'"))
      #expect(outcome.errors.split(whereSeparator: \.isNewline).count == 1, "\(outcome.errors)")
    }
  }

  @Test(
    "what means nothing in a comparison is refused",
    arguments: [
      ["conv", "--epochs", "2"], ["mlp", "--target-accuracy", "0.5"], ["train", "--checkpoint", "c"],
      ["train", "--checkpoint-updates", "3"], ["train", "--resume", "c"], ["train", "--best", "c"],
      ["train", "--metrics", "c"], ["train", "--metrics-every", "3"], ["train", "--tensorboard", "c"],
    ])
  func refused(_ arguments: [String]) throws {
    for (role, words) in [("--against", ["--against", "/bin/true"]), ("--worker", ["--worker"])] {
      let outcome = try BenchProcess(arguments + words)
      #expect(outcome.status == 2)
      #expect(
        outcome.errors == "bench \(arguments[0]): \(arguments[1]) is given with \(role), where it means nothing; "
          + "expected one of them\n")
    }
  }

  @Test("options of a comparison are refused without one", arguments: ["conv", "mlp", "train"])
  func options(_ command: String) throws {
    for option in [["--markdown", "/dev/null"], ["--budget", "5"], ["--smallest-change", "2"]] {
      let outcome = try BenchProcess([command] + option)
      #expect(outcome.status == 2)
      #expect(outcome.errors == "bench \(command): \(option[0]) is given without --against; expected both\n")
    }
    let both = try BenchProcess([command, "--worker", "--against", "main"])
    #expect(both.status == 2)
    #expect(both.errors == "bench \(command): --against is given with --worker; expected one of them\n")
  }

  @Test("wrong options are refused as without a comparison")
  func wrongOptions() throws {
    let outcome = try BenchProcess(["conv", "--momentum", "0.9", "--against", "main"])
    #expect(outcome.status == 2)
    #expect(outcome.errors == "bench conv: --momentum is for --optimizer sgd, rmsprop or muon, not adam\n")
  }

  @Test("a worker times the cases that it lists")
  func worker() throws {
    let requests = Pipe()
    try requests.fileHandleForWriting.write(
      contentsOf: Data("list\ntime train n1 batch 8 5\ntime evaluate n1 batch 10 2\ntime train n1 batch 9 1\n".utf8))
    try requests.fileHandleForWriting.close()
    let worker = try BenchProcess(
      ["conv", "--batch-size", "8", "--worker"] + Self.small, input: requests.fileHandleForReading)
    #expect(worker.status == 0, "\(worker.errors)")
    let lines = worker.output.split(separator: "\n").map(String.init)
    #expect(lines.prefix(4) == ["benchmark-worker 1", "cases 2", "train n1 batch 8", "evaluate n1 batch 10"])
    try #require(lines.count == 7)
    for line in lines[4...5] { #expect(line.split(separator: " ").count == 3 && line.hasPrefix("ok ")) }
    #expect(lines[6] == "error no case 'train n1 batch 9'")
  }

  @Test("Ctrl-C is left to the program that compares: its workers go on until it ends them")
  func interrupt() throws {
    let executable = try #require(BenchProcess.executable)
    let worker = Process()
    let (requests, answers) = (Pipe(), Pipe())
    worker.executableURL = executable
    worker.arguments = ["conv", "--batch-size", "8", "--worker"] + Self.small
    worker.standardInput = requests
    worker.standardOutput = answers
    try worker.run()
    #expect(String(decoding: answers.fileHandleForReading.availableData, as: UTF8.self) == "benchmark-worker 1\n")
    kill(worker.processIdentifier, SIGINT)
    try requests.fileHandleForWriting.write(contentsOf: Data("list\n".utf8))
    #expect(String(decoding: answers.fileHandleForReading.availableData, as: UTF8.self).hasPrefix("cases 2\n"))
    try requests.fileHandleForWriting.close()
    worker.waitUntilExit()
    #expect(worker.terminationReason == .exit && worker.terminationStatus == 0)
  }

  @Test("the other program gets what was given, and no more")
  func workerArguments() throws {
    let line = [
      "--model", "n3", "--classes", "1,2", "--batch-size=8", "--batch-size=32", "--nesterov", "--optimizer", "sgd",
      "--against", "main", "--budget", "3", "--smallest-change", "2", "--markdown", "m", "--json", "j", "--threads",
      "2",
      "--seed", "7",
    ]
    guard case .run(let options, _) = try TrainCommand.options.parse(line, defaults: TrainCommand.defaults) else {
      Issue.record("help was not asked for")
      return
    }
    #expect(
      InterleavedComparison<TrainCommand>(options: options).workerArguments == [
        "train", "--model=n3", "--classes=1,2", "--optimizer=sgd", "--nesterov", "--seed=7", "--threads=2", "--worker",
      ])
  }
}
