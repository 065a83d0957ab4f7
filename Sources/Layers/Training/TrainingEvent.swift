import Foundation

/// What happens while ``Trainer/fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)``
/// runs, in this order.
public enum TrainingEvent: Sendable, Equatable {
  /// A step was done.
  case batch(TrainingProgress)
  /// An epoch and its validation were done.
  case epoch(EpochRecord)
  /// A checkpoint was written.
  case checkpoint(URL)
  /// The training ended.
  case stop(StopReason)
}

/// Why a training ended.
public enum StopReason: Sendable, Hashable, Codable {
  /// All epochs were done.
  case completed
  /// A figure did not improve any more; the epoch is the best one's, counted from 1.
  case earlyStopping(bestEpoch: Int)
  /// It was asked to end. What is done was saved where there are checkpoints, and can be gone on with.
  case cancelled
}

/// What a training came to.
public struct TrainingOutcome: Sendable, Equatable {
  public let history: TrainingHistory
  public let stop: StopReason
}
