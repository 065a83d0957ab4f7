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
public final class Trainer {
  public let model: Model
  public let batchSize: Int
  /// Determines the order of the images, epoch by epoch.
  public let seed: UInt64
  /// The number of epochs that were trained. The order of an epoch follows from it and the seed alone.
  public var epoch = 0

  /// The size of the next step.
  public var learningRate: Float {
    get { optimizer.learningRate }
    set { optimizer.learningRate = newValue }
  }

  private let optimizer: any PlannedOptimizer
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
    self.optimizer = try optimizer.plan(model, threads: threads, level: level)
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
  /// - Parameters:
  ///   - dataset: the images; its shape and labels fit the model.
  ///   - progress: called after each step.
  ///   - isCancelled: asked before each step; when it says yes, or the current task is cancelled, the epoch ends.
  /// - Throws: ``LayerError`` when the data does not fit the model, `CancellationError` when the epoch was cancelled.
  public func trainEpoch(
    on dataset: ImageDataset, progress: (TrainingProgress) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> EpochResult {
    try runner.check(dataset)
    let start = ContinuousClock.now
    order.begin(epoch: epoch, count: dataset.count)
    var total = BatchTotal()
    try dataset.pixels.withUnsafeBufferPointer { pixels in
      try dataset.labels.withUnsafeBufferPointer { labels in
        guard let pixels = pixels.baseAddress, let labels = labels.baseAddress else { return }
        var done = 0
        while done < dataset.count {
          if isCancelled() || Task.isCancelled { throw CancellationError() }
          let count = min(batchSize, dataset.count - done)
          order.indices.withUnsafeBufferPointer { order in
            runner.indices.update(from: order.baseAddress.unsafelyUnwrapped + done, count: count)
          }
          try runner.load(pixels: pixels, labels: labels, count: count)
          let batch = try step(count: count)
          total.loss += batch.loss
          total.correct += batch.correct
          done += count
          progress(
            TrainingProgress(
              epoch: epoch, imagesDone: done, images: dataset.count, loss: total.loss / Double(done)))
        }
      }
    }
    epoch += 1
    let images = Double(max(dataset.count, 1))
    return EpochResult(
      loss: total.loss / images, accuracy: Double(total.correct) / images,
      seconds: (ContinuousClock.now - start) / .seconds(1), images: dataset.count)
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
    return Float(try step(count: count).loss / Double(count))
  }

  /// One training step on a tensor of images, `[count]` and then the model's input shape, at most ``batchSize`` of them;
  /// returns the mean loss before the update.
  public func step(_ input: Tensor, labels: [Int]) throws(LayerError) -> Float {
    let count = try runner.load(input, labels: labels)
    guard count > 0 else { return 0 }
    return Float(try step(count: count).loss / Double(count))
  }

  private func step(count: Int) throws(LayerError) -> BatchTotal {
    let total = try runner.run(count: count, trains: true)
    optimizer.step()
    return total
  }

  /// The loss and accuracy on a data set, whose images and labels fit the model.
  ///
  /// - Parameters:
  ///   - dataset: the images.
  ///   - isCancelled: asked before each batch; when it says yes, or the current task is cancelled, the evaluation ends.
  /// - Throws: ``LayerError`` when the data does not fit the model, `CancellationError` when it was cancelled.
  public func evaluate(on dataset: ImageDataset, isCancelled: () -> Bool = { false }) throws -> EvaluationResult {
    let runner: BatchRunner
    if let evaluator { runner = evaluator } else { runner = try makeEvaluator() }
    evaluator = runner
    try runner.check(dataset)
    var total = BatchTotal()
    try dataset.pixels.withUnsafeBufferPointer { pixels in
      try dataset.labels.withUnsafeBufferPointer { labels in
        guard let pixels = pixels.baseAddress, let labels = labels.baseAddress else { return }
        var done = 0
        while done < dataset.count {
          if isCancelled() || Task.isCancelled { throw CancellationError() }
          let count = min(runner.plan.batchSize, dataset.count - done)
          for i in 0..<count { runner.indices[i] = Int32(truncatingIfNeeded: done + i) }
          try runner.load(pixels: pixels, labels: labels, count: count)
          let batch = try runner.run(count: count, trains: false)
          total.loss += batch.loss
          total.correct += batch.correct
          done += count
        }
      }
    }
    let images = Double(max(dataset.count, 1))
    return EvaluationResult(
      loss: total.loss / images, accuracy: Double(total.correct) / images, images: dataset.count)
  }
}
