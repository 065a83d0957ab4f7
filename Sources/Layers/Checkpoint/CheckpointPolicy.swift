import Foundation

/// Where and how often a training is saved.
///
///     trainer.checkpoints = CheckpointPolicy(file, everyUpdates: 500, keptEpochs: 3, keepsBest: true)
///
/// `file` always holds the latest state. If it is `run.safetensors`, states after epochs are stored beside it as
/// `run-epoch-0007.safetensors`, and the best epoch's model as `run-best.safetensors`.
public struct CheckpointPolicy: Sendable, Hashable {
  /// The file that holds the latest state.
  public var file: URL
  /// The number of updates between two saves; nil to save only at the end of epochs.
  public var everyUpdates: Int?
  /// The number of epochs between two saves.
  public var everyEpochs: Int
  /// How many of the most recent states after epochs are kept besides `file`.
  public var keptEpochs: Int
  /// Whether the best epoch's model is saved: parameters, normalisation and class names, as ``Predictor`` reads them.
  public var keepsBest: Bool
  /// The metric that selects the best epoch; without validation, ``Metric/trainingLoss``.
  public var bestMetric: Metric

  /// A policy that, by default, saves the latest state after each epoch.
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

  /// The file of the best epoch's model.
  public var bestFile: URL { beside("best") }

  /// The file of the state after an epoch, counted from 1.
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
