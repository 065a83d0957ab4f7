import Kernels
import Layers

/// What `bench train` is asked to do.
struct TrainOptions: TrainingOptions, ComparableOptions {
  /// The training by name whose settings the other options change.
  var recipeName: NamedRecipe?
  var model: ModelID = "n1"
  /// Texts such as `dropout=0.3`.
  var modelOptions: [String] = []

  var data = DataChoice.synthetic
  var dataDirectory: String?
  var trainImages: Int?
  var testImages: Int?
  var classes: [Int] = []
  var validationShare: Double?
  var fraction: Double?
  var augmentedCopies: String?

  var batchSize = 32
  var epochs = 20
  var optimizer = OptimizerRecipe()
  var schedule = "constant"
  var warmUpEpochs = 0
  var loss: LossChoice?
  var labelSmoothing = 0.0
  var sumsLoss = false
  var whiteningImages: Int?
  /// Texts such as `whiten.bias:3`.
  var freezing: [String] = []
  var views: ViewsChoice?
  var targetAccuracy: Double?
  var augmentation: String?
  var inputAugmentation: String?
  var mixing: String?
  var average: String?
  var patience: Int?
  var batchesPerUpdate = 1
  var normalization: NormalizationChoice?
  var seed: UInt64 = 1
  var precision: Precision?
  var threads: Int?
  var isa: InstructionSet?

  var checkpoint: String?
  var checkpointUpdates: Int?
  var resume: String?
  var best: String?
  var metrics: String?
  var metricsEvery: Int?
  var tensorBoard: String?
  var json: String?
  var comparison = ComparisonRequest()

  /// Where the state is saved: a training that goes on keeps its file, unless it is given another.
  var checkpointPath: String? { checkpoint ?? resume }
}

extension TrainOptions {
  static var table: [CommandOption<TrainOptions>] {
    modelTable + dataTable + dataPartTable + imageCountTable + optimizerTable + updateTable + trainingTable
      + augmentationTable + fileTable + machineAndReportTable
      + comparisonTable(of: "a step")
  }

  private static var modelTable: [CommandOption<TrainOptions>] {
    [
      .optional(
        "--recipe", path: \.recipeName, kind: .choice(),
        help: "a network and a training by name; the other options, before or behind it, change single settings of it"),
      modelOption(\.model, ModelCatalogue.entries),
      .repeated(
        "--model-option", path: \.modelOptions, kind: .word("NAME=VALUE", "a name, '=' and a number"),
        help: "a number of the network, such as dropout=0.3 or width=0.5"),
    ]
  }

  private static var dataPartTable: [CommandOption<TrainOptions>] {
    [
      .repeated(
        "--classes", path: \.classes, kind: .integer(0...1_000_000),
        help: "use the images of these classes alone, by their numbers"),
      .optional(
        "--validation-share", path: \.validationShare, kind: .number(from: 0, including: false, below: 1),
        help: "set this share of the training images aside for validation; the test images are used if not given"),
      .optional(
        "--fraction", path: \.fraction, kind: .number(from: 0, including: false, below: 1),
        help: "use this share of the training images"),
    ]
  }

  private static var updateTable: [CommandOption<TrainOptions>] {
    let decay = ValueKind<Double>.number(from: 0, including: true, below: 1)
    let positive = ValueKind<Double>.number(from: 0, including: false, below: 1e30)
    return [
      .flag("--nesterov", path: \.optimizer.nesterov, help: "Nesterov's momentum, of sgd"),
      .optional(
        "--weight-decay", path: \.optimizer.weightDecay, kind: .number(from: 0, including: true, below: 1e30),
        help: "0 if not given, 0.01 of adamw"),
      .optional("--beta1", path: \.optimizer.beta1, kind: decay, help: "of adam and its relatives, 0.9 if not given"),
      .optional("--beta2", path: \.optimizer.beta2, kind: decay, help: "of adam and its relatives, 0.999 if not given"),
      .optional(
        "--epsilon", path: \.optimizer.epsilon, kind: positive, help: "1e-8 if not given, 1e-10 of adagrad"),
      .optional(
        "--clip-norm", path: \.optimizer.clipNorm, kind: positive,
        help: "limit of the norm of all gradients together"),
      .optional("--clip-value", path: \.optimizer.clipValue, kind: positive, help: "limit of each gradient's size"),
      .optional(
        "--others", path: \.optimizer.others, kind: .otherParameters,
        help: "of muon: learning rate of the parameters that are no filters, that of linear layers, momentum (0.85), "
          + "and the share by which a step shrinks them (0)"),
      .optional(
        "--lookahead", path: \.optimizer.lookahead, kind: .integer(1...1_000_000),
        help: "Lookahead: slow weights follow every N updates"),
      .value(
        "--schedule", path: \.schedule, kind: .word("TEXT", "a schedule"),
        help: "how the learning rate changes, see below"),
      .value(
        "--warm-up", path: \.warmUpEpochs, kind: .integer(0...100_000),
        help: "epochs in which the learning rate first grows from a third"),
    ]
  }

  private static var trainingTable: [CommandOption<TrainOptions>] {
    [
      .value("--batch-size", path: \.batchSize, kind: .integer(1...65_536), help: "images a step"),
      .value(
        "--batches-per-update", path: \.batchesPerUpdate, kind: .integer(1...1_000_000),
        help: "batches whose gradients make one update"),
      .optional(
        "--loss", path: \.loss, kind: .choice(placeholder: "NAME"),
        help: "\(LossChoice.allCases.map(\.rawValue).joined(separator: ", ")); cross-entropy if not given, "
          + "mean-squared-error of autoencoders"),
      .value(
        "--label-smoothing", path: \.labelSmoothing, kind: .number(from: 0, including: true, below: 1),
        help: "share of the target that all classes get, of cross-entropy"),
      .flag("--loss-sum", path: \.sumsLoss, help: "minimise the sum of the images' losses in place of their mean"),
      .optional(
        "--whitening", path: \.whiteningImages, kind: .integer(1...1_000_000),
        help: "make the first convolution's weights whiten patches of the first N training images"),
      .repeated(
        "--freeze", path: \.freezing, kind: .word("NAME[:EPOCHS]", "the first part of parameters' names"),
        help: "do not train these parameters, or only in the first EPOCHS"),
      .optional(
        "--views", path: \.views, kind: .choice(),
        help: "views of each image whose scores are averaged in the final evaluation: mirrored has 2, six moves as well"
      ),
      .optional(
        "--target-accuracy", path: \.targetAccuracy, kind: .share,
        help: "say how long the training took to reach this validation accuracy"),
      .optional(
        "--average", path: \.average, kind: .word("TEXT", "an average"),
        help: "average of the weights that is used in the end: ema:0.999 or swa"),
      .optional(
        "--early-stopping", path: \.patience, kind: .integer(0...100_000),
        help: "end when the validation loss has not fallen for more than N epochs; the best epoch's weights are used"),
      .value(
        "--seed", path: \.seed, kind: .seed,
        help: "determines synthetic images, the split, first weights, the images' order, dropout and augmentation"),
    ]
  }

  private static var augmentationTable: [CommandOption<TrainOptions>] {
    [
      .optional(
        "--augmentation", path: \.augmentation, kind: .word("TEXT", "transforms"),
        help: "what is done to training images, anew in each epoch, see below"),
      .optional(
        "--augmented-copies", path: \.augmentedCopies, kind: .word("TEXT", "transforms"),
        help: "add copies of the training images with this done to them"),
      .optional(
        "--input-augmentation", path: \.inputAugmentation, kind: .word("TEXT", "transforms"),
        help: "what is then done to an autoencoder's input, but not to its target"),
      .optional(
        "--mixing", path: \.mixing, kind: .word("TEXT", "a mixing"),
        help: "what is then done to each batch: mixup:0.2 or cutmix:1"),
      .optional(
        "--normalization", path: \.normalization, kind: .choice(placeholder: "NAME"),
        help: "how colours become the network's input: signed-unit (-1 to 1, if not given), none (0 to 1, if not given "
          + "for autoencoders), imagenet, data"),
    ]
  }

  private static var fileTable: [CommandOption<TrainOptions>] {
    [
      .optional(
        "--checkpoint", path: \.checkpoint, kind: .path("FILE"),
        help: "save the state of the training after each epoch, and when it is interrupted"),
      .optional(
        "--checkpoint-updates", path: \.checkpointUpdates, kind: .integer(1...1_000_000_000),
        help: "save it every N updates as well"),
      .optional(
        "--resume", path: \.resume, kind: .path("FILE"),
        help: "go on from a checkpoint, with the same options; it is saved there unless --checkpoint names another file"
      ),
      .optional(
        "--best", path: \.best, kind: .path("FILE"), help: "save the model of the epoch with the lowest validation loss"
      ),
      .optional(
        "--metrics", path: \.metrics, kind: .path("FILE.jsonl"),
        help: "write a line of JSON an epoch while it runs, see docs/training.md"),
      .optional(
        "--metrics-every", path: \.metricsEvery, kind: .integer(1...1_000_000_000),
        help: "log loss and learning rate every N updates as well, in --metrics and --tensorboard"),
      .optional(
        "--tensorboard", path: \.tensorBoard, kind: .path("DIR"), help: "write event files that TensorBoard shows"),
    ]
  }
}
