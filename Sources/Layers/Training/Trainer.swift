import Foundation
import Kernels

/// Trains and evaluates a model on images.
///
///     let trainer = try Trainer(
///       model: model, optimizer: SGD(learningRate: 0.001, momentum: 0.9), batchSize: 4, seed: 1)
///     for _ in 0..<2 {
///       let result = try trainer.trainEpoch(on: training)
///       print(result.loss, try trainer.evaluate(on: test).accuracy)
///     }
///
/// Who writes a loop of his own calls ``step(_:labels:)`` or ``step(on:indices:)``. Once every batch size was met, a step
/// allocates nothing. The same seeds and data give the same bits, on any number of threads.
///
/// What a step does besides is set by ``schedule``, ``batchesPerUpdate`` and ``weightAverage``; gradients are clipped by an
/// optimiser that does so, ``Optimizer/clipped(_:)``. All that training depends on can be saved at any step, and training goes on from it with the same bits: ``save(to:)``,
/// ``resume(from:)``, ``checkpoints``.
public final class Trainer {
  public let model: Model
  public let batchSize: Int
  /// Determines the order of the images, epoch by epoch.
  public internal(set) var seed: UInt64
  /// The number of epochs that were trained. The order of an epoch follows from it and the seed alone.
  public var epoch = 0 {
    didSet { progress = EpochProgress() }
  }
  /// The number of times that the optimiser has changed the parameters.
  public internal(set) var updates = 0

  /// How the learning rate changes; nil to leave it to ``learningRate``. It is applied to each group's own rate.
  public var schedule: (any Schedule)?
  /// What the schedule's units are.
  public var scheduleUnit = ScheduleUnit.epoch
  /// The batches whose gradients make one update, as if they were one batch: the mean over all their images, or the sum
  /// where the loss is one. What is left at the end of an epoch makes an update of its own.
  public var batchesPerUpdate = 1
  /// An average of the weights that follows every update: `average.withAveragedWeights { try trainer.evaluate(on: test) }`.
  public var weightAverage: WeightAverage?
  /// Where and how often ``trainEpoch(on:progress:isCancelled:)`` saves; nil for never.
  public var checkpoints: CheckpointPolicy?

  /// The size of the next step. Where there is a ``schedule``, setting it sets what that starts from.
  public var learningRate: Float {
    get { optimizer.learningRate }
    set {
      optimizer.learningRate = newValue
      baseRates = optimizer.learningRates
    }
  }

  let optimizer: any PlannedOptimizer
  let optimizerName: String
  /// The learning rates of the optimiser's groups that the schedule starts from.
  var baseRates: [Float]
  /// How far the epoch has come.
  var progress = EpochProgress()
  let accumulator: GradientAccumulator
  /// What the accumulated gradients are to be divided by.
  var accumulatedWeight: Float = 0
  private let lossReduction: LossReduction
  private let runner: BatchRunner
  private let makeEvaluator: () throws(LayerError) -> BatchRunner
  private var evaluator: BatchRunner?
  private var order: EpochOrder

  /// Plans training and everything that it needs but the evaluation, which is planned when it is first asked for.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - optimizer: how its parameters follow their gradients.
  ///   - loss: what is minimised.
  ///   - batchSize: the images of a step; the last step of an epoch takes those that remain.
  ///   - pixels: how a data set's bytes become the model's input.
  ///   - evaluationBatchSize: the images of a forward pass in an evaluation; the results do not depend on it.
  ///   - seed: determines the order of the images.
  ///   - threads: how many threads share the work of a kernel; the results do not depend on it.
  ///   - level: the instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  public init(
    model: Model, optimizer: any Optimizer, loss: any Loss = CrossEntropy(), batchSize: Int,
    pixels: PixelScaling = .signedUnit, evaluationBatchSize: Int = 100, seed: UInt64 = 0, threads: Int = 1,
    level: InstructionSet? = nil
  ) throws(LayerError) {
    self.model = model
    self.batchSize = batchSize
    self.seed = seed
    order = EpochOrder(seed: seed)
    lossReduction = loss.reduction
    self.optimizer = try optimizer.plan(model, threads: threads, level: level)
    optimizerName = optimizer.name
    baseRates = self.optimizer.learningRates
    accumulator = try GradientAccumulator(model, threads: threads, level: level)
    runner = try BatchRunner(
      model.plan(batchSize: batchSize, mode: .training, threads: threads, level: level), loss, pixels)
    makeEvaluator = { () throws(LayerError) in
      try BatchRunner(
        model.plan(batchSize: evaluationBatchSize, mode: .inference, threads: threads, level: level), loss, pixels)
    }
  }

  /// Plans steps of `count` images, so that the first of them allocates nothing either.
  public func prepare(count: Int) throws(LayerError) {
    try runner.prepare(count: count)
  }

  /// Trains on every image once, in an order that is new in each epoch.
  ///
  /// An epoch that ended early, because it was cancelled or comes from a checkpoint, goes on where it stopped.
  ///
  /// - Parameters:
  ///   - dataset: the images; its shape and labels fit the model.
  ///   - progress: called after each step.
  ///   - isCancelled: asked before each step; when it says yes, or the current task is cancelled, the epoch ends.
  /// - Throws: ``LayerError`` when the data does not fit the model, `CancellationError` when the epoch was cancelled,
  ///   ``CheckpointError`` when a checkpoint cannot be written.
  public func trainEpoch(
    on dataset: ImageDataset, progress report: (TrainingProgress) -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> EpochResult {
    try runner.check(dataset)
    let start = ContinuousClock.now
    if order.seed != seed { order = EpochOrder(seed: seed) }
    order.begin(epoch: epoch, count: dataset.count)
    return try dataset.pixels.withUnsafeBufferPointer { pixels in
      try dataset.labels.withUnsafeBufferPointer { labels in
        try trainEpoch(images: dataset.count, start, report, isCancelled) { done in
          let count = min(batchSize, dataset.count - done)
          order.indices.withUnsafeBufferPointer { order in
            runner.indices.update(from: order.baseAddress.unsafelyUnwrapped + done, count: count)
          }
          try runner.load(
            pixels: pixels.baseAddress.unsafelyUnwrapped, labels: labels.baseAddress.unsafelyUnwrapped, count: count)
          return count
        }
      }
    }
  }

  /// Trains on every batch of a loader once: on data sets of one's own, on images that are transformed, with batches that
  /// are prepared while steps run. The loader's own seed determines the order.
  ///
  /// An epoch that ended early, because it was cancelled or comes from a checkpoint, goes on where it stopped.
  ///
  /// - Throws: ``LayerError`` when the batches do not fit the model, what reading an image throws, and as
  ///   ``trainEpoch(on:progress:isCancelled:)``.
  public func trainEpoch(
    on loader: BatchLoader, progress report: (TrainingProgress) -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> EpochResult {
    guard loader.batchSize == batchSize else {
      throw LayerError.invalidValue(
        layer: "Trainer", name: "the loader's batch size", value: "\(loader.batchSize)", expected: "\(batchSize)")
    }
    let start = ContinuousClock.now
    loader.start(epoch: epoch, fromBatch: (progress.done + batchSize - 1) / batchSize)
    defer { loader.stop() }
    return try trainEpoch(images: loader.imageCount, start, report, isCancelled) { _ in
      guard let batch = try loader.next() else { return 0 }
      return try runner.load(batch)
    }
  }

  /// The loop of an epoch; `load` brings the next batch to the model's input and says how many images it has.
  private func trainEpoch(
    images: Int, _ start: ContinuousClock.Instant, _ report: (TrainingProgress) -> Void, _ isCancelled: () -> Bool,
    load: (_ done: Int) throws -> Int
  ) throws -> EpochResult {
    if progress.images == 0 { progress.images = images }
    guard progress.images == images else {
      throw LayerError.invalidValue(
        layer: "Trainer", name: "the number of images", value: "\(images)",
        expected: "\(progress.images), as in the part of the epoch that is done")
    }
    while progress.done < images {
      if isCancelled() || Task.isCancelled { throw CancellationError() }
      let count = try load(progress.done)
      guard count > 0 else { break }
      let total = try step(count: count, isLast: progress.done + count >= images)
      progress.loss += total.loss
      progress.correct += total.correct
      progress.ignored += total.ignored
      progress.done += count
      report(
        TrainingProgress(
          epoch: epoch, imagesDone: progress.done, images: images, loss: progress.loss / Double(progress.done)))
      if let plan = checkpoints, plan.isDue(updates: updates), accumulator.passes == 0 { try save(to: plan.file) }
    }
    let count = Double(max(progress.done, 1))
    let judged = progress.done * runner.pixels - progress.ignored
    let result = EpochResult(
      loss: progress.loss / count, accuracy: Double(progress.correct) / Double(max(judged, 1)),
      seconds: (ContinuousClock.now - start) / .seconds(1), images: progress.done)
    epoch += 1
    if let plan = checkpoints, plan.isDue(epochs: epoch) { try save(to: plan.file) }
    return result
  }

  /// One training step on images of a data set, at most ``batchSize``; returns the mean loss before the update.
  public func step(on dataset: ImageDataset, indices: [Int]) throws(LayerError) -> Float {
    try runner.check(dataset)
    guard indices.count <= batchSize, indices.allSatisfy({ 0..<dataset.count ~= $0 }) else {
      throw .invalidValue(
        layer: "Trainer", name: "indices", value: "\(indices)",
        expected: "at most \(batchSize) of 0 ..< \(dataset.count)")
    }
    for i in indices.indices { runner.indices[i] = Int32(truncatingIfNeeded: indices[i]) }
    let count = indices.count
    guard count > 0 else { return 0 }
    try dataset.pixels.withUnsafeBufferPointer { (pixels) throws(LayerError) in
      try dataset.labels.withUnsafeBufferPointer { (labels) throws(LayerError) in
        guard let pixels = pixels.baseAddress, let labels = labels.baseAddress else { return }
        try runner.load(pixels: pixels, labels: labels, count: count)
      }
    }
    return Float(try step(count: count, isLast: false).loss / Double(count))
  }

  /// One training step on a tensor of images, `[count]` and then the model's input shape, at most ``batchSize`` of them;
  /// returns the mean loss before the update. Where the model's output is scores of pixels, `[classes, height, width]`,
  /// labels are those of all pixels, `[count, height, width]` in row-major order.
  public func step(_ input: Tensor, labels: [Int]) throws(LayerError) -> Float {
    let count = try runner.load(input, labels: labels)
    guard count > 0 else { return 0 }
    return Float(try step(count: count, isLast: false).loss / Double(count))
  }

  /// One training step on a tensor of images and what the network should make of them, such as the images themselves, or
  /// the probabilities of classes; returns the mean loss before the update.
  public func step(_ input: Tensor, targets: Tensor) throws(LayerError) -> Float {
    let count = try runner.load(input, targets: targets)
    guard count > 0 else { return 0 }
    return Float(try step(count: count, isLast: false).loss / Double(count))
  }

  /// Forward and backward pass of the batch that was loaded and, where enough are accumulated, the update.
  private func step(count: Int, isLast: Bool) throws(LayerError) -> BatchTotal {
    let total = try runner.run(count: count, trains: true)
    if batchesPerUpdate > 1 || accumulator.passes > 0 {
      // A batch counts by its images in a mean, and as it is in a sum.
      let isMean = lossReduction == .mean || lossReduction == .batchMean
      accumulatedWeight = isMean ? accumulatedWeight + Float(count) : 1
      guard accumulator.passes + 1 >= batchesPerUpdate || isLast else {
        accumulator.add(scale: isMean ? Float(count) : 1)
        return total
      }
      accumulator.finish(scale: isMean ? Float(count) : 1, over: accumulatedWeight)
      accumulatedWeight = 0
    }
    update()
    return total
  }

  private func update() {
    applySchedule()
    optimizer.step()
    updates += 1
    weightAverage?.update()
  }

  private func applySchedule() {
    guard let schedule else { return }
    let time = scheduleUnit == .epoch ? epoch : updates
    if baseRates.count == 1 {
      optimizer.learningRate = Float(schedule.learningRate(at: time, from: Double(baseRates[0])))
    } else {
      optimizer.learningRates = baseRates.map { Float(schedule.learningRate(at: time, from: Double($0))) }
    }
    if let momentum = schedule.momentum(at: time) { optimizer.momentum = Float(momentum) }
  }

  /// The loss and accuracy on a data set, whose images and labels fit the model.
  ///
  /// - Parameters:
  ///   - dataset: the images.
  ///   - isCancelled: asked before each batch; when it says yes, or the current task is cancelled, the evaluation ends.
  /// - Throws: ``LayerError`` when the data does not fit the model, `CancellationError` when it was cancelled.
  public func evaluate(on dataset: ImageDataset, isCancelled: () -> Bool = { false }) throws -> EvaluationResult {
    try evaluate(on: dataset, isCancelled) { _, _ in }
  }

  /// The loss and accuracy on the batches of a loader, in its first epoch.
  public func evaluate(on loader: BatchLoader, isCancelled: () -> Bool = { false }) throws -> EvaluationResult {
    let runner = try evaluationRunner()
    guard loader.batchSize <= runner.plan.batchSize else {
      throw LayerError.invalidValue(
        layer: "Trainer", name: "the loader's batch size", value: "\(loader.batchSize)",
        expected: "at most \(runner.plan.batchSize), the trainer's evaluationBatchSize")
    }
    loader.start(epoch: 0)
    defer { loader.stop() }
    let load = { (_: Int) in try loader.next().map { try runner.load($0) } ?? 0 }
    return try evaluate(runner, isCancelled, load) { _, _ in }
  }

  /// How often images of each class are taken for each class; images of a label that the loss ignores are left out.
  public func confusionMatrix(
    on dataset: ImageDataset, isCancelled: () -> Bool = { false }
  ) throws -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: model.outputShape.dimensions.first ?? 1)
    _ = try evaluate(on: dataset, isCancelled) { runner, count in
      let results = runner.predictions
      for i in 0..<count where !runner.isIgnored(results.labels[i]) {
        try matrix.add(label: Int(results.labels[i]), prediction: Int(results.predicted[i]))
      }
    }
    return matrix
  }

  private func evaluationRunner() throws(LayerError) -> BatchRunner {
    if let evaluator { return evaluator }
    let runner = try makeEvaluator()
    evaluator = runner
    return runner
  }

  private func evaluate(
    on dataset: ImageDataset, _ isCancelled: () -> Bool, done: (BatchRunner, Int) throws -> Void
  ) throws -> EvaluationResult {
    let runner = try evaluationRunner()
    try runner.check(dataset)
    return try dataset.pixels.withUnsafeBufferPointer { pixels in
      try dataset.labels.withUnsafeBufferPointer { labels in
        try evaluate(
          runner, isCancelled,
          { done in
            let count = min(runner.plan.batchSize, dataset.count - done)
            guard count > 0, let pixels = pixels.baseAddress, let labels = labels.baseAddress else { return 0 }
            for i in 0..<count { runner.indices[i] = Int32(truncatingIfNeeded: done + i) }
            try runner.load(pixels: pixels, labels: labels, count: count)
            return count
          }, done: done)
      }
    }
  }

  /// The loop of an evaluation; `load` brings the next batch and says how many images it has, 0 behind the last.
  private func evaluate(
    _ runner: BatchRunner, _ isCancelled: () -> Bool, _ load: (_ done: Int) throws -> Int,
    done: (BatchRunner, Int) throws -> Void
  ) throws -> EvaluationResult {
    var total = BatchTotal()
    var images = 0
    while true {
      if isCancelled() || Task.isCancelled { throw CancellationError() }
      let count = try load(images)
      if count == 0 { break }
      let batch = try runner.run(count: count, trains: false)
      total.loss += batch.loss
      total.correct += batch.correct
      total.ignored += batch.ignored
      images += count
      try done(runner, count)
    }
    let judged = images * runner.pixels - total.ignored
    return EvaluationResult(
      loss: total.loss / Double(max(images, 1)), accuracy: Double(total.correct) / Double(max(judged, 1)),
      images: images)
  }
}

/// What a ``Schedule``'s unit of time is in training.
public enum ScheduleUnit: String, Sendable, CaseIterable {
  /// The epochs that are done.
  case epoch
  /// The updates that are done.
  case update
}

/// How far an epoch has come.
struct EpochProgress: Equatable {
  /// The images of the whole epoch; 0 before it began.
  var images = 0
  /// Those that were trained on.
  var done = 0
  /// The sum of their losses.
  var loss = 0.0
  /// How many of them, or of their pixels, were classified rightly.
  var correct = 0
  /// How many labels were ignored by the loss, so that no prediction is right or wrong.
  var ignored = 0
}
