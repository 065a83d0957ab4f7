import Foundation

/// An event during
/// ``Trainer/fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)``.
/// Within an epoch, events come in the order of the cases.
public enum TrainingEvent: Sendable, Equatable {
  /// A step was completed.
  case batch(TrainingProgress)
  /// An epoch and its validation were completed.
  case epoch(EpochRecord)
  /// A checkpoint was written.
  case checkpoint(URL)
  /// The training ended.
  case stop(StopReason)
}

/// Why a training ended.
public enum StopReason: Sendable, Hashable, Codable {
  /// All epochs were completed.
  case completed
  /// The watched metric stopped improving; the epoch is the best one, counted from 1.
  case earlyStopping(bestEpoch: Int)
  /// The training was cancelled. If there are checkpoints, its state was saved and can be resumed.
  case cancelled
}

/// The result of a training.
public struct TrainingOutcome: Sendable, Equatable {
  /// The results of all epochs.
  public let history: TrainingHistory
  /// Why the training ended.
  public let stop: StopReason
}
