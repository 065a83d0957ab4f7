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
/// optimiser that does so, ``Optimizer/clipped(_:)``. All that training depends on can be saved at any step, and training
/// goes on from it with the same bits: ``save(to:)``, ``resume(from:)``, ``checkpoints``.
///
/// The images of data sets and loaders are colours from 0 to 1, which the trainer's ``normalization`` brings to what the
/// model takes, in training and evaluation alike; tensors that are handed to ``step(_:labels:)`` are taken as they are.
///
/// ``fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)`` runs the
/// whole training: epochs, validation, early stopping, checkpoints and history.
public final class Trainer {
  public let model: Model
  public let batchSize: Int
  /// How the colours of data sets and loaders become the model's input.
  public let normalization: Normalization
  /// The names of the classes, which checkpoints hold: those of the first data set that has some, unless they are set.
  public var classNames: [String] = []
  /// What the epochs of ``fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)``
  /// came to.
  public internal(set) var history = TrainingHistory()
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
  /// Where and how often ``trainEpoch(on:progress:isCancelled:)-(Dataset,_,_)`` saves; nil for never.
  public var checkpoints: CheckpointPolicy?
  /// Strings of one's own that checkpoints hold in their metadata; asked for whenever a checkpoint is made. A key that the
  /// trainer or the model has itself stays theirs.
  public var checkpointMetadata: () -> [String: String] = { [:] }

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
  /// The model as it was after the best epoch, where early stopping is to restore it.
  var best: BestState?
  let accumulator: GradientAccumulator
  /// What the accumulated gradients are to be divided by.
  var accumulatedWeight: Float = 0
  private let lossReduction: LossReduction
  let runner: BatchRunner
  private let makeEvaluator: () throws(LayerError) -> BatchRunner
  private var evaluator: BatchRunner?
  var order: EpochOrder

  /// Plans training and everything that it needs but the evaluation, which is planned when it is first asked for.
  ///
  /// - Parameters:
  ///   - model: what is trained.
  ///   - optimizer: how its parameters follow their gradients.
  ///   - loss: what is minimised.
  ///   - batchSize: the images of a step; the last step of an epoch takes those that remain.
  ///   - normalization: how the colours of data sets and loaders, 0 to 1, become the model's input.
  ///   - evaluationBatchSize: the images of a forward pass in an evaluation; the results do not depend on it.
  ///   - seed: determines the order of the images.
  ///   - threads: how many threads share the work of a kernel; the results do not depend on it.
  ///   - level: the instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  public init(
    model: Model, optimizer: any Optimizer, loss: any Loss = CrossEntropy(), batchSize: Int,
    normalization: Normalization = .signedUnit, evaluationBatchSize: Int = 100, seed: UInt64 = 0, threads: Int = 1,
    level: InstructionSet? = nil
  ) throws(LayerError) {
    self.model = model
    self.batchSize = batchSize
    self.normalization = normalization
    self.seed = seed
    order = EpochOrder(seed: seed)
    lossReduction = loss.reduction
    self.optimizer = try optimizer.plan(model, threads: threads, level: level)
    optimizerName = optimizer.name
    baseRates = self.optimizer.learningRates
    accumulator = try GradientAccumulator(model, threads: threads, level: level)
    runner = try BatchRunner(
      model.plan(batchSize: batchSize, mode: .training, threads: threads, level: level), loss, normalization)
    makeEvaluator = { () throws(LayerError) in
      try BatchRunner(
        model.plan(batchSize: evaluationBatchSize, mode: .inference, threads: threads, level: level), loss,
        normalization)
    }
  }

  /// Plans steps of `count` images, so that the first of them allocates nothing either.
  public func prepare(count: Int) throws(LayerError) {
    try runner.prepare(count: count)
  }

  /// One training step on images of a data set, at most ``batchSize``; returns the mean loss before the update.
  public func step(on dataset: some Dataset, indices: [Int]) throws -> Float {
    try runner.check(dataset)
    guard indices.count <= batchSize, indices.allSatisfy({ 0..<dataset.count ~= $0 }) else {
      throw TrainingError.invalidArgument(
        name: "indices", value: "\(indices)", expected: "at most \(batchSize) of 0 ..< \(dataset.count)")
    }
    for i in indices.indices { runner.indices[i] = Int32(truncatingIfNeeded: indices[i]) }
    let count = indices.count
    guard count > 0 else { return 0 }
    try runner.load(dataset, count: count)
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
  func step(count: Int, isLast: Bool) throws(LayerError) -> BatchTotal {
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

  /// What evaluates; planned when it is first asked for.
  func evaluationRunner() throws(LayerError) -> BatchRunner {
    if let evaluator { return evaluator }
    let runner = try makeEvaluator()
    evaluator = runner
    return runner
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
      optimizer.learningRate = Float(
        schedule.learningRate(at: time, from: Double(baseRates[0]), after: history))
    } else {
      optimizer.learningRates = baseRates.map {
        Float(schedule.learningRate(at: time, from: Double($0), after: history))
      }
    }
    if let momentum = schedule.momentum(at: time) { optimizer.momentum = Float(momentum) }
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
  /// The time that the part which is done took, without writing checkpoints.
  var seconds = 0.0
  /// What the order of the images follows from.
  var seed: UInt64 = 0
}
