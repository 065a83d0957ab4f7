import Foundation
import Layers

/// A network's weights, images, and what it makes of them, in files that PyTorch reads and writes too.
struct Exchange {
  let folder: URL

  private func file(_ name: String) -> URL { folder.appendingPathComponent("\(name).safetensors") }

  /// The network of Benchmarks/peers/exchange.
  private static func model() throws -> Model {
    let body = Sequential(
      Conv2D(8, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), SiLU(),
      Conv2D(8, kernelSize: 3, padding: 1, groups: 8), GroupNorm(2))
    let network = Sequential(
      Conv2D(8, kernelSize: 5, stride: 2, padding: 2, paddingMode: .reflect).named("stem"), BatchNorm2D().named("norm"),
      ReLU(), Residual(body).named("block"), LeakyReLU(), AveragePool2D(2),
      TransposedConv2D(6, kernelSize: 2, stride: 2).named("up"), GELU(), MaxPool2D(4), Flatten(),
      LayerNorm([96]).named("norm2"), Dropout(0.1), Linear(10).named("head"))
    return try Model(network, inputShape: [3, 32, 32], seed: 2)
  }

  /// Trains for an epoch, and writes `weights`, `images` and `logits`.
  func export() throws {
    let model = try Self.model()
    let set = SyntheticImages.make(count: 200, seed: 1, split: .train)
    let trainer = try Trainer(model: model, optimizer: Adam(), batchSize: 10)
    let result = try trainer.trainEpoch(on: set)
    print("trained on \(result.images) images, loss \(result.loss)")
    try model.save(to: file("weights"))
    var generator = SplitMix64(seed: 9)
    let images = try Initialization.uniform(bound: 1).tensor(shape: [7, 3, 32, 32], using: &generator)
    try SafeTensors(entries: [.init(name: "images", images)]).write(to: file("images"))
    try writeLogits()
  }

  /// Reads `weights` and `images`, and writes `logits`.
  func writeLogits() throws {
    let model = try Self.model()
    try model.load(from: file("weights"))
    let source = try SafeTensors(contentsOf: file("images"))
    guard let entry = source["images"], let pixels = entry.floats else {
      throw CheckpointError.missing(file: file("images").path, names: ["images"])
    }
    let images = try Tensor(shape: entry.shape, pixels)
    let plan = try model.plan(batchSize: images.shape[0], mode: .inference)
    try SafeTensors(entries: [.init(name: "logits", plan.forward(images))]).write(to: file("logits"))
  }
}
