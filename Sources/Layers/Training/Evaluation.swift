import Kernels

extension Trainer {
  /// The loss and accuracy on a data set, normalised as in training.
  ///
  /// - Parameters:
  ///   - dataset: the images; their shape, and their labels or targets, must fit the model and the loss.
  ///   - isCancelled: called before each batch; when it returns true, or the current task is cancelled, the evaluation
  ///     ends.
  /// - Throws: ``TrainingError``, ``LayerError``, ``LossError`` or ``DataError`` when the data does not fit the model
  ///   or the loss, what reading an image throws, and `CancellationError` when it was cancelled.
  public func evaluate(on dataset: some Dataset, isCancelled: () -> Bool = { false }) throws -> EvaluationResult {
    try evaluate(on: dataset, isCancelled) { _, _ in }
  }

  /// The loss and accuracy on the batches of a loader's epoch 0.
  public func evaluate(on loader: BatchLoader, isCancelled: () -> Bool = { false }) throws -> EvaluationResult {
    try evaluate(on: loader, isCancelled) { _, _ in }
  }

  /// How often each class is predicted for images of each class; excludes images whose label the loss ignores.
  ///
  /// - Throws: as ``evaluate(on:isCancelled:)-(Dataset,_)``, and ``TrainingError`` for data without classes.
  public func confusionMatrix(
    on dataset: some Dataset, isCancelled: () -> Bool = { false }
  ) throws -> ConfusionMatrix {
    var matrix = try emptyConfusionMatrix()
    _ = try evaluate(on: dataset, isCancelled) { runner, count in try Self.add(runner, count, to: &matrix) }
    return matrix
  }

  /// How often each class is predicted for images of each class, in a loader's epoch 0.
  public func confusionMatrix(
    on loader: BatchLoader, isCancelled: () -> Bool = { false }
  ) throws -> ConfusionMatrix {
    var matrix = try emptyConfusionMatrix()
    _ = try evaluate(on: loader, isCancelled) { runner, count in try Self.add(runner, count, to: &matrix) }
    return matrix
  }

  /// Precision, recall, F1 and support of each class, and their averages.
  public func report(
    on dataset: some Dataset, isCancelled: () -> Bool = { false }
  ) throws -> ClassificationReport {
    let names = dataset.classNames.isEmpty ? classNames : dataset.classNames
    return try confusionMatrix(on: dataset, isCancelled: isCancelled).report(classNames: names)
  }

  func emptyConfusionMatrix() throws -> ConfusionMatrix {
    let shape = model.outputShape
    guard shape.rank == 1 else {
      throw TrainingError.invalidArgument(
        name: "the output of a model whose confusion matrix is asked for", value: "\(shape)", expected: "[classes]")
    }
    return ConfusionMatrix(classCount: shape[0])
  }

  private static func add(_ runner: BatchRunner, _ count: Int, to matrix: inout ConfusionMatrix) throws {
    let results = runner.predictions
    for i in 0..<count where !runner.isIgnored(results.labels[i]) {
      try matrix.add(label: Int(results.labels[i]), prediction: Int(results.predicted[i]))
    }
  }

  func evaluate(
    on dataset: some Dataset, _ isCancelled: () -> Bool, done: (BatchRunner, Int) throws -> Void
  ) throws -> EvaluationResult {
    let runner = try evaluationRunner()
    try runner.check(dataset)
    // Closures are passed as they are written: one that is stored first is allocated.
    return try evaluate(
      runner, isCancelled,
      { images in
        let count = min(runner.plan.batchSize, dataset.count - images)
        guard count > 0 else { return 0 }
        for i in 0..<count { runner.indices[i] = Int32(truncatingIfNeeded: images + i) }
        try runner.load(dataset, count: count)
        return count
      }, done: done)
  }

  private func evaluate(
    on loader: BatchLoader, _ isCancelled: () -> Bool, done: (BatchRunner, Int) throws -> Void
  ) throws -> EvaluationResult {
    let runner = try evaluationRunner()
    guard loader.batchSize <= runner.plan.batchSize else {
      throw TrainingError.invalidArgument(
        name: "the loader's batch size", value: "\(loader.batchSize)",
        expected: "at most \(runner.plan.batchSize), the trainer's evaluationBatchSize")
    }
    loader.start(epoch: 0)
    defer { loader.stop() }
    return try evaluate(
      runner, isCancelled, { _ in try loader.next().map { try runner.load($0) } ?? 0 }, done: done)
  }

  /// The loop of an evaluation; `load` loads the next batch and returns its number of images, 0 after the last one.
  private func evaluate(
    _ runner: BatchRunner, _ isCancelled: () -> Bool, _ load: (_ done: Int) throws -> Int,
    done: (BatchRunner, Int) throws -> Void
  ) throws -> EvaluationResult {
    let start = ContinuousClock.now
    var total = BatchTotal()
    var images = 0
    while true {
      if isCancelled() || Task.isCancelled { throw CancellationError() }
      let count = try load(images)
      if count == 0 { break }
      let batch = try runner.choosingThreads(count: count) { try runner.run(count: count, trains: false) }
      total.loss += batch.loss
      total.correct += batch.correct
      total.ignored += batch.ignored
      images += count
      try done(runner, count)
    }
    let judged = images * runner.pixels - total.ignored
    return EvaluationResult(
      loss: total.loss / Double(max(images, 1)), accuracy: Double(total.correct) / Double(max(judged, 1)),
      seconds: (ContinuousClock.now - start) / .seconds(1), images: images)
  }
}
