import Kernels
import Layers

/// `bench conv`: trains the tutorial CNN once per batch size and prints speed, accuracy and memory.
enum ConvCommand: Command {
  static let name = "conv"
  static let summary = "train the tutorial CNN once per batch size: epoch time, images/s, accuracy, memory"
  static let discussion = """
    Trains N1, the tutorial CNN (two convolutions, three linear layers), or the network that --model names, once per
    batch size and prints a row for each:
    the epoch's median and least time (batch assembly, forward, loss, backward and update; evaluation not), images/s,
    GFLOP/s and their share of the peak measured just before, loss and accuracy on training images (as they were
    trained on) and on test images after the last epoch, and the most memory that the process held.

    An interrupt (Ctrl-C) ends the run after the current step, with finished rows printed and saved, and status 130.

    Networks:
    \(networks)
    """

  /// A line for each network of the catalogue that can be trained here.
  private static var networks: String {
    let width = ModelCatalogue.classifiers.map { $0.id.rawValue.count }.max() ?? 0
    return ModelCatalogue.classifiers.map { "  \($0.id.rawValue.padded(to: width))  \($0.summary)" }
      .joined(separator: "\n")
  }

  static var options: [CommandOption<ConvOptions>] { ConvOptions.table }
  static var defaults: ConvOptions { ConvOptions() }

  static func run(_ options: ConvOptions, operands: [String]) throws -> ExitStatus {
    let optimizer = try options.makeOptimizer()
    let level = try options.level()
    let file = try options.json.map(JSONFile.init(path:))
    let data = try options.data.load(
      directory: options.dataDirectory, trainImages: options.trainImages, testImages: options.testImages,
      seed: options.seed)
    let inputShape: Shape = [data.train.channels, data.train.height, data.train.width]
    let network = try ModelDescription(
      options.model, inputShape: inputShape, classCount: data.train.classNames.count)
    let summary = try network.network().summary(for: inputShape)

    let interrupt = Interrupt()
    var report = ConvReport(
      machine: .measure(level: level, threads: options.threadCount),
      model: try ModelCatalogue.entry(options.model).title, parameters: summary.parameterCount,
      data: options.data.rawValue, trainImages: data.train.count,
      testImages: data.test.count, epochs: options.epochs, optimizer: options.optimizer.rawValue,
      learningRate: options.learningRate, seed: options.seed)
    try file?.write(report)
    try printHeader(report, optimizer, flopsPerImage: summary.trainingFLOPsPerImage)
    let sweep = BatchSizeSweep(
      options: options, optimizer: optimizer, level: level, network: network, train: data.train,
      test: data.test, peakGflops: report.machine.peakGflops, interrupt: interrupt)
    var memoryIsPerRow = true
    for batchSize in options.batchSizes {
      memoryIsPerRow = PeakMemory.reset() && memoryIsPerRow
      guard let row = try sweep.train(batchSize: batchSize) else { break }
      report.rows.append(row)
      try file?.write(report)
      try Console.print(ConvRow.table.line(row.cells))
    }
    if !memoryIsPerRow {
      try Console.print("memory: the most since the program began; this system does not let a program reset it")
    }
    return interrupt.isRequested ? .interrupted : .done
  }

  private static func printHeader(
    _ report: ConvReport, _ optimizer: any Optimizer, flopsPerImage: Int
  ) throws(UsageError) {
    let machine = report.machine
    var rule = "\(report.optimizer), learning rate \(report.learningRate)"
    if let sgd = optimizer as? SGD { rule += ", momentum \(sgd.momentum)" }
    try Console.print(
      """
      \(machine.header)
      model      \(report.model), \(report.parameters) parameters, \
      \(Figure.fixed(Double(flopsPerImage) / 1e6, 2)) MFLOP to train on an image
      data       \(report.data), \(report.trainImages) training and \(report.testImages) test images
      training   \(rule), \(report.epochs) epoch\(report.epochs == 1 ? "" : "s"), seed \(report.seed)

      \(ConvRow.table.header)
      """)
  }
}
