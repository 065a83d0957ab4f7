import Kernels
import Layers

/// What is minimised.
enum LossChoice: String, CaseIterable, Codable {
  case crossEntropy = "cross-entropy"
  /// The Kullback–Leibler divergence from one-hot targets, of the logarithms of probabilities.
  case klDivergence = "kl-divergence"
  /// The mean squared error from one-hot targets, or from the images themselves.
  case meanSquaredError = "mean-squared-error"
  case focal

  func makeLoss(labelSmoothing: Double, isSummed: Bool = false) throws(UsageError) -> any Loss {
    guard self == .crossEntropy || labelSmoothing == 0 else {
      throw UsageError("--label-smoothing is for --loss cross-entropy, not \(rawValue)")
    }
    guard self == .crossEntropy || !isSummed else {
      throw UsageError("--loss-sum is for --loss cross-entropy, not \(rawValue)")
    }
    return switch self {
    case .crossEntropy: CrossEntropy(labelSmoothing: Float(labelSmoothing), reduction: isSummed ? .sum : .mean)
    case .klDivergence: KLDivergence(reduction: .batchMean)
    case .meanSquaredError: MeanSquaredError()
    case .focal: FocalLoss()
    }
  }

  /// Whether the network's scores become logarithms of probabilities before the loss.
  var takesLogProbabilities: Bool { self == .klDivergence }
}

/// How a model is trained: all that determines its weights besides the model, the data and the seed.
struct Recipe: Equatable, Codable {
  var batchSize = 32
  var epochs = 20
  var optimizer = OptimizerRecipe()
  var schedule = ScheduleRecipe.constant
  var loss = LossChoice.crossEntropy
  var labelSmoothing = 0.0
  /// What is done to training images, drawn anew in each epoch.
  var augmentation = Augmentation.none
  /// What is then done to the input but not to a target that is the image itself: a denoising autoencoder's noise.
  var inputAugmentation = Augmentation.none
  /// What is then done to each batch.
  var mixing = MixingRecipe.none
  /// The batches whose gradients make one update.
  var batchesPerUpdate = 1
  /// The average of the weights that is evaluated and saved in the end.
  var average = AverageRecipe.none
  /// The epochs without a lower validation loss that are borne; the one after them ends the training. nil for none.
  var patience: Int?
  /// How colours become the model's input.
  var normalization = NormalizationChoice.signedUnit
  /// The arithmetic that convolutions may use; nil for direct sums, as in records of trainings that had no choice, and
  /// in studies that do not say.
  var precision: Precision?
  /// Whether the images' losses are summed; nil, as false, for their mean.
  var sumsLoss: Bool?
  /// The training images that the first convolution's weights are made of, see ``Whitening``; nil for random weights.
  var whiteningImages: Int?
  /// The parameters that are not trained, or not to the end.
  var freezing: [FreezingRecipe]?
  /// The views whose scores are averaged in the evaluation of the final weights; nil for the image alone.
  var views: ViewsChoice?

  /// The lines of a header that say how it is trained.
  var text: String {
    var parts = ["\(optimizer.text)", "batch \(batchSize)", "\(epochs) epoch\(epochs == 1 ? "" : "s")"]
    if schedule != .constant { parts.append("schedule \(schedule.description)") }
    if loss != .crossEntropy { parts.append("loss \(loss.rawValue)") }
    if labelSmoothing > 0 { parts.append("label smoothing \(labelSmoothing)") }
    if sumsLoss == true { parts.append("losses summed") }
    if let whiteningImages { parts.append("first convolution whitens, by \(whiteningImages) images") }
    if let freezing { parts.append("frozen " + freezing.map(\.text).joined(separator: " ")) }
    if !augmentation.isEmpty { parts.append("augmentation \(augmentation.description)") }
    if !inputAugmentation.isEmpty { parts.append("input augmentation \(inputAugmentation.description)") }
    if mixing != .none { parts.append(mixing.text) }
    if batchesPerUpdate > 1 { parts.append("\(batchesPerUpdate) batches an update") }
    if average != .none { parts.append("average \(average.text)") }
    if let patience {
      parts.append("early stopping after more than \(patience) epochs without a lower validation loss")
    }
    if let precision { parts.append("precision \(precision.rawValue)") }
    if normalization != .signedUnit { parts.append("normalization \(normalization.rawValue)") }
    if let views { parts.append("final evaluation by \(views.count) views") }
    return parts.joined(separator: ", ")
  }
}

extension Precision: Codable {}

/// The views of each image whose scores are averaged in a final evaluation.
enum ViewsChoice: String, CaseIterable, Codable {
  case mirrored, six

  var views: [ImageView] { self == .mirrored ? ImageView.mirrored : ImageView.six }
  var count: Int { views.count }
}

/// Parameters that are not trained from some epoch on, as a text: `whiten.weight` from the beginning, `whiten.bias:3`
/// after three epochs.
struct FreezingRecipe: Equatable, Codable {
  let text: String
  /// The first components of the parameters' names.
  let prefix: String
  /// The epochs in which they are trained.
  let epochs: Int

  /// - Throws: ``UsageError`` for another text.
  init(_ text: String, option: String = "--freeze") throws(UsageError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let epochs = parts.count == 2 ? Int(parts[1]) : 0
    guard 1...2 ~= parts.count, !parts[0].isEmpty, let epochs, 0...1_000_000 ~= epochs else {
      throw UsageError(
        "\(option) is '\(text)'; expected the first part of parameters' names, and after ':' the epochs before")
    }
    self.text = text
    prefix = String(parts[0])
    self.epochs = epochs
  }

  init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// How colours, 0 to 1, become the model's input.
enum NormalizationChoice: String, CaseIterable, Codable {
  /// −1 to 1.
  case signedUnit = "signed-unit"
  /// As they are.
  case none
  /// By ImageNet's mean and standard deviation.
  case imageNet = "imagenet"
  /// By the training images' own.
  case data

  func make(for training: any Dataset) throws -> Normalization {
    switch self {
    case .signedUnit: .signedUnit
    case .none: .identity
    case .imageNet: .imageNet
    case .data: try training.channelStatistics().normalization
    }
  }
}

/// What is done to a batch, as a text: `mixup:0.2`, `cutmix:1`, or nothing.
struct MixingRecipe: Equatable, Codable {
  let text: String
  private let term: TermList.Term?

  static let none = MixingRecipe(text: "none", term: nil)

  /// - Throws: ``UsageError`` for another text.
  init(_ text: String, option: String = "--mixing") throws(UsageError) {
    let list = try TermList(text, option: option, known: [("none", 0...0), ("mixup", 0...1), ("cutmix", 0...1)])
    guard list.terms.count == 1 else { throw UsageError("\(option) is '\(text)'; expected one of mixup and cutmix") }
    let term = list.terms[0]
    guard term.number(0, default: 1) > 0 else { throw UsageError("\(option) is '\(text)'; expected a number above 0") }
    self.init(text: text, term: term.name == "none" ? nil : term)
  }

  private init(text: String, term: TermList.Term?) {
    self.text = text
    self.term = term
  }

  init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  func make() -> (any BatchMixing)? {
    switch term?.name {
    case "mixup": Mixup(alpha: term?.number(0, default: 0.2) ?? 0.2)
    case "cutmix": CutMix(alpha: term?.number(0, default: 1) ?? 1)
    default: nil
    }
  }
}

/// An average of the weights, as a text: `ema:0.999`, `swa`, or none.
struct AverageRecipe: Equatable, Codable {
  let text: String
  let rule: WeightAverage.Rule?

  static let none = AverageRecipe(text: "none", rule: nil)

  /// - Throws: ``UsageError`` for another text.
  init(_ text: String, option: String = "--average") throws(UsageError) {
    let list = try TermList(text, option: option, known: [("none", 0...0), ("ema", 0...1), ("swa", 0...0)])
    guard list.terms.count == 1, let term = list.terms.first, 0...1 ~= term.number(0, default: 0) else {
      throw UsageError("\(option) is '\(text)'; expected ema with a decay of 0 to 1, or swa")
    }
    let rule: WeightAverage.Rule? =
      switch term.name {
      case "ema": .corrected(decay: term.number(0, default: 0.999))
      case "swa": .equal
      default: nil
      }
    self.init(text: text, rule: rule)
  }

  private init(text: String, rule: WeightAverage.Rule?) {
    self.text = text
    self.rule = rule
  }

  init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
