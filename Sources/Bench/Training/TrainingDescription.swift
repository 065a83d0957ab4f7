import Foundation
import Layers

/// All that determines the weights of a training: what its checkpoints store, so that a training goes on with the
/// settings that it began with.
struct TrainingDescription: Codable, Equatable {
  /// The key of a checkpoint's metadata that the description is stored under, as JSON.
  static let metadataKey = "bench.training"

  var model: ModelDescription
  var data: DataRequest
  var recipe: Recipe
  var seed: UInt64

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// The description in a checkpoint; nil where there is none.
  /// - Throws: ``UsageError`` where what is there is none.
  init?(in state: SafeTensors, file: String) throws(UsageError) {
    guard let text = state.metadata[TrainingDescription.metadataKey] else { return nil }
    do {
      self = try JSONDecoder().decode(TrainingDescription.self, from: Data(text.utf8))
    } catch {
      throw UsageError("\(file): what it says of its training is not valid: \(error)")
    }
  }

  init(model: ModelDescription, data: DataRequest, recipe: Recipe, seed: UInt64) {
    self.model = model
    self.data = data
    self.recipe = recipe
    self.seed = seed
  }

  /// Each option that says something of the training, and its value.
  private var settings: [(option: String, value: String)] {
    let optimizer = recipe.optimizer
    func text(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "not given" }
    let modelOptions = model.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [
      ("--model", model.id.rawValue), ("--model-option", modelOptions.joined(separator: ",")),
      ("--data", data.set.rawValue),
      ("--classes", text(data.classes.map { $0.map(String.init).joined(separator: ",") })),
      ("--validation-share", text(data.validationShare)), ("--fraction", text(data.fraction)),
      ("--augmented-copies", data.added.isEmpty ? "none" : data.added.description),
      ("--train-images", text(data.trainImages)), ("--test-images", text(data.testImages)),
      ("--batch-size", "\(recipe.batchSize)"), ("--optimizer", optimizer.rule.rawValue),
      ("--learning-rate", "\(optimizer.learningRate)"), ("--momentum", text(optimizer.momentum)),
      ("--nesterov", "\(optimizer.nesterov)"), ("--weight-decay", text(optimizer.weightDecay)),
      ("--beta1", text(optimizer.beta1)), ("--beta2", text(optimizer.beta2)), ("--epsilon", text(optimizer.epsilon)),
      ("--clip-norm", text(optimizer.clipNorm)), ("--clip-value", text(optimizer.clipValue)),
      ("--lookahead", text(optimizer.lookahead)), ("--others", text(optimizer.others?.text)),
      ("--loss-sum", "\(recipe.sumsLoss ?? false)"), ("--whitening", text(recipe.whiteningImages)),
      ("--freeze", text(recipe.freezing.map { $0.map(\.text).joined(separator: ",") })),
      ("--views", text(recipe.views)), ("--precision", text(recipe.precision)),
      ("--schedule", recipe.schedule.text),
      ("--warm-up", "\(recipe.schedule.warmUpEpochs)"), ("--loss", recipe.loss.rawValue),
      ("--label-smoothing", "\(recipe.labelSmoothing)"),
      ("--augmentation", recipe.augmentation.isEmpty ? "none" : recipe.augmentation.description),
      ("--input-augmentation", recipe.inputAugmentation.isEmpty ? "none" : recipe.inputAugmentation.description),
      ("--mixing", recipe.mixing.text), ("--batches-per-update", "\(recipe.batchesPerUpdate)"),
      ("--average", recipe.average.text), ("--early-stopping", text(recipe.patience)),
      ("--normalization", recipe.normalization.rawValue), ("--seed", "\(seed)"),
      ("the images' shape", "\(model.inputShape)"), ("the number of classes", text(model.classCount)),
      ("--epochs", "\(recipe.epochs)"),
    ]
  }

  /// Checks that a training described so can go on as this one describes: with the same settings, but for more or fewer
  /// epochs where nothing else follows from their number.
  /// - Parameter file: the checkpoint of the other.
  func check(canResume saved: TrainingDescription, file: String) throws(UsageError) {
    var (saved, own) = (saved, self)
    // Checkpoints of trainings that had no choice do not say that they were direct.
    saved.recipe.precision = saved.recipe.precision ?? .direct
    own.recipe.precision = own.recipe.precision ?? .direct
    if !recipe.schedule.dependsOnEpochs { saved.recipe.epochs = recipe.epochs }
    guard saved != own else { return }
    let difference = zip(saved.settings, own.settings).first { $0.value != $1.value }
    guard let (found, given) = difference else {
      throw UsageError("--resume is '\(file)', a checkpoint of a training with other settings")
    }
    throw UsageError(
      "--resume is '\(file)', a checkpoint of another training: \(found.option) is \(found.value) there and "
        + "\(given.value) here")
  }
}
