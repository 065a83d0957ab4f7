import Kernels
import Layers

/// The update rules that a command can train with.
enum OptimizerChoice: String, CaseIterable {
  case sgd
  case adam
}

extension ValueKind where Value == ModelID {
  /// A network of the catalogue that classifies.
  static var classifier: ValueKind {
    let entries = ModelCatalogue.classifiers
    return ValueKind(
      placeholder: "NAME", expected: "one of \(entries.map(\.id.rawValue).joined(separator: ", "))",
      parse: { text in
        let id = ModelID(rawValue: text)
        return entries.first { $0.id == id || $0.aliases.contains(id) }?.id
      }, format: { $0.rawValue })
  }
}

extension ModelCatalogue {
  /// The networks that classify.
  static var classifiers: [Entry] { entries.filter { $0.classCount != nil } }
}

/// What `bench conv` is asked to do.
struct ConvOptions: MachineOptions {
  var model: ModelID = "n1"
  var data = DataChoice.synthetic
  var dataDirectory: String?
  var batchSizes = [4, 8, 16, 32, 128, 256, 1000]
  var epochs = 5
  var trainImages: Int?
  var testImages: Int?
  var optimizer = OptimizerChoice.adam
  var learningRate = 0.001
  var momentum: Double?
  var seed: UInt64 = 1
  var threads: Int?
  var isa: InstructionSet?
  var json: String?

  /// The optimiser that the options describe.
  /// - Throws: ``UsageError`` for a momentum that would not be used.
  func makeOptimizer() throws(UsageError) -> any Optimizer {
    switch optimizer {
    case .sgd:
      return SGD(learningRate: Float(learningRate), momentum: Float(momentum ?? 0.9))
    case .adam:
      guard momentum == nil else { throw UsageError("--momentum is for --optimizer sgd; adam has none") }
      return Adam(learningRate: Float(learningRate))
    }
  }

  static var table: [CommandOption<ConvOptions>] {
    [
      .value("--model", path: \.model, kind: .classifier, help: "the network to train"),
      .value("--data", path: \.data, kind: .choice(), help: "what to train on"),
      .optional(
        "--data-dir", path: \.dataDirectory, kind: .path("DIR"), help: DataLocator.optionHelp),
      .value(
        "--batch-sizes", "--batch-size", path: \.batchSizes, kind: .list(of: .integer(1...65_536)),
        help: "images a step, one training each"),
      .value("--epochs", path: \.epochs, kind: .integer(1...100_000), help: "passes over the training images"),
      .optional(
        "--train-images", path: \.trainImages, kind: .integer(1...1_000_000),
        help: "use the first N training images; all if not given, \(DataChoice.syntheticCounts.train) synthetic ones"),
      .optional(
        "--test-images", path: \.testImages, kind: .integer(1...1_000_000),
        help: "use the first N test images; all if not given, \(DataChoice.syntheticCounts.test) synthetic ones"),
      .value("--optimizer", path: \.optimizer, kind: .choice(), help: "the update rule"),
      .value(
        "--learning-rate", path: \.learningRate, kind: .number(from: 0, including: false, below: 1e30),
        help: "the size of a step"),
      .optional(
        "--momentum", path: \.momentum, kind: .number(from: 0, including: true, below: 1),
        help: "SGD's momentum; 0.9 if not given"),
      .value(
        "--seed", path: \.seed, kind: .seed, help: "determines synthetic images, first weights and the images' order"),
    ] + machineTable(threads: "threads that share the work of a step; one a processor if not given") + [
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well")
    ]
  }
}
