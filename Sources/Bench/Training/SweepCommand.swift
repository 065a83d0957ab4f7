import Kernels
import Layers

/// A command that trains one network once per batch size.
protocol SweepCommand: Command where Options == SweepOptions {
  /// The schema of its result file.
  static var schema: String { get }
  /// The networks that can be asked for.
  static var models: [ModelCatalogue.Entry] { get }
  /// What is trained, as the beginning of its help.
  static var subject: String { get }
}

/// `bench conv`: trains the tutorial CNN once per batch size and prints speed, accuracy and memory.
enum ConvCommand: SweepCommand {
  static let name = "conv"
  static let summary = "train the tutorial CNN once per batch size: epoch time, images/s, accuracy, memory"
  static let schema = "bench.conv/1"
  static let subject =
    "N1, the tutorial CNN (two convolutions, three linear layers), or the network that --model names,"
  static var models: [ModelCatalogue.Entry] { ModelCatalogue.classifiers }
  static var defaults: SweepOptions { SweepOptions(model: "n1") }
}

/// `bench mlp`: the same for the fully connected networks.
enum MLPCommand: SweepCommand {
  static let name = "mlp"
  static let summary = "train a fully connected network once per batch size: epoch time, images/s, accuracy, memory"
  static let schema = "bench.mlp/1"
  static let subject = "N3, three linear layers with ReLU, or the fully connected network that --model names,"
  static var models: [ModelCatalogue.Entry] { ModelCatalogue.perceptrons }
  static var defaults: SweepOptions { SweepOptions(model: "n3") }
}

extension SweepCommand {
  static var discussion: String {
    """
    Trains \(subject) once per
    batch size and prints a row for each:
    the epoch's median and least time (batch assembly, forward, loss, backward and update; evaluation not), images/s,
    GFLOP/s and their share of the peak measured just before, loss and accuracy on training images (as they were
    trained on) and on test images after the last epoch, and the most memory that the process held.

    With --target-accuracy X, also the seconds of training until the test accuracy after an epoch first reached X,
    evaluation not included, "-" where it never did.

    --against compares a step of each training, and a batch of the evaluation, with those of another program, or of a
    revision, which is built in a work tree of its own. Both stay resident and take slices of 5 to 20 ms in random order,
    never at the same time, and what looks slower is measured again in fresh processes. With --threads 1 both run on one
    core, which is what separates small changes best; with more threads nothing is pinned. docs/regression.md says more.

    An interrupt (Ctrl-C) ends the run after the current step, with finished rows printed and saved, and status 130.

    Networks:
    \(ModelCatalogue.list(models))
    """
  }

  static var options: [CommandOption<SweepOptions>] { SweepOptions.table(models: models) }

  static func run(_ options: SweepOptions, operands: [String]) throws -> ExitStatus {
    // What the update rule does not have is refused before data is read.
    _ = try options.optimizer.makeOptimizer()
    let level = try options.level()
    try options.comparison.check(without: [
      "--target-accuracy": options.targetAccuracy != nil, "--epochs": options.epochsAreGiven,
    ])
    let file = options.comparison.isAsked ? nil : try options.json.map(JSONFile.init(path:))
    let data = try options.dataRequest.load(directory: options.dataDirectory, seed: options.seed)
    let network = try ModelDescription(
      options.model, inputShape: data.training.imageShape, classCount: data.training.classCount)
    if options.comparison.isAsked {
      let trainings = TrainingCases(
        network: network, recipes: options.batchSizes.map(options.recipe), data: data, seed: options.seed,
        threads: options.threadCount, level: level)
      return try compare(trainings.cases(), options)
    }
    let summary = try network.network().summary(for: network.inputShape)

    let interrupt = Interrupt()
    var report = SweepReport(
      schema: schema, machine: .measure(level: level, threads: options.threadCount),
      model: try ModelCatalogue.entry(options.model).title, parameters: summary.parameterCount,
      data: options.data.rawValue, trainImages: data.training.count, testImages: data.test.count,
      epochs: options.epochs, optimizer: options.optimizer.rule.rawValue,
      learningRate: options.optimizer.learningRate, seed: options.seed, targetAccuracy: options.targetAccuracy)
    try file?.write(report)
    let table = SweepRow.table(target: options.targetAccuracy)
    try printHeader(report, options.optimizer, table, flopsPerImage: summary.trainingFLOPsPerImage)
    let sweep = BatchSizeSweep(
      options: options, level: level, network: network, data: data, peakGflops: report.machine.peakGflops,
      interrupt: interrupt)
    var memoryIsPerRow = true
    for batchSize in options.batchSizes {
      memoryIsPerRow = PeakMemory.reset() && memoryIsPerRow
      guard let row = try sweep.train(batchSize: batchSize) else { break }
      report.rows.append(row)
      try file?.write(report)
      try Console.print(table.line(row.cells))
    }
    if !memoryIsPerRow {
      try Console.print("memory: the most since the program began; this system does not let a program reset it")
    }
    return interrupt.status ?? .done
  }

  private static func printHeader(
    _ report: SweepReport, _ optimizer: OptimizerRecipe, _ table: Table, flopsPerImage: Int
  ) throws(UsageError) {
    let machine = report.machine
    try Console.print(
      """
      \(machine.header)
      model      \(report.model), \(report.parameters) parameters, \
      \(Figure.fixed(Double(flopsPerImage) / 1e6, 2)) MFLOP to train on an image
      data       \(report.data), \(report.trainImages) training and \(report.testImages) test images
      training   \(optimizer.text), \(report.epochs) epoch\(report.epochs == 1 ? "" : "s"), seed \(report.seed)

      \(table.header)
      """)
  }
}
