import Foundation
import Kernels
import Layers

/// One training: a model and its trainer, made from a recipe.
///
/// The commands `conv`, `mlp`, `train` and `study` all train through it: they differ in what they sweep and what they
/// print.
final class TrainingSession {
  let network: ModelDescription
  let recipe: Recipe
  let data: TrainingData
  let model: Model
  let trainer: Trainer
  let level: InstructionSet

  /// The images of a forward pass of an evaluation.
  static let evaluationBatchSize = 100

  /// - Parameters:
  ///   - network: the network, for the shape and the classes of the data.
  ///   - recipe: how it is trained.
  ///   - data: what it is trained on.
  ///   - seed: what the first weights, the order of the images, dropout and augmentation follow from.
  init(
    _ network: ModelDescription, recipe: Recipe, data: TrainingData, seed: UInt64, threads: Int, level: InstructionSet
  ) throws {
    self.network = network
    self.recipe = recipe
    self.data = data
    self.level = level
    model = try TrainingSession.makeModel(network, recipe, seed: seed)
    model.precision = recipe.precision ?? .direct
    let normalization = try recipe.normalization.make(for: data.training)
    if let images = recipe.whiteningImages {
      try TrainingSession.whiten(model, data.training, images: images, normalization)
    }
    // Parameters that are frozen before the end have a rate that falls to 0 until then.
    let ending = (recipe.freezing ?? []).filter { $0.epochs > 0 }
    // A batch is never larger than the set: memory for more would be for nothing.
    trainer = try Trainer(
      model: model, optimizer: recipe.optimizer.makeOptimizer(separate: ending.map(\.prefix)),
      loss: recipe.loss.makeLoss(labelSmoothing: recipe.labelSmoothing, isSummed: recipe.sumsLoss ?? false),
      batchSize: max(min(recipe.batchSize, data.training.count), 1),
      normalization: normalization,
      evaluationBatchSize: TrainingSession.evaluationBatchSize, seed: seed, threads: threads, level: level)
    trainer.classNames = data.training.classNames
    // A network with a layer behind it does not know which one it is.
    trainer.checkpointMetadata = { [ModelDescription.metadataKey: network.json] }
    trainer.batchesPerUpdate = recipe.batchesPerUpdate
    let updates = TrainingSession.updatesPerEpoch(images: data.training.count, recipe)
    trainer.schedule = recipe.schedule.makeSchedule(
      learningRate: recipe.optimizer.learningRate, epochs: recipe.epochs, updatesPerEpoch: updates)
    trainer.scheduleUnit = recipe.schedule.unit
    if recipe.schedule.isLinearDecay, let groups = recipe.optimizer.separateGroups(ending.map(\.prefix)) {
      for (group, freezing) in zip(groups, ending) {
        trainer.groupSchedules[group] = recipe.schedule.makeSchedule(
          learningRate: recipe.optimizer.learningRate, epochs: freezing.epochs, updatesPerEpoch: updates)
      }
    }
    try freeze()
    if let rule = recipe.average.rule {
      trainer.weightAverage = try WeightAverage(model, rule, threads: threads, level: level)
    }
  }

  /// Makes the weights of the first convolution those that whiten patches of the first training images.
  private static func whiten(
    _ model: Model, _ training: any Dataset, images: Int, _ normalization: Normalization
  ) throws {
    guard
      let first = model.parameters.first(where: { $0.role != .buffer }), first.shape.rank == 4,
      first.shape[0] == 2 * first.shape.dimensions.dropFirst().reduce(1, *)
    else {
      throw UsageError(
        "--whitening needs a network that begins with a convolution of twice as many channels as a patch has numbers; "
          + "expected airbench94")
    }
    let count = min(images, training.count)
    var input = try Tensor(shape: training.imageShape.batched(count))
    let size = training.imageShape.count
    try input.withUnsafeMutableBufferPointer { pixels in
      for i in 0..<count {
        try training.readImage(at: i, into: UnsafeMutableBufferPointer(rebasing: pixels[(i * size)..<((i + 1) * size)]))
      }
    }
    let plane = size / training.imageShape[0]
    let mean = normalization.mean.map { Float($0) }
    let deviation = normalization.standardDeviation.map { Float($0) }
    input.withUnsafeMutableBufferPointer { pixels in
      for i in pixels.indices {
        let channel = i % size / plane
        pixels[i] = (pixels[i] - mean[channel % mean.count]) / deviation[channel % deviation.count]
      }
    }
    try model.setParameter(
      first.name, to: Whitening.weights(input, kernelSize: Size2D(first.shape[2], first.shape[3])))
  }

  /// Freezes the parameters whose time is over.
  func freeze() throws {
    for freezing in recipe.freezing ?? [] where freezing.epochs <= trainer.epoch { try model.freeze(freezing.prefix) }
  }

  private static func makeModel(_ network: ModelDescription, _ recipe: Recipe, seed: UInt64) throws -> Model {
    guard recipe.loss.takesLogProbabilities else { return try Model(network, seed: seed) }
    // Under an empty name, the parameters keep theirs.
    return try Model(
      Sequential(network.network().named(""), LogSoftmax()), inputShape: network.inputShape, seed: seed)
  }

  /// How often an epoch changes the parameters.
  var updatesPerEpoch: Int { TrainingSession.updatesPerEpoch(images: data.training.count, recipe) }

  /// The network's name in reports, such as `ResNet-18`.
  var title: String { (try? ModelCatalogue.entry(network.id).title) ?? network.id.rawValue }

  /// Whether the network makes images, so that it has no accuracy.
  var isReconstruction: Bool { data.training.targetsAreImages }

  /// What is done to training images, anew in each epoch.
  var transforms: [any ImageTransform] { recipe.augmentation.transforms(imageShape: data.training.imageShape) }

  /// What is then done to the input alone.
  var inputTransforms: [any ImageTransform] {
    recipe.inputAugmentation.transforms(imageShape: data.training.imageShape)
  }

  /// Whether a loader makes the batches, and not the trainer.
  var transformsBatches: Bool {
    !recipe.augmentation.isEmpty || !recipe.inputAugmentation.isEmpty || recipe.mixing != .none
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
    try trainer.fit(
      data.training, validation: data.validation, epochs: recipe.epochs, transforms: transforms,
      inputTransforms: inputTransforms, mixing: recipe.mixing.make(),
      // The average is what is wanted in the end, and not the best epoch.
      earlyStopping: recipe.patience.map { EarlyStopping(patience: $0, restoresBest: recipe.average == .none) },
      historyFile: historyFile,
      onEvent: { event in
        if case .epoch = event { try freeze() }
        try onEvent(event)
      }, isCancelled: isCancelled)
  }

  /// Evaluates on data, by the recipe's views of each image.
  func evaluateFinally(
    on dataset: any Dataset, isCancelled: () -> Bool
  ) throws -> (result: EvaluationResult, confusion: ConfusionMatrix?) {
    guard !isReconstruction else { return (try trainer.evaluate(on: dataset, isCancelled: isCancelled), nil) }
    if let views = recipe.views?.views {
      let evaluation = try trainer.evaluate(on: dataset, views: views, isCancelled: isCancelled)
      return (evaluation.result, evaluation.confusion)
    }
    return (
      try trainer.evaluate(on: dataset, isCancelled: isCancelled),
      try trainer.confusionMatrix(on: dataset, isCancelled: isCancelled)
    )
  }

  /// The model as a ``Predictor`` reads it.
  func modelState() -> SafeTensors {
    var state = trainer.modelState()
    state.metadata[ModelDescription.metadataKey] = network.json
    return state
  }

  /// Runs `body` with the average of the weights in the model, where there is one.
  func withFinalWeights<Result>(_ body: () throws -> Result) throws -> Result {
    guard let average = trainer.weightAverage else { return try body() }
    return try average.withAveragedWeights(body)
  }
}
