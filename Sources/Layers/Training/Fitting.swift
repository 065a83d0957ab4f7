import Foundation

extension Trainer {
  /// Trains until ``epoch`` is `epochs`, or early stopping ends the training. After each epoch, evaluates on the
  /// validation set, updates the history, and saves checkpoints according to ``checkpoints``.
  ///
  ///     trainer.checkpoints = CheckpointPolicy(file, keepsBest: true)
  ///     let outcome = try trainer.fit(
  ///       training, validation: validation, epochs: 100, transforms: [RandomHorizontalFlip()],
  ///       earlyStopping: EarlyStopping(patience: 5)
  ///     ) { event in
  ///       if case .epoch(let record) = event { print(record.epoch, record.training.loss) }
  ///     }
  ///
  /// A training resumed from a checkpoint, see ``resume(from:)``, with the same arguments ends with the same bits, the
  /// same history (except for seconds) and the same stop as an uninterrupted one.
  ///
  /// - Parameters:
  ///   - training: the images to train on.
  ///   - validation: the images for the evaluation after each epoch, which are not transformed; nil for none.
  ///   - epochs: the total number of epochs, including those before this call.
  ///   - transforms: random transforms of each training image, new in each epoch; a background thread then prepares the
  ///     batches.
  ///   - inputTransforms: further transforms, which are not applied to the target of a ``Dataset/reconstructed()`` data
  ///     set.
  ///   - mixing: applied to each batch; nil for none.
  ///   - earlyStopping: ends the training early; nil for never.
  ///   - historyFile: a file that is rewritten after each epoch; nil for none.
  ///   - onEvent: called at each event, in order.
  ///   - isCancelled: called before each step; when it returns true, or the current task is cancelled, the training is
  ///     saved, if there are ``checkpoints``, and ends.
  /// - Throws: as ``trainEpoch(on:progress:isCancelled:)-(Dataset,_,_)`` except for a cancellation, ``TrainingError``
  ///   if a watched metric does not exist without validation, and what `onEvent` throws.
  @discardableResult
  public func fit(
    _ training: some Dataset, validation: (any Dataset)? = nil, epochs: Int, transforms: [any ImageTransform] = [],
    inputTransforms: [any ImageTransform] = [], mixing: (any BatchMixing)? = nil,
    earlyStopping: EarlyStopping? = nil, historyFile: HistoryFile? = nil,
    onEvent: (TrainingEvent) throws -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    let options = FitOptions(
      validation: validation, epochs: epochs, earlyStopping: earlyStopping, historyFile: historyFile)
    if transforms.isEmpty, inputTransforms.isEmpty, mixing == nil {
      return try fit(DatasetSource(dataset: training), options, isCancelled, onEvent)
    }
    let loader = try BatchLoader(
      dataset: training, batchSize: batchSize, transforms: transforms, inputTransforms: inputTransforms, mixing: mixing,
      seed: seed)
    return try fit(loader, options, isCancelled, onEvent)
  }

  /// Trains on the batches of a loader, as ``fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)``
  /// does on a data set.
  @discardableResult
  public func fit(
    _ loader: BatchLoader, validation: (any Dataset)? = nil, epochs: Int, earlyStopping: EarlyStopping? = nil,
    historyFile: HistoryFile? = nil, onEvent: (TrainingEvent) throws -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    let options = FitOptions(
      validation: validation, epochs: epochs, earlyStopping: earlyStopping, historyFile: historyFile)
    return try fit(loader, options, isCancelled, onEvent)
  }

  private func fit(
    _ source: some EpochSource, _ options: FitOptions, _ isCancelled: () -> Bool,
    _ onEvent: (TrainingEvent) throws -> Void
  ) throws -> TrainingOutcome {
    try check(options)
    try options.historyFile?.write(history)
    do {
      while epoch < options.epochs, options.earlyStopping?.judge(history)?.stops != true {
        let training = try source.runEpoch(of: self, { try onEvent(.batch($0)) }, isCancelled)
        // If the validation is cancelled, the epoch is not complete: resuming continues after its last batch.
        let validation = try options.validation.map { try evaluate(on: $0, isCancelled: isCancelled) }
        history.epochs.append(
          EpochRecord(
            epoch: epoch + 1, learningRate: Double(learningRate), training: training, validation: validation))
        epoch += 1
        if let stopping = options.earlyStopping, stopping.restoresBest,
          stopping.judge(history)?.best == history.epochs.count - 1
        {
          best = BestState(epoch: epoch, model: model.state())
        }
        try onEvent(.epoch(history.epochs[history.epochs.count - 1]))
        try options.historyFile?.write(history)
        try saveEpoch(hasValidation: options.validation != nil, onEvent)
      }
    } catch is CancellationError {
      if let policy = checkpoints {
        try save(to: policy.file)
        try onEvent(.checkpoint(policy.file))
      }
      try onEvent(.stop(.cancelled))
      return TrainingOutcome(history: history, stop: .cancelled)
    }
    var reason = StopReason.completed
    if let stopping = options.earlyStopping, let verdict = stopping.judge(history) {
      if verdict.stops { reason = .earlyStopping(bestEpoch: history.epochs[verdict.best].epoch) }
      if stopping.restoresBest { try restoreBest(epoch: history.epochs[verdict.best].epoch) }
    }
    try onEvent(.stop(reason))
    return TrainingOutcome(history: history, stop: reason)
  }

  private func check(_ options: FitOptions) throws {
    guard options.epochs >= 0 else {
      throw TrainingError.invalidArgument(name: "epochs", value: "\(options.epochs)", expected: "at least 0")
    }
    var watched: [Metric] = []
    if let stopping = options.earlyStopping {
      guard stopping.patience >= 0, stopping.leastChange >= 0 else {
        throw TrainingError.invalidArgument(
          name: "early stopping", value: "\(stopping)", expected: "a patience and a least change of at least 0")
      }
      watched.append(stopping.metric)
    }
    if let metric = schedule?.metric { watched.append(metric) }
    guard options.validation == nil else { return }
    if let metric = watched.first(where: { $0 == .validationLoss || $0 == .validationAccuracy }) {
      throw TrainingError.missingMetric(metric)
    }
  }
}

/// The arguments of a training.
private struct FitOptions {
  let validation: (any Dataset)?
  let epochs: Int
  let earlyStopping: EarlyStopping?
  let historyFile: HistoryFile?
}

extension Trainer {
  /// Restores the model's parameters after its best epoch.
  private func restoreBest(epoch: Int) throws {
    guard let best, best.epoch == epoch else {
      throw TrainingError.invalidArgument(
        name: "early stopping", value: "one that restores the model of epoch \(epoch)",
        expected: "the same early stopping from the first epoch on, which keeps that model")
    }
    try model.load(best.model, file: "the best epoch's parameters")
  }

  /// Writes the checkpoints that are due after an epoch.
  ///
  /// The latest state is written last: a training stopped before that resumes from an earlier state, and writes the
  /// other files again.
  private func saveEpoch(hasValidation: Bool, _ onEvent: (TrainingEvent) throws -> Void) throws {
    guard let policy = checkpoints else { return }
    if policy.keepsBest {
      let metric = hasValidation ? policy.bestMetric : policy.bestMetric.ofTraining
      if history.bestIndex(metric) == history.epochs.count - 1 {
        try modelState().write(to: policy.bestFile)
        try onEvent(.checkpoint(policy.bestFile))
      }
    }
    guard policy.isDue(epochs: epoch) else { return }
    if policy.keptEpochs > 0 {
      let file = policy.file(ofEpoch: epoch)
      try save(to: file)
      try onEvent(.checkpoint(file))
      let outdated = policy.file(ofEpoch: epoch - policy.keptEpochs * policy.everyEpochs)
      if FileManager.default.fileExists(atPath: outdated.path) { try FileManager.default.removeItem(at: outdated) }
    }
    try save(to: policy.file)
    try onEvent(.checkpoint(policy.file))
  }
}

/// The source of an epoch's batches.
private protocol EpochSource {
  func runEpoch(
    of trainer: Trainer, _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool
  ) throws -> EpochResult
}

private struct DatasetSource<Images: Dataset>: EpochSource {
  let dataset: Images

  func runEpoch(
    of trainer: Trainer, _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool
  ) throws -> EpochResult {
    try trainer.runEpoch(on: dataset, report, isCancelled)
  }
}

extension BatchLoader: EpochSource {
  fileprivate func runEpoch(
    of trainer: Trainer, _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool
  ) throws -> EpochResult {
    try trainer.runEpoch(on: self, report, isCancelled)
  }
}

/// The model's parameters after the best epoch.
struct BestState {
  /// The epoch's number, counted from 1.
  let epoch: Int
  let model: SafeTensors
}

extension Metric {
  /// The corresponding metric of the training images.
  fileprivate var ofTraining: Metric {
    switch self {
    case .trainingLoss, .validationLoss: .trainingLoss
    case .trainingAccuracy, .validationAccuracy: .trainingAccuracy
    }
  }
}
