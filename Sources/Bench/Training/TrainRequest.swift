import Layers

/// The recipe and the data that the options of `bench train` describe.
extension TrainOptions {
  /// - Throws: ``UsageError`` for a text that is none, and for options that contradict each other.
  func recipe() throws -> Recipe {
    let isAutoencoder = try isAutoencoder
    try checkContradictions(isAutoencoder: isAutoencoder)
    var recipe = Recipe(batchSize: batchSize, epochs: epochs, optimizer: optimizer, precision: precision ?? .fast)
    recipe.schedule = try ScheduleRecipe(schedule, warmUpEpochs: warmUpEpochs)
    recipe.loss = loss ?? (isAutoencoder ? .meanSquaredError : .crossEntropy)
    recipe.labelSmoothing = labelSmoothing
    recipe.sumsLoss = sumsLoss ? true : nil
    recipe.whiteningImages = whiteningImages
    recipe.freezing = freezing.isEmpty ? nil : try freezing.map { text throws(UsageError) in try FreezingRecipe(text) }
    recipe.views = views
    recipe.augmentation = try Augmentation(augmentation ?? "")
    recipe.inputAugmentation = try Augmentation(inputAugmentation ?? "", option: "--input-augmentation")
    recipe.mixing = try MixingRecipe(mixing ?? "none")
    recipe.batchesPerUpdate = batchesPerUpdate
    recipe.average = try AverageRecipe(average ?? "none")
    recipe.patience = patience
    // The last layer of the autoencoders gives no negative numbers.
    recipe.normalization = normalization ?? (isAutoencoder ? .none : .signedUnit)
    _ = try recipe.optimizer.makeOptimizer()
    let loss = try recipe.loss.makeLoss(labelSmoothing: labelSmoothing, isSummed: sumsLoss)
    if recipe.mixing != .none, !loss.acceptsValues {
      throw UsageError(
        "--mixing gives images several classes, which --loss \(recipe.loss.rawValue) does not take; expected another loss"
      )
    }
    return recipe
  }

  func dataRequest() throws -> DataRequest {
    DataRequest(
      set: data, classes: classes.isEmpty ? nil : classes, validationShare: validationShare, fraction: fraction,
      added: try Augmentation(augmentedCopies ?? "", option: "--augmented-copies"),
      isReconstruction: try isAutoencoder, trainImages: trainImages, testImages: testImages)
  }

  /// The network for the images of the data.
  func network(for data: TrainingData) throws -> ModelDescription {
    try ModelDescription(
      model, inputShape: data.training.imageShape, classCount: isAutoencoder ? nil : data.training.classCount,
      options: TrainOptions.values(ofModelOptions: modelOptions))
  }

  /// The names and numbers of texts such as `dropout=0.3`.
  static func values(ofModelOptions texts: [String]) throws(UsageError) -> [String: Double] {
    var values: [String: Double] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, let value = Double(parts[1]) else {
        throw UsageError("--model-option is '\(text)'; expected a name, '=' and a number")
      }
      values[parts[0]] = value
    }
    return values
  }

  private var isAutoencoder: Bool { get throws { try ModelCatalogue.entry(model).classCount == nil } }

  private func checkContradictions(isAutoencoder: Bool) throws(UsageError) {
    func refuse(_ isWrong: Bool, _ message: String) throws(UsageError) {
      if isWrong { throw UsageError(message) }
    }
    if isAutoencoder {
      try refuse(
        loss != nil && loss != .meanSquaredError,
        "--loss \(loss?.rawValue ?? "") is for networks that classify; \(model) makes images, expected mean-squared-error"
      )
      try refuse(views != nil, "--views is for networks that classify; \(model) makes images")
      try refuse(
        targetAccuracy != nil, "--target-accuracy is for networks that classify; \(model) makes images")
      try refuse(mixing != nil, "--mixing is for networks that classify; \(model) makes images")
    } else {
      try refuse(
        inputAugmentation != nil,
        "--input-augmentation is for autoencoders; expected --augmentation with \(model), which classifies")
    }
    try refuse(
      warmUpEpochs >= epochs && warmUpEpochs > 0,
      "--warm-up is \(warmUpEpochs); expected less than the \(epochs) epochs")
    try refuse(
      checkpointUpdates != nil && checkpointPath == nil, "--checkpoint-updates needs --checkpoint FILE, where to save")
    try refuse(
      metricsEvery != nil && metrics == nil && tensorBoard == nil,
      "--metrics-every needs --metrics FILE.jsonl or --tensorboard DIR, where to log")
  }

  /// The options that name files of a training, and what belongs to them, with whether they are given.
  var fileOptions: KeyValuePairs<String, Bool> {
    [
      "--checkpoint": checkpoint != nil, "--checkpoint-updates": checkpointUpdates != nil, "--resume": resume != nil,
      "--best": best != nil, "--metrics": metrics != nil, "--metrics-every": metricsEvery != nil,
      "--tensorboard": tensorBoard != nil,
    ]
  }

  /// Checks the files that the options name, before a training begins.
  func checkFiles() throws(UsageError) {
    let isNew = resume == nil
    let named = [
      ("--checkpoint", checkpoint), ("--best", best), ("--metrics", metrics), ("--json", json),
    ].compactMap { option, path in path.map { (option: option, path: $0) } }
    for (i, file) in named.enumerated() {
      if let same = named[..<i].first(where: { $0.path == file.path && !file.path.hasPrefix("/dev/") }) {
        throw UsageError("\(file.option) is '\(file.path)', as is \(same.option); expected a file of its own")
      }
      if file.path == resume, file.option != "--checkpoint" {
        throw UsageError("\(file.option) is '\(file.path)', as is --resume; expected a file of its own")
      }
      let isReport = file.option == "--json"
      let isOther = file.option == "--checkpoint" && file.path != resume
      let isUnused = file.option == "--metrics" && !MetricsFile.holdsTraining(file.path)
      let output = try OutputFile(path: file.path, option: file.option)
      if !isReport, !isUnused, isNew || isOther { try output.requireNew() }
    }
    if let resume {
      try InputFile.check(resume, option: "--resume", expected: "a checkpoint of bench train")
      if checkpoint == nil { _ = try OutputFile(path: resume, option: "--resume") }
    }
    if let tensorBoard { try EventFolder.check(tensorBoard, mustBeNew: isNew) }
  }
}
