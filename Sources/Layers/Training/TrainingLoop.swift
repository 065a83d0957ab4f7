import Kernels

extension Trainer {
  /// Trains on every image once, in a new random order in each epoch.
  ///
  /// An epoch that was cancelled, or is resumed from a checkpoint, continues where it stopped.
  ///
  /// - Parameters:
  ///   - dataset: the images; their shape, and their labels or targets, must fit the model and the loss.
  ///   - report: called after each step.
  ///   - isCancelled: called before each step; when it returns true, or the current task is cancelled, the epoch ends.
  /// - Throws: ``TrainingError``, ``LayerError``, ``LossError`` or ``DataError`` when the data does not fit the
  ///   training, what reading an image throws, `CancellationError` when the epoch was cancelled, and
  ///   ``CheckpointError`` when a checkpoint cannot be written.
  public func trainEpoch(
    on dataset: some Dataset, progress report: (TrainingProgress) throws -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> EpochResult {
    let result = try runEpoch(on: dataset, report, isCancelled)
    epoch += 1
    if let policy = checkpoints, policy.isDue(epochs: epoch) { try save(to: policy.file) }
    return result
  }

  /// Trains on every batch of a loader once. The loader transforms images, and prepares batches while steps run; its
  /// seed determines the order.
  ///
  /// An epoch that was cancelled, or is resumed from a checkpoint, continues where it stopped.
  ///
  /// - Throws: as for a data set; also if the loader's normalisation differs from the trainer's.
  public func trainEpoch(
    on loader: BatchLoader, progress report: (TrainingProgress) throws -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> EpochResult {
    let result = try runEpoch(on: loader, report, isCancelled)
    epoch += 1
    if let policy = checkpoints, policy.isDue(epochs: epoch) { try save(to: policy.file) }
    return result
  }

  /// The steps of an epoch. Does not increment ``epoch``: until the caller does, a call continues after the last batch.
  func runEpoch(
    on dataset: some Dataset, _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool
  ) throws -> EpochResult {
    try runner.check(dataset)
    takeClassNames(dataset.classNames)
    let start = ContinuousClock.now
    if order.seed != seed { order = EpochOrder(seed: seed) }
    order.begin(epoch: epoch, count: dataset.count)
    return try runEpoch(images: dataset.count, orderedBy: seed, start, report, isCancelled) { done in
      let count = min(batchSize, dataset.count - done)
      order.indices.withUnsafeBufferPointer { order in
        runner.indices.update(from: order.baseAddress.unsafelyUnwrapped + done, count: count)
      }
      try runner.load(dataset, count: count)
      return count
    }
  }

  /// The steps of an epoch. Does not increment ``epoch``: until the caller does, a call continues after the last batch.
  func runEpoch(
    on loader: BatchLoader, _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool
  ) throws -> EpochResult {
    guard loader.batchSize == batchSize else {
      throw TrainingError.invalidArgument(
        name: "the loader's batch size", value: "\(loader.batchSize)", expected: "\(batchSize), the trainer's")
    }
    takeClassNames(loader.classNames)
    let start = ContinuousClock.now
    loader.start(epoch: epoch, fromBatch: (progress.done + batchSize - 1) / batchSize)
    defer { loader.stop() }
    return try runEpoch(images: loader.imageCount, orderedBy: loader.seed, start, report, isCancelled) { _ in
      guard let batch = try loader.next() else { return 0 }
      return try runner.load(batch)
    }
  }

  private func takeClassNames(_ names: [String]) {
    if classNames.isEmpty { classNames = names }
  }

  /// The loop of an epoch; `load` writes the next batch to the model's input and returns its number of images.
  private func runEpoch(
    images: Int, orderedBy orderSeed: UInt64, _ start: ContinuousClock.Instant,
    _ report: (TrainingProgress) throws -> Void, _ isCancelled: () -> Bool, load: (_ done: Int) throws -> Int
  ) throws -> EpochResult {
    if progress.images == 0 {
      progress.images = images
      progress.seed = orderSeed
    }
    guard progress.images == images else {
      throw TrainingError.invalidArgument(
        name: "the number of images", value: "\(images)",
        expected: "\(progress.images), as in the part of the epoch that is done")
    }
    guard progress.seed == orderSeed else {
      throw TrainingError.invalidArgument(
        name: "the seed of the images' order", value: "\(orderSeed)",
        expected: "\(progress.seed), as in the part of the epoch that is done")
    }
    var start = start
    while progress.done < images {
      if isCancelled() || Task.isCancelled {
        progress.seconds += (ContinuousClock.now - start) / .seconds(1)
        throw CancellationError()
      }
      let count = try load(progress.done)
      guard count > 0 else { break }
      let total = try step(count: count, isLast: progress.done + count >= images)
      progress.loss += total.loss
      progress.correct += total.correct
      progress.ignored += total.ignored
      progress.done += count
      try report(
        TrainingProgress(
          epochsCompleted: epoch, imagesDone: progress.done, images: images,
          loss: progress.loss / Double(progress.done)))
      if let policy = checkpoints, policy.isDue(updates: updates), accumulator.passes == 0 {
        progress.seconds += (ContinuousClock.now - start) / .seconds(1)
        try save(to: policy.file)
        start = .now
      }
    }
    progress.seconds += (ContinuousClock.now - start) / .seconds(1)
    let count = Double(max(progress.done, 1))
    let judged = progress.done * runner.pixels - progress.ignored
    return EpochResult(
      loss: progress.loss / count, accuracy: Double(progress.correct) / Double(max(judged, 1)),
      seconds: progress.seconds, images: progress.done)
  }
}
