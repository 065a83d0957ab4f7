import Foundation
import Layers
import TestSupport
import Testing

/// Whole trainings: events, history, early stopping, checkpoints, and going on after an interruption.
struct FittingTests {
  private static let images = SyntheticImages.make(count: 40, seed: 4, split: .train)
  private static let validation = SyntheticImages.make(count: 30, seed: 4, split: .test)

  private static func trainer(_ optimizer: any Optimizer = SGD(learningRate: 0.05, momentum: 0.9)) throws -> Trainer {
    let network = Sequential(Conv2D(4, kernelSize: 5, stride: 2), ReLU(), MaxPool2D(2), Flatten(), Linear(10))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 3)
    return try Trainer(model: model, optimizer: optimizer, batchSize: 8, seed: 5)
  }

  private static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func eventsTellWhatHappensInOrder() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let trainer = try Self.trainer()
    let file = folder.appendingPathComponent("run.safetensors")
    trainer.checkpoints = CheckpointPolicy(file, keptEpochs: 1)
    var events: [String] = []
    let outcome = try trainer.fit(Self.images, validation: Self.validation, epochs: 2) { event in
      switch event {
      case .batch(let progress): events.append("batch \(progress.epochsCompleted) \(progress.imagesDone)")
      case .epoch(let record): events.append("epoch \(record.epoch) \(record.validation?.images ?? 0)")
      case .checkpoint(let url): events.append(url.lastPathComponent)
      case .stop(let reason): events.append("\(reason)")
      }
    }
    let batches = { (epoch: Int) in [8, 16, 24, 32, 40].map { "batch \(epoch) \($0)" } }
    #expect(
      events == batches(0) + ["epoch 1 30", "run-epoch-0001.safetensors", "run.safetensors"] + batches(1)
        + ["epoch 2 30", "run-epoch-0002.safetensors", "run.safetensors", "completed"])
    #expect(outcome.history == trainer.history && outcome.history.epochs.map(\.epoch) == [1, 2])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "run-epoch-0002.safetensors", "run.safetensors",
      ])
  }

  @Test func anEpochOfAFitIsThatOfALoopByHand() throws {
    let (fitted, byHand) = (try Self.trainer(), try Self.trainer())
    let history = try fitted.fit(Self.images, validation: Self.validation, epochs: 3).history
    for record in history.epochs {
      let epoch = try byHand.trainEpoch(on: Self.images)
      let validation = try byHand.evaluate(on: Self.validation)
      #expect(record.training.loss == epoch.loss && record.training.accuracy == epoch.accuracy)
      #expect(record.validation?.loss == validation.loss && record.validation?.accuracy == validation.accuracy)
      #expect(record.training.images == 40 && record.training.seconds > 0 && record.validation?.images == 30)
    }
    #expect(Array(fitted.model.parameterBuffer) == Array(byHand.model.parameterBuffer))
    // It ends at a number of epochs, those before it included.
    #expect(try fitted.fit(Self.images, epochs: 3).history.epochs.count == 3)
    #expect(try fitted.fit(Self.images, epochs: 4).history.epochs.count == 4)
  }

  /// A history in which the validation's losses are given.
  private static func history(_ losses: [Double]) -> TrainingHistory {
    TrainingHistory(
      epochs: losses.enumerated().map { i, loss in
        EpochRecord(
          epoch: i + 1, learningRate: 0.1, training: .init(loss: 1, accuracy: 0.5, seconds: 0.25, images: 10),
          validation: .init(loss: loss, accuracy: 1 - loss, seconds: 0.5, images: 5))
      })
  }

  @Test func theBestEpochIsTheFirstThatNoneBeats() {
    #expect(Self.history([0.5, 0.3, 0.4, 0.3]).best(by: .validationLoss)?.epoch == 2)
    #expect(Self.history([0.5, 0.3, 0.4, 0.3]).best(by: .validationAccuracy)?.epoch == 2)
    #expect(Self.history([.nan, 0.9, .nan, 0.8]).best(by: .validationLoss)?.epoch == 4)
    #expect(Self.history([]).best(by: .validationLoss) == nil)
  }

  /// With a learning rate of 0 no figure ever improves after the first epoch.
  @Test(arguments: [0, 1, 3]) func aTrainingThatDoesNotImproveStopsAfterItsPatience(patience: Int) throws {
    let trainer = try Self.trainer(SGD(learningRate: 0))
    let stopping = EarlyStopping(patience: patience)
    let outcome = try trainer.fit(Self.images, validation: Self.validation, epochs: 10, earlyStopping: stopping)
    #expect(outcome.stop == .earlyStopping(bestEpoch: 1))
    #expect(outcome.history.epochs.count == 2 + patience)
    // Asked again, it decides the same.
    let again = try trainer.fit(Self.images, validation: Self.validation, epochs: 10, earlyStopping: stopping)
    #expect(again == outcome)
  }

  @Test func theBestEpochsParametersAreRestored() throws {
    // A learning rate at which the loss soon grows.
    let trainer = try Self.trainer(SGD(learningRate: 0.5))
    var parameters: [[Float]] = []
    let outcome = try trainer.fit(
      Self.images, validation: Self.validation, epochs: 12, earlyStopping: EarlyStopping(patience: 3)
    ) { event in
      if case .epoch = event { parameters.append(Array(trainer.model.parameterBuffer)) }
    }
    let best = try #require(outcome.history.best(by: .validationLoss)).epoch
    #expect(best < outcome.history.epochs.count)
    #expect(Array(trainer.model.parameterBuffer) == parameters[best - 1])
    #expect(try trainer.evaluate(on: Self.validation).loss == outcome.history.epochs[best - 1].validation?.loss)
  }

  @Test func whatIsWatchedHasToBeThere() throws {
    let trainer = try Self.trainer()
    #expect(throws: TrainingError.missingMetric(.validationLoss)) {
      try trainer.fit(Self.images, epochs: 1, earlyStopping: EarlyStopping())
    }
    trainer.schedule = ReduceOnPlateau(metric: .validationAccuracy)
    #expect(throws: TrainingError.missingMetric(.validationAccuracy)) { try trainer.fit(Self.images, epochs: 1) }
    #expect(throws: TrainingError.self) {
      try trainer.fit(Self.images, validation: Self.validation, epochs: 1, earlyStopping: EarlyStopping(patience: -1))
    }
    #expect(trainer.epoch == 0)
  }

  @Test func aPlateauShrinksTheLearningRateOfTheEpochsBehindIt() throws {
    let trainer = try Self.trainer(SGD(learningRate: 0.5))
    trainer.schedule = ReduceOnPlateau(metric: .validationLoss, factor: 0.5, patience: 0)
    let history = try trainer.fit(Self.images, validation: Self.validation, epochs: 6).history
    let rule = ReduceOnPlateau(metric: .validationLoss, factor: 0.5, patience: 0)
    for (i, record) in history.epochs.enumerated() {
      let losses = Array(history.values(of: .validationLoss)[..<i])
      #expect(Float(record.learningRate) == Float(rule.learningRate(from: 0.5, after: losses)))
    }
    #expect(history.epochs[5].learningRate < 0.5)
  }

  @Test func aHistoryIsReadBackAsItWasWritten() throws {
    let history = Self.history([0.1, .nan, .infinity, 1.0 / 3])
    let lines = try history.jsonLines
    #expect(lines.split(separator: "\n").count == 4)
    let read = try TrainingHistory(jsonLines: lines + "{\"epoch\": 5, \"trai")
    #expect(read.epochs.count == 4)
    #expect(read.epochs.map { $0.validation?.loss.bitPattern } == history.epochs.map { $0.validation?.loss.bitPattern })
    #expect(read.epochs[3] == history.epochs[3])
    let rows = history.csv.split(separator: "\n")
    #expect(rows[0].split(separator: ",").count == 10)
    #expect(rows[1] == "1,0.1,1.0,0.5,0.25,40.0,0.1,0.9,0.5,10.0")
    let plain = TrainingHistory(epochs: [.init(epoch: 1, learningRate: 0.1, training: history.epochs[0].training)])
    #expect(plain.csv.split(separator: "\n")[1] == "1,0.1,1.0,0.5,0.25,40.0,,,,")
    #expect(throws: (any Error).self) { try TrainingHistory(jsonLines: "{}\n") }
  }

  @Test(arguments: HistoryFile.Format.allCases) func theHistoryFileIsThatOfTheHistory(format: HistoryFile.Format) throws
  {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("history")
    let trainer = try Self.trainer()
    try trainer.fit(Self.images, epochs: 2, historyFile: HistoryFile(file, format: format))
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(try text == (format == .csv ? trainer.history.csv : trainer.history.jsonLines))
  }

  /// What a training leaves behind, without the seconds.
  private struct Traces: Equatable {
    let history: [[Double]]
    let stop: Data
    let final: Data
    let best: Data
    let last: [SafeTensors.Entry]
    let files: [String]

    init(_ folder: URL) throws {
      func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
      let read = try TrainingHistory(jsonLines: String(decoding: data(InterruptedFit.history), as: UTF8.self))
      history = read.epochs.map { epoch in
        [
          Double(epoch.epoch), epoch.learningRate, epoch.training.loss, epoch.training.accuracy,
          Double(epoch.training.images), epoch.validation?.loss ?? -1, epoch.validation?.accuracy ?? -1,
        ]
      }
      stop = try data(InterruptedFit.stop)
      final = try data(InterruptedFit.final)
      best = try data("run-best.safetensors")
      last = try SafeTensors(contentsOf: folder.appendingPathComponent(InterruptedFit.checkpoint)).entries
      files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
  }

  @Test(arguments: [1, 7, 8, 9, 30]) func aFitThatWasCancelledEndsAsOneThatWasNot(batches: Int) throws {
    let (whole, parts) = (try Self.folder(), try Self.folder())
    defer { for folder in [whole, parts] { try? FileManager.default.removeItem(at: folder) } }
    #expect(try InterruptedFit(folder: whole).run(epochs: 6).stop == .completed)
    var asked = 0
    let stopped = try InterruptedFit(folder: parts).run(epochs: 6) {
      asked += 1
      return asked > batches
    }
    #expect(stopped.stop == .cancelled)
    #expect(try InterruptedFit(folder: parts).run(epochs: 6).stop == .completed)
    #expect(try Traces(parts) == Traces(whole))
  }

  /// Killed at 30 random moments and gone on with, a training ends with the same history, the same decision to stop and the
  /// same bits as one that was never killed.
  @Test func aFitThatIsKilledAtAnyMomentEndsAsOneThatWasNot() throws {
    let (whole, parts) = (try Self.folder(), try Self.folder())
    defer { for folder in [whole, parts] { try? FileManager.default.removeItem(at: folder) } }
    #expect(try TrainingProcess.start(["fit", whole.path], killAfter: nil) == 0)
    var random = SplitMix64(seed: 51)
    var kills = 0
    var goingOn = 0
    let checkpoint = parts.appendingPathComponent(InterruptedFit.checkpoint)
    while kills < 30 {
      // From within the program's start to some epochs later; later on a machine that does not come so far.
      let moment = 0.001 * Double(random.next() % 60) * (goingOn == 0 ? Double(1 + kills / 5) : 1)
      if FileManager.default.fileExists(atPath: checkpoint.path) { goingOn += 1 }
      let status = try TrainingProcess.start(["fit", parts.path], killAfter: moment)
      if status != SIGKILL {
        // It came to its end before: what it left is right, and another one is killed.
        #expect(status == 0)
        #expect(try Traces(parts) == Traces(whole))
        try FileManager.default.removeItem(at: parts)
        try FileManager.default.createDirectory(at: parts, withIntermediateDirectories: true)
      }
      kills += status == SIGKILL ? 1 : 0
    }
    #expect(goingOn > 0)
    #expect(try TrainingProcess.start(["fit", parts.path], killAfter: nil) == 0)
    #expect(try Traces(parts) == Traces(whole))
    let stop = try JSONDecoder().decode(
      StopReason.self, from: Data(contentsOf: whole.appendingPathComponent(InterruptedFit.stop)))
    guard case .earlyStopping = stop else {
      Issue.record("the training ended by \(stop), not by early stopping")
      return
    }
  }

  @Test func theSecondsOfAnEpochThatGoesOnAreThoseOfAllItsParts() throws {
    let first = try Self.trainer()
    var steps = 0
    #expect(throws: CancellationError.self) {
      try first.trainEpoch(
        on: Self.images,
        progress: { _ in
          steps += 1
          Thread.sleep(forTimeInterval: 0.05)
        }, isCancelled: { steps == 3 })
    }
    let second = try Self.trainer()
    try second.restore(first.state())
    let result = try second.trainEpoch(on: Self.images)
    #expect(result.images == 40)
    // Three steps slept before the state was saved.
    #expect(result.seconds >= 0.15)
  }
}
