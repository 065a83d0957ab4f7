import Foundation
import Layers

/// A whole training with all that decides how it goes on: augmentation, validation, early stopping that restores the best
/// epoch, a learning rate that shrinks on a plateau, checkpoints of the last epochs and of the best one.
public struct InterruptedFit {
  /// Everything that the training writes.
  public let folder: URL
  public let trainer: Trainer
  private let training: ImageDataset
  private let validation: ImageDataset

  public static let checkpoint = "run.safetensors"
  public static let history = "history.jsonl"
  public static let final = "final.safetensors"
  public static let stop = "stop.json"

  public init(folder: URL) throws {
    self.folder = folder
    training = SyntheticImages.make(count: 64, seed: 4, split: .train)
    validation = SyntheticImages.make(count: 40, seed: 4, split: .test)
    let network = Sequential(
      Conv2D(4, kernelSize: 5, stride: 2), BatchNorm2D(), ReLU(), MaxPool2D(2), Flatten(), Dropout(0.2), Linear(10))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 3)
    trainer = try Trainer(model: model, optimizer: Adam(learningRate: 3e-3), batchSize: 8, seed: 5)
    trainer.schedule = ReduceOnPlateau(metric: .validationLoss, factor: 0.5, patience: 1)
    trainer.checkpoints = CheckpointPolicy(
      folder.appendingPathComponent(Self.checkpoint), everyUpdates: 3, keptEpochs: 2, keepsBest: true)
  }

  /// Goes on from the folder's checkpoint, if there is one, to the end.
  @discardableResult
  public func run(epochs: Int = 200, isCancelled: () -> Bool = { false }) throws -> TrainingOutcome {
    let file = folder.appendingPathComponent(Self.checkpoint)
    if FileManager.default.fileExists(atPath: file.path) { try trainer.resume(from: file) }
    let outcome = try trainer.fit(
      training, validation: validation, epochs: epochs,
      transforms: [RandomCrop(32, padding: 2), RandomHorizontalFlip(), RandomRotation(degrees: 10)],
      earlyStopping: EarlyStopping(metric: .validationLoss, patience: 6, leastChange: 1e-3),
      historyFile: HistoryFile(folder.appendingPathComponent(Self.history), format: .jsonLines),
      isCancelled: isCancelled)
    if outcome.stop != .cancelled {
      try trainer.modelState().write(to: folder.appendingPathComponent(Self.final))
      try JSONEncoder().encode(outcome.stop).write(to: folder.appendingPathComponent(Self.stop))
    }
    return outcome
  }
}
