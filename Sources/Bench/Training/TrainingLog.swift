import Foundation
import Layers

/// What a training writes while it runs: the lines of `--metrics` and the events of `--tensorboard`.
final class TrainingLog {
  /// The key of a checkpoint's metadata that ``state`` is stored under.
  static let metadataKey = "bench.log"

  /// What the next line follows from besides the training itself.
  struct State: Codable, Equatable {
    /// The sum of the losses and the number of the images of the epoch at the last line, so that a line tells of those
    /// behind it; bits, so that a training which goes on writes the same figures.
    var lossBits: UInt64 = 0
    var images = 0
    /// The loss that the last line of an update told, as bits.
    var stepLossBits: UInt64?
    /// A line that could not be written.
    var pending: String?
  }

  private(set) var state: State
  private let metrics: MetricsFile?
  private let events: EventStream?
  private let eventFile: AppendedFile?
  private let every: Int?
  private let updatesPerEpoch: Int
  private let hasAccuracy: Bool
  private var seenUpdates: Int

  /// - Parameters:
  ///   - run: the line of `--metrics` that describes the run.
  ///   - session: a training that begins, or goes on from a checkpoint with `state`.
  init(options: TrainOptions, run: String, session: TrainingSession, goingOnWith state: State?) throws {
    let trainer = session.trainer
    self.state = state ?? State()
    every = options.metricsEvery
    updatesPerEpoch = session.updatesPerEpoch
    hasAccuracy = !session.isReconstruction
    seenUpdates = trainer.updates
    let (updatesPerEpoch, hasAccuracy) = (updatesPerEpoch, hasAccuracy)
    metrics = try options.metrics.map { path in
      try MetricsFile(
        path: path, run: run,
        goingOnFrom: state.map { state in
          MetricsFile.Position(
            epochs: trainer.epoch, updates: trainer.updates, pending: state.pending,
            epochLines: trainer.history.epochs.map {
              TrainingLog.line($0, step: $0.epoch * updatesPerEpoch, hasAccuracy: hasAccuracy)
            })
        })
    }
    self.state.pending = nil
    eventFile = try options.tensorBoard.map(EventFolder.makeFile(in:))
    events = eventFile.map { EventFolder.stream(to: $0, folder: options.tensorBoard ?? "") }
    try events?.begin()
    if state != nil { try goOn(trainer) }
  }

  /// Tells TensorBoard behind which update the training goes on, so that it forgets what will be told again.
  private func goOn(_ trainer: Trainer) throws {
    let updates = trainer.updates
    // Behind the last update of an epoch that is not counted yet, the epoch will be told again, at that update's step.
    guard updates == (trainer.epoch + 1) * updatesPerEpoch else {
      try events?.goOn(fromStep: updates + 1)
      return
    }
    try events?.goOn(fromStep: updates)
    if let every, updates.isMultiple(of: every), let bits = state.stepLossBits {
      try add(stepLoss: Double(bitPattern: bits), trainer.learningRate, updates: updates)
    }
  }

  private func add(stepLoss: Double, _ learningRate: Float, updates: Int) throws {
    try events?.add([("loss/step", stepLoss), ("learning_rate", Double(learningRate))], step: updates)
  }

  /// Tells of a batch: of the update that it ended, where one is due to be told of.
  func batch(_ progress: TrainingProgress, updates: Int, learningRate: Float) throws {
    guard let every, updates != seenUpdates else { return }
    seenUpdates = updates
    guard updates.isMultiple(of: every) else { return }
    let sum = progress.loss * Double(progress.imagesDone)
    let loss = (sum - Double(bitPattern: state.lossBits)) / Double(progress.imagesDone - state.images)
    (state.lossBits, state.images) = (sum.bitPattern, progress.imagesDone)
    state.stepLossBits = loss.bitPattern
    if metrics != nil {
      var line = JSONLine()
      line.add("event", word: "step")
      line.add("epoch", progress.epochsCompleted + 1)
      line.add("step", updates)
      line.add("loss", loss)
      line.add("learning_rate", learningRate)
      try append(line.text)
    }
    try add(stepLoss: loss, learningRate, updates: updates)
  }

  func epoch(_ record: EpochRecord) throws {
    (state.lossBits, state.images) = (0, 0)
    let step = record.epoch * updatesPerEpoch
    if metrics != nil { try append(TrainingLog.line(record, step: step, hasAccuracy: hasAccuracy)) }
    var scalars = [("loss/train", record.training.loss)]
    if hasAccuracy { scalars.append(("accuracy/train", record.training.accuracy)) }
    if let validation = record.validation {
      scalars.append(("loss/validation", validation.loss))
      if hasAccuracy { scalars.append(("accuracy/validation", validation.accuracy)) }
    }
    if every == nil { scalars.append(("learning_rate", record.learningRate)) }
    try events?.add(scalars, step: step)
  }

  /// Tells of the end of a training that was not interrupted.
  func end(reason: String, epoch: Int, step: Int, test: EvaluationResult) throws {
    if metrics != nil {
      var line = JSONLine()
      line.add("event", word: "end")
      line.add("epoch", epoch)
      line.add("step", step)
      line.add("reason", word: reason)
      line.add("test_loss", test.loss)
      if hasAccuracy { line.add("test_accuracy", test.accuracy) }
      try append(line.text)
    }
    try events?.add(
      [("loss/test", test.loss)] + (hasAccuracy ? [("accuracy/test", test.accuracy)] : []), step: step)
  }

  private func append(_ line: String) throws {
    do {
      try metrics?.append(line)
    } catch {
      state.pending = line
      throw error
    }
  }

  /// Waits until all that was told is on the disk.
  func synchronize() {
    metrics?.synchronize()
    eventFile?.synchronize()
  }

  private static func line(_ record: EpochRecord, step: Int, hasAccuracy: Bool) -> String {
    var line = JSONLine()
    line.add("event", word: "epoch")
    line.add("epoch", record.epoch)
    line.add("step", step)
    line.add("learning_rate", Float(record.learningRate))
    line.add("train_loss", record.training.loss)
    if hasAccuracy { line.add("train_accuracy", record.training.accuracy) }
    line.add("train_seconds", record.training.seconds)
    if let validation = record.validation {
      line.add("validation_loss", validation.loss)
      if hasAccuracy { line.add("validation_accuracy", validation.accuracy) }
      line.add("validation_seconds", validation.seconds)
    }
    return line.text
  }
}

extension TrainingLog.State {
  /// The state in a checkpoint; what a training begins with where there is none.
  init(in checkpoint: SafeTensors, file: String) throws(UsageError) {
    guard let text = checkpoint.metadata[TrainingLog.metadataKey] else {
      self.init()
      return
    }
    do {
      self = try JSONDecoder().decode(TrainingLog.State.self, from: Data(text.utf8))
    } catch {
      throw UsageError("\(file): what it says of the training's log is not valid: \(error)")
    }
  }

  var json: String {
    // Numbers and a text can always be encoded.
    (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
