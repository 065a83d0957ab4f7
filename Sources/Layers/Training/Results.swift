/// The result of a training epoch.
public struct EpochResult: Sendable, Equatable, Codable {
  /// The mean loss of the images, each before its own update.
  public let loss: Double
  /// The fraction of images, or pixels, that were classified correctly at that time, 0 to 1; labels that the loss
  /// ignores are excluded.
  public let accuracy: Double
  /// The wall time of the whole epoch in seconds, including parts before a checkpoint from which it was resumed: order,
  /// batch assembly, forward pass, loss, backward pass and update, but not writing checkpoints.
  public let seconds: Double
  /// The number of images.
  public let images: Int

  /// A result.
  public init(loss: Double, accuracy: Double, seconds: Double, images: Int) {
    self.loss = loss
    self.accuracy = accuracy
    self.seconds = seconds
    self.images = images
  }

  /// Throughput, in images a second.
  public var imagesPerSecond: Double { Double(images) / seconds }
}

/// The result of an evaluation.
public struct EvaluationResult: Sendable, Equatable, Codable {
  /// The mean loss of the images.
  public let loss: Double
  /// The fraction of images, or pixels, that are classified correctly, 0 to 1; labels that the loss ignores are
  /// excluded.
  public let accuracy: Double
  /// The wall time in seconds.
  public let seconds: Double
  /// The number of images.
  public let images: Int

  /// A result.
  public init(loss: Double, accuracy: Double, seconds: Double, images: Int) {
    self.loss = loss
    self.accuracy = accuracy
    self.seconds = seconds
    self.images = images
  }

  /// Throughput, in images a second.
  public var imagesPerSecond: Double { Double(images) / seconds }
}

/// The progress of an epoch.
public struct TrainingProgress: Sendable, Equatable {
  /// The number of completed epochs.
  public let epochsCompleted: Int
  /// The number of images processed in this epoch.
  public let imagesDone: Int
  /// The number of images in the whole epoch.
  public let images: Int
  /// The mean loss of the images processed.
  public let loss: Double
}
