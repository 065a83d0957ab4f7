import Foundation
import Layers

/// A network's weights, images, and what it makes of them, in files that PyTorch reads and writes too.
struct Exchange {
  let folder: URL
  /// Which of the networks of Benchmarks/peers/torch_networks.py: `every-layer`, a ``FaceDetector``, or one of the
  /// ``ModelCatalogue``.
  let name: String

  private func file(_ name: String) -> URL { folder.appendingPathComponent("\(name).safetensors") }

  /// The network that is here only: one with every kind of layer that has parameters.
  private static var everyLayer: Sequential {
    let body = Sequential(
      Conv2D(8, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), SiLU(),
      Conv2D(8, kernelSize: 3, padding: 1, groups: 8), GroupNorm(2))
    return Sequential(
      Conv2D(8, kernelSize: 5, stride: 2, padding: 2, paddingMode: .reflect).named("stem"), BatchNorm2D().named("norm"),
      ReLU(), Residual(body).named("block"), LeakyReLU(), AveragePool2D(2),
      TransposedConv2D(6, kernelSize: 2, stride: 2).named("up"), GELU(), MaxPool2D(4), Flatten(),
      LayerNorm([96]).named("norm2"), Dropout(0.1), Linear(10).named("head"))
  }

  /// The network where it is not of the catalogue.
  private var ownModel: Model? {
    get throws {
      if name == "every-layer" { return try Model(Self.everyLayer, inputShape: [3, 32, 32], seed: 2) }
      guard let detector = FaceDetector(rawValue: name) else { return nil }
      let model = try Model(detector.network, inputShape: detector.inputShape, seed: 2)
      try model.initialize(where: { $0.name.hasPrefix("prelu") }, with: .uniform(bound: 0.5), seed: 3)
      return model
    }
  }

  private func model() throws -> Model {
    try ownModel ?? Model(ModelDescription(ModelID(rawValue: name)), seed: 2)
  }

  /// Writes `weights`, which have seen some images, `images`, and their `logits`.
  func export() throws {
    let model = try model()
    if name == "every-layer" {
      let set = SyntheticImages.make(count: 200, seed: 1, split: .train)
      let result = try Trainer(model: model, optimizer: Adam(), batchSize: 10).trainEpoch(on: set)
      print("trained on \(result.images) images, loss \(result.loss)")
    } else {
      try observe(model)
    }
    try model.save(to: file("weights"))
    var generator = SplitMix64(seed: 9)
    let images = try Initialization.uniform(bound: 1).tensor(shape: model.inputShape.batched(2), using: &generator)
    try SafeTensors(entries: [.init(name: "images", images)]).write(to: file("images"))
    try write(model, of: images)
  }

  /// Lets batch normalisation see some batches of noise.
  private func observe(_ model: Model) throws {
    let plan = try model.plan(batchSize: 4, mode: .training, threads: ProcessInfo.processInfo.activeProcessorCount)
    var generator = SplitMix64(seed: 8)
    for _ in 0..<8 {
      _ = try plan.forward(
        Initialization.normal().tensor(shape: model.inputShape.batched(4), using: &generator))
    }
  }

  /// Reads `weights` and `images`, and writes `logits`.
  func writeLogits() throws {
    let source = try SafeTensors(contentsOf: file("images"))
    guard let entry = source["images"], let pixels = entry.floats else {
      throw CheckpointError.missing(file: file("images").path, names: ["images"])
    }
    let model: Model
    if let own = try ownModel {
      model = own
      try model.load(from: file("weights"))
    } else {
      model = try Model(checkpoint: file("weights"), as: ModelDescription(ModelID(rawValue: name)))
    }
    try write(model, of: Tensor(shape: entry.shape, pixels))
  }

  private func write(_ model: Model, of images: Tensor) throws {
    let plan = try model.plan(
      batchSize: images.shape[0], mode: .inference, threads: ProcessInfo.processInfo.activeProcessorCount)
    try SafeTensors(entries: [.init(name: "logits", plan.forward(images))]).write(to: file("logits"))
  }
}
