import Kernels
import Layers

/// What `bench conv` and `bench mlp` are asked to do.
struct SweepOptions: TrainingOptions, ComparableOptions {
  var model: ModelID
  var data = DataChoice.synthetic
  var dataDirectory: String?
  var batchSizes = [4, 8, 16, 32, 128, 256, 1000]
  var epochs = 5 {
    didSet { epochsAreGiven = true }
  }
  /// Whether the number of epochs is not the default.
  private(set) var epochsAreGiven = false
  var trainImages: Int?
  var testImages: Int?
  var optimizer = OptimizerRecipe()
  /// The test accuracy whose time is asked for.
  var targetAccuracy: Double?
  var seed: UInt64 = 1
  var precision: Precision?
  var threads: Int?
  var isa: InstructionSet?
  var json: String?
  var comparison = ComparisonRequest()

  init(model: ModelID) { self.model = model }

  /// The training at a batch size.
  func recipe(batchSize: Int) -> Recipe {
    Recipe(batchSize: batchSize, epochs: epochs, optimizer: optimizer, precision: precision ?? .fast)
  }

  var dataRequest: DataRequest { DataRequest(set: data, trainImages: trainImages, testImages: testImages) }

  /// - Parameter models: the networks that can be asked for.
  static func table(models: [ModelCatalogue.Entry]) -> [CommandOption<SweepOptions>] {
    [modelOption(\.model, models)] + dataTable + [
      .value(
        "--batch-sizes", "--batch-size", path: \.batchSizes, kind: .list(of: .integer(1...65_536)),
        help: "images a step, one training each")
    ] + imageCountTable + optimizerTable + [
      .optional(
        "--target-accuracy", path: \.targetAccuracy, kind: .share,
        help: "also give the seconds of training until the test accuracy after an epoch first reached X"),
      .value(
        "--seed", path: \.seed, kind: .seed, help: "determines synthetic images, first weights and the images' order"),
    ] + machineAndReportTable + comparisonTable(of: "a step")
  }
}
