import Layers

/// The studies by name, in the order of their subjects.
enum StudyCatalogue {
  static let studies: [Study] = [
    .scratch, .learningRateAdam, .learningRateSGD, .learningRateAdam32, .learningRateWide, .scheduleLinear,
    .scheduleStep, .epochs, .epochsMany, .batchSizeAdam, .batchSizeSGD, .batchSizeTime, .batchSizeExtremes, .speed,
    .loss, .augmentationCropFlip, .augmentationRotateBlur, .augmentationResizedCrop, .augmentationRotateNoise,
    .activation, .depthActivation, .trainingSize, .fullyConnected, .fashionEpochs, .fashionOptimizer,
    .autoencoderLearningRate, .autoencoderWidth, .autoencoderEpochs, .improvedCNN, .cifar94, .precision, .bestSettings,
  ]

  /// - Throws: ``UsageError`` that lists the names.
  static func study(_ id: String) throws(UsageError) -> Study {
    guard let study = studies.first(where: { $0.id == id }) else {
      throw UsageError(
        "there is no study '\(id)'; expected one of \(studies.map(\.id).joined(separator: ", ")), or all")
    }
    return study
  }
}

extension DataRequest {
  /// CIFAR-10: trained on 50,000 images, validated and tested on 10,000.
  static let cifar10 = DataRequest(set: .cifar10)
  /// The five classes of Fashion-MNIST that R2 used: trouser, dress, sandal, sneaker, ankle boot.
  static let fiveFashionClasses = DataRequest(set: .fashionMNIST, classes: [1, 3, 5, 7, 9])
}

extension Setting {
  /// One training on CIFAR-10.
  static func cifar(
    _ label: String, _ model: ModelID, _ optimizer: OptimizerRecipe, batch: Int, epochs: Int,
    _ change: (inout Recipe) -> Void = { _ in }
  ) -> Setting {
    Setting(label, Stage(model: model, data: .cifar10, recipe: .plain(optimizer, batch: batch, epochs: epochs, change)))
  }

  /// One training of N1 on CIFAR-10.
  static func cifar(
    _ label: String, _ optimizer: OptimizerRecipe, batch: Int, epochs: Int,
    _ change: (inout Recipe) -> Void = { _ in }
  ) -> Setting {
    cifar(label, "n1", optimizer, batch: batch, epochs: epochs, change)
  }
}

extension Recipe {
  static func plain(
    _ optimizer: OptimizerRecipe, batch: Int, epochs: Int, _ change: (inout Recipe) -> Void = { _ in }
  ) -> Recipe {
    var recipe = Recipe(batchSize: batch, epochs: epochs, optimizer: optimizer)
    change(&recipe)
    return recipe
  }
}

extension ReportedFigure {
  /// An accuracy on the test or validation images, in percent as it is printed.
  static func test(_ setting: String, _ percent: Double, _ source: String, _ objection: String? = nil) -> ReportedFigure
  {
    ReportedFigure(
      setting: setting, source: source, value: .figure(.testAccuracy, percent / 100), objection: objection)
  }

  static func training(
    _ setting: String, _ percent: Double, _ source: String, _ objection: String? = nil
  ) -> ReportedFigure {
    ReportedFigure(
      setting: setting, source: source, value: .figure(.trainingAccuracy, percent / 100), objection: objection)
  }

  /// The accuracy of each class, in percent as it is printed.
  static func classes(
    _ setting: String, _ part: ReportedPart, _ percents: [Double], _ source: String, _ objection: String? = nil
  ) -> ReportedFigure {
    ReportedFigure(
      setting: setting, source: source, value: .classAccuracies(part, percents.map { $0 / 100 }), objection: objection)
  }

  static func curve(
    _ setting: String, _ metric: Metric, _ values: [Double], _ source: String, _ objection: String? = nil
  ) -> ReportedFigure {
    ReportedFigure(setting: setting, source: source, value: .curve(metric, values), objection: objection)
  }

  /// The curves of R0, with what is known of them.
  static let goesOnFromEarlierTraining =
    "the report's run went on from an earlier training, and its validation loss is normalised otherwise"
}
