import Foundation

/// Where and how often training is saved.
///
///     trainer.checkpoints = CheckpointPolicy(file, everyUpdates: 500, keptEpochs: 3, keepsBest: true)
///
/// The last state always lies in `file`; where `file` is `run.safetensors`, the states after epochs lie beside it in
/// `run-epoch-0007.safetensors`, and the best epoch's model in `run-best.safetensors`.
public struct CheckpointPolicy: Sendable, Hashable {
  /// The file, which always holds the last state.
  public var file: URL
  /// The updates between two saves; nil to save at the end of epochs alone.
  public var everyUpdates: Int?
  /// The epochs between two saves.
  public var everyEpochs: Int
  /// How many states after epochs are kept beside the last one; of those that were saved, the youngest.
  public var keptEpochs: Int
  /// Whether the model of the best epoch is kept: its parameters, normalisation and class names, as ``Predictor`` reads
  /// them.
  public var keepsBest: Bool
  /// By what an epoch is the best; by ``Metric/trainingLoss`` where there is no validation.
  public var bestMetric: Metric

  public init(
    _ file: URL, everyUpdates: Int? = nil, everyEpochs: Int = 1, keptEpochs: Int = 0, keepsBest: Bool = false,
    bestMetric: Metric = .validationLoss
  ) {
    self.file = file
    self.everyUpdates = everyUpdates
    self.everyEpochs = everyEpochs
    self.keptEpochs = keptEpochs
    self.keepsBest = keepsBest
    self.bestMetric = bestMetric
  }

  /// Where the best epoch's model lies.
  public var bestFile: URL { beside("best") }

  /// Where the state after an epoch lies, counted from 1.
  public func file(ofEpoch epoch: Int) -> URL {
    let number = String(epoch)
    return beside("epoch-" + String(repeating: "0", count: max(4 - number.count, 0)) + number)
  }

  private func beside(_ suffix: String) -> URL {
    let name = file.deletingPathExtension().lastPathComponent + "-" + suffix
    let url = file.deletingLastPathComponent().appendingPathComponent(name)
    return file.pathExtension.isEmpty ? url : url.appendingPathExtension(file.pathExtension)
  }

  func isDue(updates: Int) -> Bool { everyUpdates.map { $0 > 0 && updates.isMultiple(of: $0) } ?? false }
  func isDue(epochs: Int) -> Bool { everyEpochs > 0 && epochs.isMultiple(of: everyEpochs) }
}
