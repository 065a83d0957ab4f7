import Kernels
import Layers

/// What `bench predict` is asked to do.
struct PredictOptions: MachineOptions {
  var data: DataChoice?
  var dataDirectory: String?
  var part: DataOptions.PartChoice?
  var classes: [Int] = []
  var images: Int?
  var seed: UInt64?

  var model: ModelID?
  var modelOptions: [String] = []
  var shorterSide: Int?
  var batchSize = 64
  var precision = Precision.fast

  var top = 5
  var format = Format.csv
  var isReport = false
  var out: String?

  var threads: Int?
  var isa: InstructionSet?

  /// How predictions are written.
  enum Format: String, CaseIterable {
    case csv
    case jsonl
  }
}

extension PredictOptions {
  static var table: [CommandOption<PredictOptions>] { imageTable + networkTable + outputTable }

  private static var imageTable: [CommandOption<PredictOptions>] {
    [
      .optional("--data", path: \.data, kind: .choice(), help: "predict the images of this data set"),
      .optional("--part", path: \.part, kind: .choice(), help: "of --data: its part; test if not given"),
      .optional("--data-dir", path: \.dataDirectory, kind: .path("DIR"), help: DataLocator.optionHelp),
      .repeated(
        "--classes", path: \.classes, kind: .integer(0...1_000_000),
        help: "of --data: the images of these classes alone, by their numbers; their order is that of the network"),
      .optional(
        "--images", path: \.images, kind: .integer(1...1_000_000_000),
        help: "predict the first N images; all if not given"),
      .optional("--seed", path: \.seed, kind: .seed, help: "determines synthetic images; 1 if not given"),
      .optional(
        "--shorter-side", path: \.shorterSide, kind: .integer(1...65_536),
        help:
          "what the shorter side of an image file is resized to before the middle is cut out, such as 256 for networks "
          + "of 224×224; the least that covers the input if not given"),
    ]
  }

  private static var networkTable: [CommandOption<PredictOptions>] {
    [
      .optional(
        "--model", path: \.model, kind: .model(of: ModelCatalogue.entries),
        help: "the network of a checkpoint that does not say it, such as one of PyTorch's"),
      .repeated(
        "--model-option", path: \.modelOptions, kind: .word("NAME=VALUE", "a name, '=' and a number"),
        help: "of --model: a number of the network, such as width=0.5"),
      .value("--batch-size", path: \.batchSize, kind: .integer(1...65_536), help: "images at once; changes no result"),
      .value(
        "--precision", path: \.precision, kind: .choice(),
        help: "the arithmetic of convolutions: direct sums, or fewer products where that is faster"),
    ]
  }

  private static var outputTable: [CommandOption<PredictOptions>] {
    [
      .value(
        "--top", path: \.top, kind: .integer(1...1_000_000),
        help: "how many classes of each image, the most probable first"),
      .value("--format", path: \.format, kind: .choice(), help: "how predictions are written"),
      .flag(
        "--report", path: \.isReport,
        help: "print accuracy, classification report and confusion matrix instead of the predictions; needs labels"),
      .optional(
        "--out", path: \.out, kind: .path("FILE"),
        help: "write the predictions to a file, with --report too; to standard output if not given"),
    ] + machineTable(threads: "threads that share the work; one a processor if not given")
  }

  /// The network that `--model` names; nil where the checkpoint is to say it.
  func network() throws -> ModelDescription? {
    guard let model else {
      guard modelOptions.isEmpty else { throw UsageError("--model-option is for --model NAME, which is not given") }
      return nil
    }
    return try ModelDescription(model, options: TrainOptions.values(ofModelOptions: modelOptions))
  }

  /// - Throws: ``UsageError`` for an option that has no use with these images.
  func check(files: [String]) throws(UsageError) {
    guard data != nil || !files.isEmpty else {
      throw UsageError("no images; expected --data NAME, image files, folders or '-' for standard input")
    }
    if data == nil {
      let given = [
        (part != nil, "--part"), (dataDirectory != nil, "--data-dir"), (!classes.isEmpty, "--classes"),
        (seed != nil, "--seed"),
      ]
      if let option = given.first(where: \.0)?.1 { throw UsageError("\(option) is for images of --data NAME") }
    } else {
      if let file = files.first {
        throw UsageError("'\(file)' besides --data; expected either files or the images of a data set")
      }
      if shorterSide != nil { throw UsageError("--shorter-side is for image files; those of --data have their size") }
    }
    if files.count(where: { $0 == "-" }) > 1 { throw UsageError("'-' twice; standard input can be read once") }
  }
}
