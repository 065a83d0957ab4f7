import Foundation
import Layers
import Testing

/// The example of docs/layers.md, "Fine-tuning", on a small network.
struct FineTuningExampleTests {
  private static let backbone = Sequential(
    Sequential(Conv2D(4, kernelSize: 5, stride: 2), BatchNorm2D(), ReLU(), MaxPool2D(2)).named("stem"),
    Sequential(Conv2D(8, kernelSize: 3), BatchNorm2D(), ReLU()).named("layer4"))

  /// A file as PyTorch's `DataParallel` writes it, with another head.
  private static func pretrained() throws -> URL {
    let network = Sequential(backbone.named("module"), Flatten(), Linear(100).named("module.fc"))
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("tuning-\(UUID().uuidString).safetensors")
    try Model(network, inputShape: [3, 32, 32], seed: 7).save(to: file)
    return file
  }

  @Test func aPretrainedBackboneIsTunedBehindANewHead() throws {
    let (backbone, file) = (Self.backbone, try Self.pretrained())
    defer { try? FileManager.default.removeItem(at: file) }
    let training = SyntheticImages.make(count: 64, seed: 4, split: .train)

    let network = Sequential(backbone.named("backbone"), Flatten(), Linear(10).named("fc"))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 1)
    let report = try model.load(from: file, matching: .partial, removingPrefix: "module", into: "backbone")
    let trainer = try Trainer(
      model: model, optimizer: AdamW().grouped([.prefix("backbone", learningRate: 1e-5)]), batchSize: 32)

    #expect(report.missing.isEmpty && report.mismatched.isEmpty)
    #expect(report.unexpected == ["module.fc.weight", "module.fc.bias"])
    #expect(report.loaded.count == 14)
    func changed(_ train: () throws -> Void) throws -> Set<String> {
      let names = model.trainableRanges.map(\.name)
      let before = try names.map { try model.parameter($0) }
      try train()
      return Set(try zip(names, before).filter { try model.parameter($0) != $1 }.map(\.0))
    }
    let head = try changed {
      try model.freeze("backbone")
      _ = try trainer.trainEpoch(on: training)
    }
    #expect(head == ["fc.weight", "fc.bias"])
    let last = try changed {
      try model.unfreeze("backbone.layer4")
      _ = try trainer.trainEpoch(on: training)
    }
    #expect(last.isSuperset(of: head) && last.contains("backbone.layer4.0.weight"))
    #expect(!last.contains { $0.hasPrefix("backbone.stem") })
  }
}
