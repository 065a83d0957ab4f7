import Foundation
import Layers
import TestSupport
import Testing

@testable import Bench

@Suite struct PredictCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  private static let data = ["--data", "synthetic", "--images", "96"]

  /// Trains N1 on a few synthetic images; returns the checkpoint and the report.
  private func train(_ name: String = "n1", _ more: [String] = []) throws -> (checkpoint: String, report: [String: Any])
  {
    let process = try BenchProcess(
      ["train", "--train-images", "64", "--test-images", "96", "--epochs", "2", "--threads", "1", "--batch-size", "8"]
        + ["--checkpoint", path("\(name).safetensors"), "--json", path("train.json")] + more)
    #expect(process.status == 0, "\(process.errors)")
    let content = try Data(contentsOf: URL(fileURLWithPath: path("train.json")))
    return (path("\(name).safetensors"), try #require(JSONSerialization.jsonObject(with: content) as? [String: Any]))
  }

  /// The test images as files, each in a folder of its class's name.
  private func writeImages(_ count: Int) throws -> [Image] {
    let set = SyntheticImages.make(count: count, seed: 1, split: .test)
    return try (0..<count).map { i in
      let image = try Image(set.image(at: i))
      let header = Array("P6 32 32 255\n".utf8)
      try folder.write(header + image.samples, to: "images/\(set.classNames[set.label(at: i)])/\(100 + i).ppm")
      return image
    }
  }

  private func lines(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  @Test func theReportIsThatOfTheTraining() throws {
    for (name, average) in [("plain", []), ("average", ["--average", "ema:0.9"])] {
      let (checkpoint, report) = try train(name, average)
      let result = try #require(report["result"] as? [String: Any])
      let matrix = try #require(result["test_confusion"] as? [[Int]])
      let correct = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
      let process = try BenchProcess(["predict", checkpoint, "--report", "--out", path("a.csv")] + Self.data)
      #expect(process.status == 0, "\(process.errors)")
      #expect(process.output.hasPrefix("96 images, accuracy \(Figure.percent(Double(correct) / 96))\n"))
      #expect(process.output.contains("weighted avg") && process.output.contains("confusion matrix"))
      // The file has the same predictions.
      let rows = lines(try String(contentsOfFile: path("a.csv"), encoding: .utf8))
      #expect(rows.count == 97)
      #expect(rows[0].prefix(4) == ["image", "label", "class_1", "probability_1"] && rows[0].count == 12)
      #expect(rows.dropFirst().count { $0[1] == $0[2] } == correct)
      #expect(rows[1][0] == "test/0" && rows[96][0] == "test/95")
    }
  }

  @Test func filesFoldersAndStandardInputAgreeWithTheDataSet() throws {
    let (checkpoint, _) = try train()
    let images = try writeImages(20)
    let expected = try BenchProcess(
      ["predict", checkpoint, "--data", "synthetic", "--images", "20", "--format", "jsonl", "--top", "3"])
    func classes(_ line: some StringProtocol) throws -> String {
      String(try #require(line.split(separator: "\"classes\":").last))
    }
    let wanted = try expected.output.split(separator: "\n").map { try classes($0) }
    #expect(wanted.count == 20)

    // Whole numbers of 0 to 255 lose nothing of a data set's bytes.
    let found = try BenchProcess(["predict", checkpoint, path("images"), "--format", "jsonl", "--top", "3"])
    #expect(found.status == 0, "\(found.errors)")
    let labels = SyntheticImages.make(count: 20, seed: 1, split: .test)
    for line in found.output.split(separator: "\n") {
      let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let name = try #require(object["image"] as? String)
      let number = try #require(Int(URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent)) - 100
      #expect(object["label"] as? String == labels.classNames[labels.label(at: number)])
      #expect(try classes(line) == wanted[number], "\(name)")
      #expect((object["classes"] as? [[String: Any]])?.count == 3)
    }
    #expect(found.output.split(separator: "\n").count == 20)

    let file = try folder.write(Array("P6 32 32 255\n".utf8) + images[7].samples, to: "one.ppm")
    let piped = try BenchProcess(
      ["predict", checkpoint, "-", "--format", "jsonl", "--top", "3"], input: FileHandle(forReadingFrom: file))
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(piped.output.hasPrefix("{\"image\":\"-\",\"classes\":"))
    #expect(try classes(piped.output.dropLast()) == wanted[7])

    let report = try BenchProcess(["predict", checkpoint, path("images"), "--report"])
    #expect(report.output.hasPrefix("20 images, accuracy "))
  }

  @Test func theBatchSizeChangesNothing() throws {
    let (checkpoint, _) = try train()
    let outputs = try [1, 7, 64].map {
      try BenchProcess(["predict", checkpoint, "--batch-size", "\($0)"] + Self.data).output
    }
    #expect(outputs[0] == outputs[1] && outputs[1] == outputs[2] && lines(outputs[0]).count == 97)
  }

  @Test func anImageThatCannotBeReadIsNamedAndTheOthersArePredicted() throws {
    let (checkpoint, _) = try train()
    _ = try writeImages(3)
    try folder.write(Array("P6 32 32 255\nshort".utf8), to: "images/bad, \"one\".ppm")
    let process = try BenchProcess(["predict", checkpoint, path("images"), path("nowhere.png")])
    #expect(process.status == 2)
    #expect(lines(process.output).count == 4)
    let complaints = process.errors.split(separator: "\n")
    #expect(complaints.count == 2)
    #expect(
      complaints.contains { $0.contains("bad, \"one\".ppm") } && complaints.contains { $0.contains("nowhere.png") })
  }

  @Test func complainsInOneLine() throws {
    let (checkpoint, _) = try train()
    _ = try writeImages(2)
    try folder.write(Array("no checkpoint".utf8), to: "text")
    let encoder = try BenchProcess(
      ["train", "--model", "n8", "--data", "fashion-mnist", "--data-dir"]
        + [SmallDataSets.writeIDX(count: 20, to: "fashion", of: folder).path]
        + ["--epochs", "1", "--batch-size", "10", "--checkpoint", path("n8.safetensors")])
    #expect(encoder.status == 0, "\(encoder.errors)")
    let cases: [(arguments: [String], message: String)] = [
      ([], "no checkpoint; expected"), ([path("nothing")], "no images; expected"),
      ([path("nothing"), "a.png"], "nothing', which does not exist; expected a safetensors file"),
      ([folder.url.path, "a.png"], "a folder; expected a safetensors file"),
      ([path("text"), "a.png"], "text"), ([checkpoint, "a.png", "--part", "train"], "--part is for images of --data"),
      ([checkpoint, "a.png"] + Self.data, "'a.png' besides --data"),
      ([checkpoint, "--shorter-side", "40"] + Self.data, "--shorter-side is for image files"),
      ([checkpoint, "-", "-"], "'-' twice"), ([checkpoint, "--top", "0"] + Self.data, "--top"),
      ([checkpoint, "--model-option", "dropout=1"] + Self.data, "--model-option is for --model"),
      ([checkpoint, path("one.ppm"), "--report"], "lies in no folder of a class's name"),
      ([checkpoint, "--report", "--classes", "1,0"] + Self.data, "--report needs labels of the network's classes"),
      ([checkpoint, "--out", folder.url.path] + Self.data, "--out"),
      ([path("n8.safetensors"), "a.png"], "is not one number for each class"),
      ([checkpoint, "--data", "fashion-mnist", "--data-dir", path("fashion")], "the images of --data are [1, 28, 28]"),
    ]
    for (arguments, message) in cases {
      let process = try BenchProcess(["predict"] + arguments)
      #expect(process.status == 2, "\(arguments)")
      #expect(
        process.errors.hasPrefix("bench predict: ") && process.errors.contains(message), "\(message): \(process.errors)"
      )
      #expect(process.errors.split(separator: "\n").count == 1)
      #expect(process.output.isEmpty)
    }
  }
}
