import Kernels
import Layers

/// What the commands that train have in common: the data, the update rule, the seed and the machine.
protocol TrainingOptions: MachineOptions {
  var data: DataChoice { get set }
  var dataDirectory: String? { get set }
  var trainImages: Int? { get set }
  var testImages: Int? { get set }
  var epochs: Int { get set }
  var optimizer: OptimizerRecipe { get set }
  var seed: UInt64 { get set }
  /// The arithmetic that convolutions may use; nil for the default, direct sums.
  var precision: Precision? { get set }
  var json: String? { get set }
}

extension TrainingOptions {
  static func modelOption(
    _ path: WritableKeyPath<Self, ModelID>, _ entries: [ModelCatalogue.Entry]
  ) -> CommandOption<Self> {
    .value("--model", path: path, kind: .model(of: entries), help: "the network to train")
  }

  /// What is trained on.
  static var dataTable: [CommandOption<Self>] {
    [
      .value("--data", path: \.data, kind: .choice(), help: "what to train on"),
      .optional(
        "--data-dir", path: \.dataDirectory, kind: .path("DIR"), help: DataLocator.optionHelp),
    ]
  }

  static var imageCountTable: [CommandOption<Self>] {
    [
      .value("--epochs", path: \.epochs, kind: .integer(1...100_000), help: "passes over the training images"),
      .optional(
        "--train-images", path: \.trainImages, kind: .integer(1...1_000_000),
        help: "use the first N training images; all if not given, \(DataChoice.syntheticCounts.train) synthetic ones"),
      .optional(
        "--test-images", path: \.testImages, kind: .integer(1...1_000_000),
        help: "use the first N test images; all if not given, \(DataChoice.syntheticCounts.test) synthetic ones"),
    ]
  }

  static var optimizerTable: [CommandOption<Self>] {
    [
      .value("--optimizer", path: \.optimizer.rule, kind: .choice(), help: "the update rule"),
      .value(
        "--learning-rate", path: \.optimizer.learningRate, kind: .number(from: 0, including: false, below: 1e30),
        help: "the size of a step"),
      .optional(
        "--momentum", path: \.optimizer.momentum, kind: .number(from: 0, including: true, below: 1),
        help: "the momentum of sgd, 0.9 if not given, or of rmsprop, 0 if not given"),
    ]
  }

  static var machineAndReportTable: [CommandOption<Self>] {
    [
      .optional(
        "--precision", path: \.precision, kind: .choice(),
        help: "the arithmetic of convolutions: direct sums, or fast (if not given): fewer products where that is faster"
      )
    ] + machineTable(threads: "threads that share the work of a step; one a processor if not given") + [
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well")
    ]
  }
}

extension ValueKind where Value == ModelID {
  /// One of some networks of the catalogue.
  static func model(of entries: [ModelCatalogue.Entry]) -> ValueKind {
    ValueKind(
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

  /// The fully connected networks that classify.
  static var perceptrons: [Entry] {
    classifiers.filter { entry in
      ["n2", "n3", "n3-linear", "n5"].contains(entry.id) || entry.id.rawValue.hasPrefix("n4-")
    }
  }

  /// A line for each network, for help.
  static func list(_ entries: [Entry]) -> String {
    let width = entries.map { $0.id.rawValue.count }.max() ?? 0
    return entries.map { "  \($0.id.rawValue.padded(to: width))  \($0.summary)" }.joined(separator: "\n")
  }
}
