import Foundation
import Kernels
import Layers

/// One training: a model and its trainer, made from a recipe.
///
/// The commands `conv`, `mlp`, `train` and `study` all train through it: they differ in what they sweep and what they
/// print.
final class TrainingSession {
  let recipe: Recipe
  let data: TrainingData
  let model: Model
  let trainer: Trainer
  let level: InstructionSet

  /// - Parameters:
  ///   - network: the network, for the shape and the classes of the data.
  ///   - recipe: how it is trained.
  ///   - data: what it is trained on.
  ///   - seed: what the first weights, the order of the images, dropout and augmentation follow from.
  init(
    _ network: ModelDescription, recipe: Recipe, data: TrainingData, seed: UInt64, threads: Int, level: InstructionSet
  ) throws {
    self.recipe = recipe
    self.data = data
    self.level = level
    model = try TrainingSession.makeModel(network, recipe, seed: seed)
    // A batch is never larger than the set: memory for more would be for nothing.
    trainer = try Trainer(
      model: model, optimizer: recipe.optimizer.makeOptimizer(),
      loss: recipe.loss.makeLoss(labelSmoothing: recipe.labelSmoothing),
      batchSize: max(min(recipe.batchSize, data.training.count), 1),
      normalization: recipe.normalization.make(for: data.training), seed: seed, threads: threads, level: level)
    trainer.classNames = data.training.classNames
    trainer.batchesPerUpdate = recipe.batchesPerUpdate
    trainer.schedule = recipe.schedule.makeSchedule(
      learningRate: recipe.optimizer.learningRate, epochs: recipe.epochs,
      updatesPerEpoch: TrainingSession.updatesPerEpoch(images: data.training.count, recipe))
    trainer.scheduleUnit = recipe.schedule.unit
    if let rule = recipe.average.rule {
      trainer.weightAverage = try WeightAverage(model, rule, threads: threads, level: level)
    }
  }

  private static func makeModel(_ network: ModelDescription, _ recipe: Recipe, seed: UInt64) throws -> Model {
    guard recipe.loss.takesLogProbabilities else { return try Model(network, seed: seed) }
    // The parameters keep their names: those of an inner Sequential get no prefix but their own position.
    return try Model(Sequential(network.network(), LogSoftmax()), inputShape: network.inputShape, seed: seed)
  }

  static func updatesPerEpoch(images: Int, _ recipe: Recipe) -> Int {
    let batch = max(min(recipe.batchSize, images), 1)
    let batches = (images + batch - 1) / batch
    return (batches + recipe.batchesPerUpdate - 1) / recipe.batchesPerUpdate
  }

  /// Trains until all epochs are done, early stopping ends it, or it is cancelled.
  func run(
    historyFile: HistoryFile? = nil, isCancelled: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> TrainingOutcome {
    let shape = data.training.imageShape
    return try trainer.fit(
      data.training, validation: data.validation, epochs: recipe.epochs,
      transforms: recipe.augmentation.transforms(imageShape: shape),
      inputTransforms: recipe.inputAugmentation.transforms(imageShape: shape), mixing: recipe.mixing.make(),
      earlyStopping: recipe.patience.map { EarlyStopping(patience: $0) }, historyFile: historyFile,
      onEvent: onEvent, isCancelled: isCancelled)
  }

  /// Runs `body` with the average of the weights in the model, where there is one.
  func withFinalWeights<Result>(_ body: () throws -> Result) throws -> Result {
    guard let average = trainer.weightAverage else { return try body() }
    return try average.withAveragedWeights(body)
  }
}
