import Kernels
import Layers

/// A study of what the arithmetic of convolutions does to a training.
extension Study {
  static let precision = Study(
    id: "precision", title: "Fast and direct convolutions", source: "own",
    question: "Does a training end elsewhere where convolutions use fewer products, whose rounding errors are larger?",
    settings: [
      precisionSetting("N10, fast", "n10", .fast), precisionSetting("N10, direct", "n10", .direct),
      precisionSetting("ResNet-18, fast", "resnet-18", .fast),
      precisionSetting("ResNet-18, direct", "resnet-18", .direct),
    ],
    orderings: [
      Ordering(
        claim: "N10 learns as well by fast kernels", better: "N10, fast", worse: "N10, direct", relation: .equal),
      Ordering(
        claim: "ResNet-18 learns as well by fast kernels", better: "ResNet-18, fast", worse: "ResNet-18, direct",
        relation: .equal),
    ],
    remarks: """
      Both kinds of kernels see the same first weights, images and augmentation for a seed; what differs is rounding, which \
      a training amplifies until the weights are others, as those of another seed are. So the figures to compare are means \
      over seeds, beside the spread that seeds have anyway. The trainings are short, on a part of CIFAR-10.
      """)

  /// A short training on the first images of CIFAR-10.
  private static func precisionSetting(_ label: String, _ model: ModelID, _ precision: Precision) -> Setting {
    var recipe = Recipe.improved
    recipe.precision = precision
    recipe.epochs = model == "n10" ? 8 : 3
    let data = DataRequest(set: .cifar10, trainImages: model == "n10" ? 10_000 : 4000, testImages: 4000)
    return Setting(label, Stage(model: model, data: data, recipe: recipe))
  }
}
