import Layers

/// A complete training by name, for `bench train --recipe` and for studies: a network, and how it is trained.
enum NamedRecipe: String, CaseIterable {
  /// Jordan's cifar10-airbench with Muon (2024): CIFAR-10 to 94 % in eight epochs.
  case airbench94

  var model: ModelID {
    switch self {
    case .airbench94: "airbench94"
    }
  }

  var recipe: Recipe {
    switch self {
    case .airbench94: .airbench94
    }
  }
}

extension Recipe {
  /// The filters by Muon, everything else by SGD with large rates for a loss whose scores are divided by 256; what is
  /// shrunk by a step is 2·10⁻⁶ for each image of the batch.
  static let airbench94: Recipe = {
    var optimizer = OptimizerRecipe(rule: .muon, learningRate: 0.24, momentum: 0.6, nesterov: true)
    optimizer.others = .init(learningRate: 0.053, linearLearningRate: 0.67, momentum: 0.85, shrinkage: 2e-6 * 2000)
    return .plain(optimizer, batch: 2000, epochs: 8) {
      $0.schedule = .text("linear-decay")
      $0.labelSmoothing = 0.2
      $0.sumsLoss = true
      $0.augmentation = .text("crop-reflect:2,alternating-flip")
      $0.normalization = .data
      $0.whiteningImages = 5000
      $0.freezing = AirbenchCNN().frozenNames.map { .name($0) } + [.name("whiten.bias", epochs: 3)]
      $0.views = .six
      $0.precision = .fast
    }
  }()
}

extension TrainOptions {
  /// The options of a training by name; a command line changes single ones.
  init(_ named: NamedRecipe) {
    let recipe = named.recipe
    self.recipeName = named
    model = named.model
    batchSize = recipe.batchSize
    epochs = recipe.epochs
    optimizer = recipe.optimizer
    schedule = recipe.schedule.text
    warmUpEpochs = recipe.schedule.warmUpEpochs
    loss = recipe.loss
    labelSmoothing = recipe.labelSmoothing
    sumsLoss = recipe.sumsLoss ?? false
    augmentation = recipe.augmentation.description
    normalization = recipe.normalization
    whiteningImages = recipe.whiteningImages
    freezing = (recipe.freezing ?? []).map(\.text)
    views = recipe.views
    precision = recipe.precision
  }
}
