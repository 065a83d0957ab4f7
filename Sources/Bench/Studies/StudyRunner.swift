import Foundation
import Kernels
import Layers

/// Runs settings of studies and writes their records.
///
/// A setting that has a result in the record is not run again; one that was interrupted goes on behind its last whole
/// epoch.
final class StudyRunner {
  struct Options {
    var directory: String
    var dataDirectory: String?
    var isQuick = false
    var threads: Int
    var level: InstructionSet
    var shard = Shard.whole
  }

  let options: Options
  private let interrupt: Interrupt
  private let progress = ProgressLine()
  private let report: (String) throws -> Void
  /// The images read last: settings of a study share theirs.
  private var loaded: (request: DataRequest, seed: UInt64, train: ImageDataset, test: ImageDataset)?

  /// - Parameter report: told a line when a run begins and when it ends.
  init(_ options: Options, interrupt: Interrupt, report: @escaping (String) throws -> Void) {
    self.options = options
    self.interrupt = interrupt
    self.report = report
  }

  /// The file of a study's records.
  static func recordPath(_ study: String, in directory: String, isQuick: Bool, shard: Shard = .whole) -> String {
    "\(directory)/\(study)\(isQuick ? ".quick" : "")\(shard.suffix).jsonl"
  }

  /// Runs a setting of a study with a seed, unless the record has its result.
  ///
  /// - Returns: false where an interrupt ended it; what it has done is saved.
  func run(_ study: Study, _ setting: Setting, seed: UInt64) throws -> Bool {
    let path = StudyRunner.recordPath(study.id, in: options.directory, isQuick: options.isQuick, shard: options.shard)
    var record = try StudyRecord.read(study: study.id, path: path) ?? StudyRecord(study: study.id)
    if record.runs(of: setting.label).contains(where: { $0.start.seed == seed }) { return true }
    let file = try RecordFile(path: path)
    let stages = options.isQuick ? try setting.stages.map(quick) : setting.stages
    let folder = URL(fileURLWithPath: "\(options.directory)/unfinished")
    try makeFolder(folder)
    let name = StudyRunner.fileName(study.id + "-" + setting.label + "-\(seed)" + (options.isQuick ? "-quick" : ""))
    var descriptions: [StageDescription] = []
    var inherited: URL?
    let isFirstSeed = seed == 1
    defer { progress.clear() }
    for (number, stage) in stages.enumerated() {
      let data = try load(stage.data, seed: seed)
      let network = try StudyRunner.network(stage, data)
      let session = try TrainingSession(
        network, recipe: stage.recipe, data: data, seed: seed, threads: options.threads, level: options.level)
      if let prefix = stage.inheritedPrefix, let inherited {
        let report = try session.model.load(from: inherited, matching: .partial)
        guard report.loaded.contains(where: { $0.hasPrefix(prefix) }) else {
          throw UsageError("study \(study.id), \(setting.label): no parameter '\(prefix)…' in the stage before")
        }
      }
      descriptions.append(StudyRunner.description(stage, session, network))
      let start = RunStart(
        schema: RunStart.schema, study: study.id, setting: setting.label, seed: seed, isQuick: options.isQuick,
        stages: descriptions + (try remainingDescriptions(stages.dropFirst(number + 1), seed: seed)),
        cpu: Machine.processorName, isa: options.level.rawValue, threads: options.threads,
        version: Version.description, command: StudyRunner.command(study, setting, seed, options),
        date: ISO8601DateFormatter().string(from: Date()))
      if number == 0 {
        try file.append(.start(start))
        record.take(.start(start))
        try report("\(study.id)  \(setting.label)  seed \(seed): \(stages.map(\.recipe.text).joined(separator: "; "))")
      }
      let model = folder.appendingPathComponent("\(name)-\(number).safetensors")
      inherited = model
      let run = record.runs.first { $0.start.key == start.key }
      if number < stages.count - 1, run?.results[number] != nil, FileManager.default.fileExists(atPath: model.path) {
        continue
      }
      let known = Set((run?.epochs[number] ?? []).map(\.epoch))
      guard
        try train(
          session, checkpoint: folder.appendingPathComponent("\(name)-\(number).checkpoint"),
          title: "\(study.id) \(setting.label) seed \(seed)",
          onEpoch: { epoch, isNew in
            if !isNew, known.contains(epoch.epoch) { return }
            try file.append(.epoch(RunEpoch(setting: setting.label, seed: seed, stage: number, epoch: epoch)))
          })
      else { return false }
      let evaluation = FinalEvaluation(session: session) { [interrupt] in interrupt.isRequested }
      let result: StageResult
      do {
        result = try evaluation.result(
          setting: setting.label, seed: seed, stage: number,
          seconds: session.trainer.history.epochs.reduce(0) { $0 + $1.training.seconds }, hasPictures: isFirstSeed)
      } catch is CancellationError {
        return false
      }
      if number < stages.count - 1 { try session.model.save(to: model) }
      try file.append(.result(result))
      progress.clear()
      // Of images that are made again, no class is right or wrong.
      let accuracy = result.testConfusion == nil ? "" : "\(Figure.percent(result.test.accuracy)), "
      try report(
        "  \(stages.count > 1 ? "stage \(number + 1): " : "")test \(accuracy)loss "
          + "\(Figure.fixed(result.test.loss, 4)), \(Figure.fixed(result.seconds, 1)) s")
    }
    for number in stages.indices {
      for end in ["checkpoint", "safetensors"] {
        let file = folder.appendingPathComponent("\(name)-\(number).\(end)")
        if FileManager.default.fileExists(atPath: file.path) { try FileManager.default.removeItem(at: file) }
      }
    }
    return true
  }

  /// The epochs of a stage, from its checkpoint on where there is one; false where an interrupt ended them.
  private func train(
    _ session: TrainingSession, checkpoint: URL, title: String, onEpoch: (EpochRecord, _ isNew: Bool) throws -> Void
  ) throws -> Bool {
    if FileManager.default.fileExists(atPath: checkpoint.path) {
      try session.trainer.resume(from: checkpoint)
      // A process that was killed between the record and the checkpoint, or the other way round, left one without the other.
      for epoch in session.trainer.history.epochs { try onEpoch(epoch, false) }
    }
    session.trainer.checkpoints = CheckpointPolicy(checkpoint)
    let epochs = session.recipe.epochs
    let outcome = try session.run { [interrupt] in
      interrupt.isRequested
    } onEvent: { event in
      switch event {
      case .batch(let done):
        progress.show(
          "\(title)  epoch \(done.epochsCompleted + 1)/\(epochs)  \(done.imagesDone)/\(done.images) images  loss "
            + "\(Figure.fixed(done.loss, 4))")
      case .epoch(let epoch): try onEpoch(epoch, true)
      default: break
      }
    }
    return outcome.stop != .cancelled
  }

  // MARK: Data

  /// The images of a request; those of a quick run are synthetic where the set's files are not found.
  private func load(_ request: DataRequest, seed: UInt64) throws -> TrainingData {
    var plain = DataRequest(set: request.set)
    (plain.trainImages, plain.testImages) = (request.trainImages, request.testImages)
    let imagesSeed: UInt64 = 1
    if loaded?.request != plain {
      let (train, test) = try plain.set.load(
        directory: plain.set == .synthetic ? nil : options.dataDirectory, trainImages: plain.trainImages,
        testImages: plain.testImages, seed: imagesSeed)
      loaded = (plain, imagesSeed, train, test)
    }
    guard let loaded else { throw UsageError("no images of \(request.text)") }
    return try request.prepare(train: loaded.train, test: loaded.test, seed: seed)
  }

  static func network(_ stage: Stage, _ data: TrainingData) throws -> ModelDescription {
    let entry = try ModelCatalogue.entry(stage.model)
    return try ModelDescription(
      stage.model, inputShape: data.training.imageShape,
      classCount: entry.classCount == nil ? nil : data.training.classCount, options: stage.modelOptions)
  }

  private func remainingDescriptions(_ stages: ArraySlice<Stage>, seed: UInt64) throws -> [StageDescription] {
    try stages.map { stage in
      let data = try load(stage.data, seed: seed)
      let network = try StudyRunner.network(stage, data)
      return StudyRunner.description(
        stage, data, network, parameters: try network.network().summary(for: network.inputShape))
    }
  }

  private static func description(
    _ stage: Stage, _ session: TrainingSession, _ network: ModelDescription
  ) -> StageDescription {
    description(stage, session.data, network, parameters: session.model.summary)
  }

  private static func description(
    _ stage: Stage, _ data: TrainingData, _ network: ModelDescription, parameters summary: ModelSummary
  ) -> StageDescription {
    StageDescription(
      model: network.id.rawValue, parameters: summary.parameterCount, summary: summary.description, data: stage.data,
      recipe: stage.recipe, trainingImages: data.training.count, validationImages: data.validation.count,
      testImages: data.test.count, validatesOnTest: data.validatesOnTest, classNames: data.test.classNames,
      inheritedPrefix: stage.inheritedPrefix)
  }

  /// The stage scaled down to seconds, on the images there are.
  private func quick(_ stage: Stage) throws -> Stage {
    var quick = stage
    quick.recipe.epochs = min(stage.recipe.epochs, 2)
    quick.data.trainImages = 400
    quick.data.testImages = 200
    if stage.data.set != .synthetic, !stage.data.set.isPresent(directory: options.dataDirectory) {
      quick.data.set = .synthetic
    }
    return quick
  }

  private func makeFolder(_ folder: URL) throws(UsageError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError(
        "the folder '\(folder.path)' cannot be made; expected --records to name one that can be written to")
    }
  }

  /// The command that runs a setting again.
  static func command(_ study: Study, _ setting: Setting, _ seed: UInt64, _ options: Options) -> String {
    "swift run bench study \(study.id) --setting '\(setting.label)' --first-seed \(seed)"
      + (options.isQuick ? " --quick" : "") + " --isa \(options.level.rawValue)"
  }

  /// A name without what file systems do not take.
  static func fileName(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." ? $0 : "_" })
  }
}

extension StudyRecord {
  /// Reads a record file; nil where there is none.
  static func read(study: String, path: String) throws(UsageError) -> StudyRecord? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw UsageError("the record '\(path)' cannot be read; expected a file of lines of JSON")
    }
    return try StudyRecord(study: study, contentsOf: data, file: path)
  }
}
