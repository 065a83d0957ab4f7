import Foundation

/// Where and how often training is saved.
public struct CheckpointPolicy: Sendable, Hashable {
  /// The file, which always holds the last state.
  public var file: URL
  /// The updates between two saves; nil to save at the end of epochs alone.
  public var everyUpdates: Int?
  /// The epochs between two saves.
  public var everyEpochs: Int

  public init(_ file: URL, everyUpdates: Int? = nil, everyEpochs: Int = 1) {
    self.file = file
    self.everyUpdates = everyUpdates
    self.everyEpochs = everyEpochs
  }

  func isDue(updates: Int) -> Bool { everyUpdates.map { $0 > 0 && updates.isMultiple(of: $0) } ?? false }
  func isDue(epochs: Int) -> Bool { everyEpochs > 0 && epochs.isMultiple(of: everyEpochs) }
}
