/// What an epoch of training came to.
public struct EpochResult: Sendable, Equatable, Codable {
  /// The mean loss of the images, each at the time that it was trained on.
  public let loss: Double
  /// The share of images, or pixels, that were classified rightly at that time, 0 to 1; labels that the loss ignores do not
  /// count.
  public let accuracy: Double
  /// Wall time of the whole epoch, those parts included that were trained before a checkpoint it comes from: order, batch
  /// assembly, forward, loss, backward and update; writing checkpoints not.
  public let seconds: Double
  public let images: Int

  public init(loss: Double, accuracy: Double, seconds: Double, images: Int) {
    self.loss = loss
    self.accuracy = accuracy
    self.seconds = seconds
    self.images = images
  }

  public var imagesPerSecond: Double { Double(images) / seconds }
}

/// What an evaluation came to.
public struct EvaluationResult: Sendable, Equatable, Codable {
  /// The mean loss of the images.
  public let loss: Double
  /// The share of images, or pixels, that are classified rightly, 0 to 1; labels that the loss ignores do not count.
  public let accuracy: Double
  /// Wall time.
  public let seconds: Double
  public let images: Int

  public init(loss: Double, accuracy: Double, seconds: Double, images: Int) {
    self.loss = loss
    self.accuracy = accuracy
    self.seconds = seconds
    self.images = images
  }

  public var imagesPerSecond: Double { Double(images) / seconds }
}

/// How far an epoch has come.
public struct TrainingProgress: Sendable, Equatable {
  /// The number of epochs that are done.
  public let epochsCompleted: Int
  /// The images of this epoch that were trained on.
  public let imagesDone: Int
  /// The images of the whole epoch.
  public let images: Int
  /// The mean loss of the images done.
  public let loss: Double
}
