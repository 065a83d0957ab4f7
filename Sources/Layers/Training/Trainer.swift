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
/// For your own loop, call ``step(_:labels:)`` or ``step(on:indices:)``. A step allocates nothing after the first one
/// with its batch size. The same seeds and data give the same bits, with any number of threads.
///
/// ``schedule``, ``batchesPerUpdate`` and ``weightAverage`` set what a step does in addition; to clip gradients, use
/// ``Optimizer/clipped(_:)``. The complete state can be saved at any step, and a resumed training continues with the
/// same bits: ``save(to:)``, ``resume(from:)``, ``checkpoints``.
///
/// Images of data sets and loaders are colours from 0 to 1, to which the trainer applies its ``normalization``, in
/// training and evaluation alike; tensors passed to ``step(_:labels:)`` are not normalised.
///
/// ``fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)`` runs
/// the whole training: epochs, validation, early stopping, checkpoints and history.
public final class Trainer {
  /// The model that is trained.
  public let model: Model
  /// The number of images in a step.
  public let batchSize: Int
  /// The normalisation of the images of data sets and loaders, colours from 0 to 1.
  public let normalization: Normalization
  /// The names of the classes, which checkpoints store: unless set, those of the first data set that has names.
  public var classNames: [String] = []
  /// The results of the completed epochs, as recorded by
  /// ``fit(_:validation:epochs:transforms:inputTransforms:mixing:earlyStopping:historyFile:onEvent:isCancelled:)``.
  public internal(set) var history = TrainingHistory()
  /// The seed of the images' order in each epoch.
  public internal(set) var seed: UInt64
  /// The number of completed epochs. With the seed, it determines the order of the next epoch's images.
  public var epoch = 0 {
    didSet { progress = EpochProgress() }
  }
  /// The number of optimiser steps so far.
  public internal(set) var updates = 0

  /// The schedule of the learning rate; nil for a constant ``learningRate``. It is applied to each group's rate.
  public var schedule: (any Schedule)?
  /// Schedules that groups of parameters have in place of ``schedule``, by the group's position in
  /// ``PlannedOptimizer/learningRates``.
  public var groupSchedules: [Int: any Schedule] = [:]
  /// The schedules' unit of time.
  public var scheduleUnit = ScheduleUnit.epoch
  /// The number of batches whose gradients are accumulated for one update, as if they were one batch: the mean over all
  /// their images, or the sum for a loss with that reduction. Leftover batches at the end of an epoch form one smaller
  /// update.
  public var batchesPerUpdate = 1
  /// An average of the weights that is updated after every step: `average.withAveragedWeights { try
  /// trainer.evaluate(on: test) }`.
  public var weightAverage: WeightAverage?
  /// Where and how often the training is saved; nil for never.
  public var checkpoints: CheckpointPolicy?
  /// Your own strings for checkpoints' metadata; called whenever a checkpoint is made. They do not override keys of the
  /// trainer or the model.
  public var checkpointMetadata: () -> [String: String] = { [:] }

  /// The learning rate of the next step. With a ``schedule``, setting it sets the schedule's base.
  public var learningRate: Float {
    get { optimizer.learningRate }
    set {
      optimizer.learningRate = newValue
      baseRates = optimizer.learningRates
    }
  }

  let optimizer: any PlannedOptimizer
  let optimizerName: String
  /// The base learning rates of the optimiser's groups, for the schedule.
  var baseRates: [Float]
  /// How far the epoch has come.
  var progress = EpochProgress()
  /// The model after the best epoch, if early stopping restores it.
  var best: BestState?
  let accumulator: GradientAccumulator
  /// The divisor of the accumulated gradients.
  var accumulatedWeight: Float = 0
  private let lossReduction: LossReduction
  let runner: BatchRunner
  private let makeEvaluator: () throws -> BatchRunner
  private var evaluator: BatchRunner?
  var order: EpochOrder

  /// Plans training; the evaluation is planned at its first use.
  ///
  /// - Parameters:
  ///   - model: the model to train.
  ///   - optimizer: the rule that updates the parameters.
  ///   - loss: the loss to minimise.
  ///   - batchSize: the number of images in a step; the last step of an epoch may have fewer.
  ///   - normalization: the normalisation of the images of data sets and loaders, colours from 0 to 1.
  ///   - evaluationBatchSize: the number of images in a forward pass of an evaluation; results do not depend on it.
  ///   - seed: determines the order of the images in each epoch.
  ///   - threads: the number of threads that share the work of a kernel; results do not depend on it.
  ///   - level: the instruction-set level; nil for the best that the processor has and `KERNELS_ISA` permits.
  ///   - profile: lists and times the steps of the passes of ``batchSize`` images.
  /// - Throws: ``LayerError``, ``LossError`` or ``OptimizerError`` if the model, the loss or the optimiser cannot be
  ///   planned.
  public init(
    model: Model, optimizer: any Optimizer, loss: any Loss = CrossEntropy(), batchSize: Int,
    normalization: Normalization = .signedUnit, evaluationBatchSize: Int = 100, seed: UInt64 = 0, threads: Int = 1,
    level: InstructionSet? = nil, profile: PlanProfile? = nil
  ) throws {
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
      model.plan(batchSize: batchSize, mode: .training, threads: threads, level: level, profile: profile), loss,
      normalization)
    makeEvaluator = { () throws in
      try BatchRunner(
        model.plan(batchSize: evaluationBatchSize, mode: .inference, threads: threads, level: level), loss,
        normalization)
    }
  }

  /// The rows of the kernels' tables that run the passes of the model's convolutions, see
  /// ``ModelPlan/convolutionKernels``.
  public var convolutionKernels: [String] { runner.plan.convolutionKernels }

  /// Plans steps of `count` images in advance, so that the first one allocates nothing, too.
  public func prepare(count: Int) throws {
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

  /// One training step on images `[count] + inputShape`, at most ``batchSize`` of them; returns the mean loss before
  /// the update. If the model's output is scores of pixels, `[classes, height, width]`, there is a label for each
  /// pixel, `[count, height, width]` in row-major order.
  public func step(_ input: Tensor, labels: [Int]) throws -> Float {
    let count = try runner.load(input, labels: labels)
    guard count > 0 else { return 0 }
    return Float(try step(count: count, isLast: false).loss / Double(count))
  }

  /// One training step on images `[count] + inputShape` and targets `[count] + outputShape`, such as the images
  /// themselves, or class probabilities; returns the mean loss before the update.
  public func step(_ input: Tensor, targets: Tensor) throws -> Float {
    let count = try runner.load(input, targets: targets)
    guard count > 0 else { return 0 }
    return Float(try step(count: count, isLast: false).loss / Double(count))
  }

  /// The forward and backward pass of the loaded batch and, after ``batchesPerUpdate`` batches, the update.
  func step(count: Int, isLast: Bool) throws -> BatchTotal {
    try runner.choosingThreads(count: count) { try runStep(count: count, isLast: isLast) }
  }

  private func runStep(count: Int, isLast: Bool) throws -> BatchTotal {
    let total = try runner.run(count: count, trains: true)
    if batchesPerUpdate > 1 || accumulator.passes > 0 {
      // For a mean, batches are weighted by their images; for a sum, they are added.
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

  /// The runner of evaluations, planned at its first use.
  func evaluationRunner() throws -> BatchRunner {
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
    guard schedule != nil || !groupSchedules.isEmpty else { return }
    let time = scheduleUnit == .epoch ? epoch : updates
    func rate(_ group: Int) -> Float {
      guard let schedule = groupSchedules[group] ?? schedule else { return baseRates[group] }
      return Float(schedule.learningRate(at: time, from: Double(baseRates[group]), after: history))
    }
    if baseRates.count == 1 {
      optimizer.learningRate = rate(0)
    } else {
      optimizer.learningRates = baseRates.indices.map(rate)
    }
    if let momentum = schedule?.momentum(at: time) { optimizer.momentum = Float(momentum) }
  }
}

/// A ``Schedule``'s unit of time in training.
public enum ScheduleUnit: String, Sendable, CaseIterable {
  /// Time counts completed epochs.
  case epoch
  /// Time counts optimiser steps.
  case update
}

/// The progress of an epoch, with the sums for its result.
struct EpochProgress: Equatable {
  /// The number of images in the whole epoch; 0 before it starts.
  var images = 0
  /// The number of images processed.
  var done = 0
  /// The sum of the losses of the images processed.
  var loss = 0.0
  /// The number of images, or pixels, that were classified correctly.
  var correct = 0
  /// The number of labels that the loss ignored.
  var ignored = 0
  /// The time spent so far, in seconds, without writing checkpoints.
  var seconds = 0.0
  /// The seed of the images' order.
  var seed: UInt64 = 0
}
