import Foundation
import Layers

/// A training of `bench train`: prints, logs and saves what a session does.
final class TrainingRun {
  private let options: TrainOptions
  private let description: TrainingDescription
  private let session: TrainingSession
  private let interrupt: Interrupt
  private let progress = ProgressLine()
  private var pace: TrainingPace
  private var log: TrainingLog?
  private var report: TrainReport
  private let table: Table

  private var trainer: Trainer { session.trainer }
  private var hasAccuracy: Bool { !session.isReconstruction }

  init(
    options: TrainOptions, description: TrainingDescription, session: TrainingSession, machine: MachineReport,
    interrupt: Interrupt
  ) {
    self.options = options
    self.description = description
    self.session = session
    self.interrupt = interrupt
    pace = TrainingPace(epochs: description.recipe.epochs)
    let data = session.data
    report = TrainReport(
      machine: machine, model: session.title, parameters: session.model.parameterCount, training: description,
      flopsPerImage: session.model.trainingFLOPsPerImage, trainingImages: data.training.count,
      validationImages: data.validation.count, testImages: data.test.count, validatesOnTest: data.validatesOnTest,
      classNames: data.training.classNames)
    table = TrainingRun.table(hasAccuracy: !session.isReconstruction)
  }

  /// Trains to the end, or until it is interrupted.
  /// - Parameter checkpoint: the content of the file that `--resume` names.
  func run(goingOnFrom checkpoint: SafeTensors?) throws -> ExitStatus {
    defer { progress.clear() }
    try start(goingOnFrom: checkpoint)
    let outcome: TrainingOutcome
    do {
      try printHeader(isGoingOn: checkpoint != nil)
      outcome = try session.run(isCancelled: { interrupt.isRequested }, onEvent: handle)
    } catch {
      progress.clear()
      throw saved(after: error)
    }
    progress.clear()
    guard outcome.stop != .cancelled else { return try endEarly() }
    do {
      try finish(outcome)
      return .done
    } catch is CancellationError {
      return try endEarly()
    }
  }
}

/// Before and while it trains.
extension TrainingRun {
  private func start(goingOnFrom checkpoint: SafeTensors?) throws {
    let text = try description.json
    trainer.checkpointMetadata = { [weak self, description] in
      var metadata = [ModelDescription.metadataKey: description.model.json]
      metadata[TrainingDescription.metadataKey] = text
      metadata[TrainingLog.metadataKey] = (self?.log?.state ?? TrainingLog.State()).json
      // What the state says was written is on the disk before the state is.
      self?.log?.synchronize()
      return metadata
    }
    if let path = options.checkpointPath {
      trainer.checkpoints = CheckpointPolicy(URL(fileURLWithPath: path), everyUpdates: options.checkpointUpdates)
    }
    var logState: TrainingLog.State?
    if let checkpoint, let path = options.resume {
      if let saved = try TrainingDescription(in: checkpoint, file: path) {
        try description.check(canResume: saved, file: path)
      }
      do {
        try trainer.restore(checkpoint, file: path)
      } catch {
        throw UsageError("--resume is a checkpoint that this training cannot go on from: \(error)")
      }
      logState = try TrainingLog.State(in: checkpoint, file: path)
    }
    do {
      log = try TrainingLog(options: options, run: runLine(), session: session, goingOnWith: logState)
      // From here on there is always a state to go on from.
      if checkpoint == nil || options.checkpointPath != options.resume { try save() }
    } catch {
      if checkpoint == nil { removeNewFiles() }
      throw error
    }
  }

  /// Takes away what a training that could not begin has made.
  private func removeNewFiles() {
    log = nil
    for path in [options.checkpoint, options.metrics].compactMap({ $0 }) {
      if case .file(let file) = AtomicFile.Target(path: path) { unlink(file) }
    }
    if let folder = options.tensorBoard {
      for file in EventFolder.eventFiles(folder) { unlink("\(folder)/\(file)") }
    }
  }

  private func runLine() throws -> String {
    let machine = report.machine
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let run = MetricsRun(
      cpu: machine.cpu, isa: machine.isa, threads: machine.threads, model: report.model,
      parameters: report.parameters, training: description, trainingImages: report.trainingImages,
      validationImages: report.validationImages, testImages: report.testImages,
      updatesPerEpoch: session.updatesPerEpoch)
    return String(decoding: try encoder.encode(run), as: UTF8.self)
  }

  private func handle(_ event: TrainingEvent) throws {
    switch event {
    case .batch(let done):
      try log?.batch(done, updates: trainer.updates, learningRate: trainer.learningRate)
      progress.show(pace.text(done))
    case .epoch(let record):
      let isBest = trainer.history.best(by: .validationLoss)?.epoch == record.epoch
      if isBest, let best = options.best { try save(session.modelState(), to: best, option: "--best") }
      try log?.epoch(record)
      progress.clear()
      try Console.print(table.line(cells(record, isBest: isBest)))
    case .checkpoint, .stop: break
    }
  }

  private func save(_ state: SafeTensors, to path: String, option: String) throws {
    do {
      try state.write(to: URL(fileURLWithPath: path))
    } catch CheckpointError.file(_, let reason) {
      throw UsageError("\(option) is '\(path)', which cannot be written: \(reason)")
    }
  }

  /// Saves the state of the training, where that is asked for.
  private func save() throws {
    guard let path = options.checkpointPath else { return }
    try save(trainer.state(), to: path, option: options.checkpoint == nil ? "--resume" : "--checkpoint")
  }

  /// The error to end with when one ended the training: the state is saved first, so that nothing is lost.
  private func saved(after error: any Error) -> any Error {
    guard let path = options.checkpointPath else { return error }
    var message = "\(error)"
    var isSaved = false
    if case CheckpointError.file(_, let reason) = error {
      message = "--checkpoint is '\(path)', which cannot be written: \(reason)"
    } else {
      isSaved = (try? save()) != nil
    }
    // A device keeps nothing, and so has nothing to go on from.
    guard case .file = AtomicFile.Target(path: path) else { return UsageError(message) }
    return UsageError(
      message
        + (isSaved
          ? "; the state of the training is saved, --resume \(path) goes on from it"
          : "; the state that was saved last is whole, --resume \(path) goes on from it"))
  }
}

/// What it prints and reports in the end.
extension TrainingRun {
  /// After a signal: the state is saved.
  private func endEarly() throws -> ExitStatus {
    progress.clear()
    let epochs = description.recipe.epochs
    let place =
      trainer.epoch < epochs ? "in epoch \(trainer.epoch + 1) of \(epochs)" : "after the last epoch, before the report"
    if let path = options.checkpointPath, case .file = AtomicFile.Target(path: path) {
      try Console.print(
        """

        interrupted \(place); the state is saved in \(path)
        to go on:  \(TrainCommand.command(resuming: path))
        """)
    } else {
      try Console.print("\ninterrupted \(place); nothing is saved, because no --checkpoint names a file")
    }
    try writeReport(stop: "interrupted")
    return interrupt.status ?? .interrupted
  }

  private func finish(_ outcome: TrainingOutcome) throws {
    var reason = "completed"
    if case .earlyStopping(let epoch) = outcome.stop {
      reason = "early-stopping"
      let weights = description.recipe.average == .none ? "; its weights are used" : ""
      try Console.print("\nstopped    early: the validation loss was lowest in epoch \(epoch)\(weights)")
    }
    var test = EvaluationResult(loss: .nan, accuracy: 0, seconds: 0, images: 0)
    try session.withFinalWeights {
      try takeAverage()
      test = try evaluate()
    }
    try log?.end(reason: reason, epoch: trainer.epoch, step: trainer.updates, test: test)
    try writeReport(stop: reason)
  }

  /// Saves the average of the weights, which is in the model, as the best model where it is one.
  private func takeAverage() throws {
    guard description.recipe.average != .none else { return }
    let validation = try trainer.evaluate(on: session.data.validation) { interrupt.isRequested }
    let best = trainer.history.best(by: .validationLoss)?.validation?.loss ?? .nan
    let isBest = validation.loss < best || (best.isNaN && !validation.loss.isNaN)
    if isBest, let path = options.best { try save(session.modelState(), to: path, option: "--best") }
    try Console.print(
      "\nweights    their average, \(description.recipe.average.text): validation loss "
        + Figure.fixed(validation.loss, 4) + (isBest ? ", lower than after any epoch" : ""))
  }

  /// Prints what the final weights come to; returns the evaluation of the test images.
  private func evaluate() throws -> EvaluationResult {
    let data = session.data
    let cancelled = { self.interrupt.isRequested }
    let (test, testMatrix) = try session.evaluateFinally(on: data.test, isCancelled: cancelled)
    let training = try trainer.evaluate(on: data.plainTraining, isCancelled: cancelled)
    var text = "\ntraining   \(figures(training))\ntest       \(figures(test))\n"
    var matrices: (training: ConfusionMatrix, test: ConfusionMatrix, report: ClassificationReport)?
    if let ofTest = testMatrix {
      let names = data.test.classNames
      let ofTraining = try trainer.confusionMatrix(on: data.plainTraining, isCancelled: cancelled)
      let report = ofTest.report(classNames: names)
      matrices = (ofTraining, ofTest, report)
      text += "\nclassification report, test images\n\(report)"
      for (part, matrix) in [("training", ofTraining), ("test", ofTest)]
      where matrix.classCount <= ConfusionTable.largestClassCount {
        text +=
          "\nconfusion matrix, \(part) images (rows are classes, columns are predictions)\n"
          + ConfusionTable(matrix: matrix, classNames: names).text + "\n"
      }
    }
    if let target = options.targetAccuracy { text += "\n" + TimeToAccuracy(target, trainer.history.epochs).text + "\n" }
    text += "\n\(session.model.summary)"
    try Console.print(text)
    report.result = TrainReport.Result(training: training, test: test, matrices: matrices)
    return test
  }

  private func figures(_ result: EvaluationResult) -> String {
    "loss \(Figure.fixed(result.loss, 4))"
      + (hasAccuracy ? ", accuracy \(Figure.percent(result.accuracy))" : "") + " of \(result.images) images"
  }

  private func writeReport(stop: String) throws {
    guard let path = options.json else { return }
    report.epochs = trainer.history.epochs.map { TrainReport.Epoch($0, hasAccuracy: hasAccuracy, report) }
    report.stop = stop
    report.target = options.targetAccuracy.map { TimeToAccuracy($0, trainer.history.epochs) }
    report.bestEpoch = trainer.history.best(by: .validationLoss)?.epoch
    try JSONFile(path: path).write(report)
  }

  private func printHeader(isGoingOn: Bool) throws(UsageError) {
    let recipe = description.recipe
    let flops = session.model.trainingFLOPsPerImage
    let validation =
      report.validatesOnTest
      ? "the \(report.testImages) test images validate"
      : "\(report.validationImages) validation, \(report.testImages) test"
    try Console.print(
      """
      \(report.machine.header)
      model      \(report.model), \(report.parameters) parameters, \(Figure.fixed(Double(flops) / 1e6, 2)) MFLOP to \
      train on an image
      data       \(description.data.text): \(report.trainingImages) training images, \(validation)
      training   \(recipe.text), seed \(description.seed)
      """)
    let kernels = trainer.convolutionKernels
    if !kernels.isEmpty {
      let winograd = kernels.count { $0.hasPrefix("winograd") }
      try Console.print(
        "kernels    winograd for \(winograd) of the \(kernels.count) passes of convolutions, direct sums for the others"
      )
    }
    if isGoingOn, let path = options.resume {
      try Console.print("going on   from \(path): epoch \(trainer.epoch + 1), update \(trainer.updates + 1)")
    }
    try Console.print("\n" + table.header)
  }

  private static func table(hasAccuracy: Bool) -> Table {
    let accuracy: [Table.Column] = hasAccuracy ? [.figure("acc", width: 7)] : []
    return Table(
      columns: [
        .figure("epoch"), .figure("seconds"), .figure("images/s", width: 9), .figure("of peak"),
        .figure("rate", width: 9),
      ]
        + [.figure("train loss")] + accuracy + [.figure("val. loss", width: 9)] + accuracy + [.text("best")])
  }

  private func cells(_ record: EpochRecord, isBest: Bool) -> [String] {
    let training = record.training
    func accuracy(_ value: Double?) -> [String] { hasAccuracy ? [Figure.percent(value ?? .nan)] : [] }
    return [
      "\(record.epoch)", Figure.fixed(training.seconds, 3), Figure.fixed(training.imagesPerSecond, 0),
      Figure.percent(report.peakFraction(imagesPerSecond: training.imagesPerSecond)),
      "\(Float(record.learningRate))", Figure.fixed(training.loss, 4),
    ] + accuracy(training.accuracy) + [Figure.fixed(record.validation?.loss ?? .nan, 4)]
      + accuracy(record.validation?.accuracy) + [isBest ? "*" : ""]
  }
}
