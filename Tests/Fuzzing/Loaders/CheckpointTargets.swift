import Foundation
import Layers

/// The readers of safetensors files: models and trainings.
enum CheckpointTargets {
  /// A file. Where the first byte is even, it stands for the eight bytes of the length, so that changes of the header's
  /// length leave the file a file: the header then ends with the last `}`.
  private static func file(_ input: UnsafeRawBufferPointer) -> Data? {
    guard let first = input.first else { return nil }
    let rest = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    if first & 1 == 1 { return Data(rest) }
    let length = rest.lastIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? rest.count
    return withUnsafeBytes(of: UInt64(length).littleEndian) { Data($0) } + Data(rest)
  }

  /// Reads a file, writes what was read and reads it again; then gives it to a model.
  static func safetensors(_ input: UnsafeRawBufferPointer) throws {
    guard let file = file(input) else { return }
    do throws(CheckpointError) {
      let tensors = try SafeTensors(file, file: "input")
      let again = try SafeTensors(tensors.encoded(), file: "written")
      require(Set(again.entries.map(\.name)) == Set(tensors.entries.map(\.name)), "other names")
      require(again.metadata == tensors.metadata, "other metadata")
      for entry in again.entries { require(tensors[entry.name] == entry, "another '\(entry.name)'") }
      for entry in tensors.entries { _ = (entry.floats, entry.integers) }
      try training.model.load(tensors, file: "input")
    } catch {
      _ = error.description
    }
  }

  /// The input is what a training's checkpoint holds besides tensors.
  static func trainer(_ input: UnsafeRawBufferPointer) throws {
    var state = initial
    state.metadata["trainer"] = String(decoding: input, as: UTF8.self)
    try restore(state)
  }

  static func trainerFile(_ input: UnsafeRawBufferPointer) throws {
    guard let file = file(input) else { return }
    let state: SafeTensors
    do throws(CheckpointError) {
      state = try SafeTensors(file, file: "input")
    } catch {
      _ = error.description
      return
    }
    try restore(state)
  }

  /// Restores a state; trains on from one that was accepted, and goes back to the first.
  private static func restore(_ state: SafeTensors) throws {
    do throws(CheckpointError) {
      try training.restore(state)
    } catch {
      _ = error.description
      return
    }
    for _ in 0..<2 { _ = try training.step(images, labels: [1]) }
    training.epoch += 1
    // A state that was accepted can be saved and is accepted again.
    try training.restore(training.state())
    try training.restore(initial)
  }

  private static let images = make { try Tensor(shape: [1, 1, 2, 2], [1, 2, 3, 4]) }

  /// A small training in which all takes part that a checkpoint holds.
  nonisolated(unsafe) private static let training = make {
    let model = try Model(
      Sequential(Conv2D(2, kernelSize: 1), BatchNorm2D(), Flatten(), Dropout(0.5), Linear(2)), inputShape: [1, 2, 2],
      seed: 1)
    let optimizer = Lookahead(Adam().clipped(.norm(1)))
    let trainer = try Trainer(model: model, optimizer: optimizer, batchSize: 1, seed: 1)
    trainer.schedule = OneCycle(maximum: 0.01, duration: 200)
    trainer.scheduleUnit = .update
    trainer.batchesPerUpdate = 2
    trainer.weightAverage = try WeightAverage(model, .exponential(decay: 0.9))
    return trainer
  }

  private static let initial = make {
    // With sums of gradients, so that these are in the state.
    _ = try training.step(images, labels: [0])
    let state = try training.state()
    // For the corpora: FUZZ_INITIAL=FOLDER writes the inputs that say this.
    if let folder = ProcessInfo.processInfo.environment["FUZZ_INITIAL"] {
      let folder = URL(fileURLWithPath: folder)
      let text = state.metadata["trainer"] ?? ""
      try Data(text.utf8).write(to: folder.appendingPathComponent("trainer/initial"))
      let file = try state.encoded().dropFirst(8)
      try (Data("0".utf8) + file).write(to: folder.appendingPathComponent("trainer-file/initial"))
      let model = try training.model.state().encoded()
      try (Data("1".utf8) + model).write(to: folder.appendingPathComponent("safetensors/model"))
    }
    return state
  }

  private static func make<Value>(_ body: () throws -> Value) -> Value {
    do {
      return try body()
    } catch {
      fatalError("\(error)")
    }
  }
}
