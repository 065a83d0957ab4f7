import Foundation

extension Trainer {
  /// The complete state of training after this step. Tensors: the parameters under their names, as in a model's file,
  /// so that PyTorch can read them; the optimiser's state under `optimizer/…`, averaged weights under `average/…`,
  /// accumulated gradients under `accumulated/…`, and the best epoch's parameters under `best/…`. Metadata: counts,
  /// learning rates, seeds and the position in the epoch under `trainer`, the finished epochs under `history`.
  public func state() throws(CheckpointError) -> SafeTensors {
    guard weightAverage?.holdsAveragedWeights != true else {
      throw .training(
        file: "a checkpoint", reason: "the average of the weights is in the model; put it back before saving")
    }
    var state = modelState()
    if let best {
      state.entries += best.model.entries.map { $0.renamed("best/" + $0.name) }
    }
    for tensor in optimizer.stateTensors { append(tensor.values, "optimizer/\(tensor.name)/", to: &state) }
    if let average = weightAverage { append(average.values, "average/", to: &state) }
    if accumulator.passes > 0 { append(accumulator.values, "accumulated/", to: &state) }
    try state.setMetadata(TrainerState.key, to: TrainerState(self))
    try state.setMetadata(TrainingHistory.key, to: history)
    state.metadata.merge(checkpointMetadata()) { own, _ in own }
    return state
  }

  /// The model as ``Model/save(to:metadata:)`` stores it, with normalisation and class names: everything that a
  /// ``Predictor`` needs.
  public func modelState() -> SafeTensors {
    var state = model.state()
    state.normalization = normalization
    state.classNames = classNames
    return state
  }

  /// Writes ``state()`` to a file, atomically: the path always holds a complete checkpoint, even if the program or the
  /// system stops.
  public func save(to file: URL) throws(CheckpointError) { try state().write(to: file) }

  /// Resumes from a checkpoint that ``save(to:)`` or ``checkpoints`` wrote: on the same data, the following steps give
  /// the same bits as without the interruption. Model, optimiser, batch size and other options must be those of the
  /// saved training; the seeds are taken from the checkpoint.
  ///
  /// - Throws: ``CheckpointError`` when the file is not a checkpoint, or belongs to another training; then nothing is
  ///   changed.
  public func resume(from file: URL) throws(CheckpointError) {
    try restore(SafeTensors(contentsOf: file), file: file.path)
  }

  /// Resumes from a state in memory, see ``resume(from:)``.
  public func restore(_ state: SafeTensors, file: String = "the state") throws(CheckpointError) {
    guard let saved = try state.metadata(TrainerState.key, as: TrainerState.self, file: file) else {
      throw .training(file: file, reason: "there is no state of a training in it; is it a model's file?")
    }
    try saved.check(self, file: file)
    let history = try state.metadata(TrainingHistory.key, as: TrainingHistory.self, file: file) ?? TrainingHistory()
    let normalization = try state.readNormalization(file: file) ?? normalization
    guard normalization == self.normalization else {
      throw .training(
        file: file,
        reason:
          "it was normalised by \(normalization.constants); expected the trainer's, \(self.normalization.constants)")
    }
    let names = try state.readClassNames(file: file)
    // All tensors are found and checked before any is written.
    let entries = Dictionary(state.entries.map { ($0.name, $0) }) { first, _ in first }
    var copies: [(values: [Float], to: UnsafeMutablePointer<Float>)] = []
    for tensor in optimizer.stateTensors {
      try copies.append(contentsOf: find("optimizer/\(tensor.name)/", for: tensor.values, in: entries, file: file))
    }
    if let average = weightAverage {
      try copies.append(contentsOf: find("average/", for: average.values, in: entries, file: file))
    }
    if saved.accumulatedBatches > 0 {
      try copies.append(contentsOf: find("accumulated/", for: accumulator.values, in: entries, file: file))
    }
    let best = try saved.bestEpoch.map { (epoch) throws(CheckpointError) in
      let entries = state.entries.filter { $0.name.hasPrefix("best/") }
      let found = SafeTensors(entries: entries.map { $0.renamed(String($0.name.dropFirst("best/".count))) })
      try model.check(found, file: file, prefix: "best/")
      return BestState(epoch: epoch, model: found)
    }
    try model.load(state, file: file)
    for copy in copies {
      copy.values.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { copy.to.update(from: base, count: source.count) }
      }
    }
    saved.apply(to: self)
    self.history = history
    self.best = best
    if !names.isEmpty { classNames = names }
  }

  /// Appends one tensor for each parameter from values with the layout of the model's parameter buffer.
  private func append(_ values: UnsafeMutableBufferPointer<Float>, _ prefix: String, to state: inout SafeTensors) {
    for parameter in model.trainableShapes {
      state.entries.append(
        SafeTensors.Entry(
          name: prefix + parameter.name, type: .float32, shape: parameter.shape,
          bytes: Data(buffer: UnsafeBufferPointer(rebasing: values[parameter.range]))))
    }
  }

  private func find(
    _ prefix: String, for values: UnsafeMutableBufferPointer<Float>, in byName: [String: SafeTensors.Entry],
    file: String
  ) throws(CheckpointError) -> [(values: [Float], to: UnsafeMutablePointer<Float>)] {
    let parameters = model.trainableShapes
    let missing = parameters.map { prefix + $0.name }.filter { byName[$0] == nil }
    guard missing.isEmpty else { throw .missing(file: file, names: missing) }
    var copies: [(values: [Float], to: UnsafeMutablePointer<Float>)] = []
    for parameter in parameters {
      guard let entry = byName[prefix + parameter.name], let base = values.baseAddress else { continue }
      guard entry.shape == parameter.shape, entry.type == .float32, let floats = entry.floats else {
        throw .tensor(
          file: file, name: entry.name,
          reason: "is \(entry.type.rawValue) of shape \(entry.shape); expected F32 of shape \(parameter.shape)")
      }
      copies.append((floats, base + parameter.range.lowerBound))
    }
    return copies
  }
}

/// The metadata `trainer` of a training's checkpoint. Floating-point numbers are stored as their bits, so that they are
/// restored exactly, NaN included.
private struct TrainerState: Codable {
  /// The key in the metadata.
  static let key = "trainer"

  var format = 1
  var optimizer: String
  var batchSize: Int
  var batchesPerUpdate: Int
  var seed: UInt64
  var modelSeed: UInt64
  var trainingPasses: UInt64
  var epoch: Int
  var updates: Int
  var epochImages: Int
  var epochDone: Int
  var epochCorrect: Int
  /// Missing in files of versions that did not store it; then 0.
  var epochIgnored: Int?
  /// Missing, like `epochSeed`, in files of versions that did not store it.
  var epochSecondsBits: UInt64?
  var epochSeed: UInt64?
  /// The epoch whose parameters are stored under `best/…`; nil for none.
  var bestEpoch: Int?
  var epochLossBits: UInt64
  var learningRateBits: [UInt32]
  var baseRateBits: [UInt32]
  var momentumBits: UInt32?
  var counters: [String: Int]
  var accumulatedBatches: Int
  var accumulatedWeightBits: UInt32
  var averageUpdates: Int?
  /// The names of the frozen parameters; nil for none.
  var frozen: [String]?

  init(_ trainer: Trainer) {
    optimizer = trainer.optimizerName
    batchSize = trainer.batchSize
    batchesPerUpdate = trainer.batchesPerUpdate
    seed = trainer.seed
    modelSeed = trainer.model.seed
    trainingPasses = trainer.model.trainingPasses
    epoch = trainer.epoch
    updates = trainer.updates
    epochImages = trainer.progress.images
    epochDone = trainer.progress.done
    epochCorrect = trainer.progress.correct
    epochIgnored = trainer.progress.ignored
    epochSecondsBits = trainer.progress.seconds.bitPattern
    epochSeed = trainer.progress.images > 0 ? trainer.progress.seed : nil
    bestEpoch = trainer.best?.epoch
    epochLossBits = trainer.progress.loss.bitPattern
    learningRateBits = trainer.optimizer.learningRates.map(\.bitPattern)
    baseRateBits = trainer.baseRates.map(\.bitPattern)
    momentumBits = trainer.optimizer.momentum?.bitPattern
    counters = trainer.optimizer.counters
    accumulatedBatches = trainer.accumulator.passes
    accumulatedWeightBits = trainer.accumulatedWeight.bitPattern
    averageUpdates = trainer.weightAverage?.updates
    frozen = trainer.savedFrozen
  }

  /// Checks that the state fits the trainer's configuration, that nothing is missing, and that every number is in its
  /// valid range.
  func check(_ trainer: Trainer, file: String) throws(CheckpointError) {
    func require(_ condition: Bool, _ what: String, _ found: some Any, _ expected: some Any) throws(CheckpointError) {
      guard condition else {
        throw .training(file: file, reason: "\(what) in it is \(found); expected \(expected), the trainer's")
      }
    }
    guard format == 1 else {
      throw .training(file: file, reason: "the state of the training has format \(format); expected 1")
    }
    try require(optimizer == trainer.optimizerName, "the optimiser", optimizer, trainer.optimizerName)
    try require(batchSize == trainer.batchSize, "the batch size", batchSize, trainer.batchSize)
    try require(
      batchesPerUpdate == trainer.batchesPerUpdate, "batchesPerUpdate", batchesPerUpdate, trainer.batchesPerUpdate)
    let hasAverage = trainer.weightAverage != nil
    try require((averageUpdates != nil) == hasAverage, "an average of the weights", averageUpdates != nil, hasAverage)
    do {
      let momentum = momentumBits.map(Float.init(bitPattern:))
      for rates in [learningRateBits, baseRateBits] {
        try trainer.optimizer.check(
          learningRates: rates.map(Float.init(bitPattern:)), momentum: momentum, counters: counters)
      }
    } catch {
      throw .training(file: file, reason: "the state of the training is not valid: \(error)")
    }
    try trainer.checkFrozen(frozen, file: file)
    try checkCounts(file: file)
  }

  private func checkCounts(file: String) throws(CheckpointError) {
    func require(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(CheckpointError) {
      guard range ~= value else {
        throw .training(
          file: file,
          reason: "\(name) in the state of the training is \(value); expected \(range.lowerBound) to "
            + "\(range.upperBound)")
      }
    }
    try require("epoch", epoch, in: 0...largestCount)
    try require("updates", updates, in: 0...largestCount)
    try require("trainingPasses", Int(clamping: trainingPasses), in: 0...largestCount)
    try require("averageUpdates", averageUpdates ?? 0, in: 0...largestCount)
    try require("epochImages", epochImages, in: 0...Int(Int32.max))
    try require("bestEpoch", bestEpoch ?? 0, in: 0...largestCount)
    let seconds = epochSecondsBits.map(Double.init(bitPattern:)) ?? 0
    guard seconds >= 0, seconds.isFinite else {
      throw .training(file: file, reason: "the seconds of an epoch in the state of the training are \(seconds)")
    }
    try require("epochDone", epochDone, in: 0...epochImages)
    try require("epochCorrect", epochCorrect, in: 0...epochDone)
    try require("epochIgnored", epochIgnored ?? 0, in: 0...epochDone - epochCorrect)
    try require("accumulatedBatches", accumulatedBatches, in: 0...largestCount)
    // The divisor of the accumulated gradients.
    let weight = Float(bitPattern: accumulatedWeightBits)
    guard accumulatedBatches == 0 ? weight == 0 : weight >= 1 && weight.isFinite else {
      throw .training(
        file: file,
        reason: "the weight of \(accumulatedBatches) accumulated batches in the state of the training is \(weight); "
          + "expected " + (accumulatedBatches == 0 ? "0" : "at least 1"))
    }
  }

  func apply(to trainer: Trainer) {
    trainer.seed = seed
    trainer.model.seed = modelSeed
    trainer.model.trainingPasses = trainingPasses
    trainer.epoch = epoch
    trainer.updates = updates
    trainer.progress = EpochProgress(
      images: epochImages, done: epochDone, loss: Double(bitPattern: epochLossBits), correct: epochCorrect,
      ignored: epochIgnored ?? 0, seconds: epochSecondsBits.map(Double.init(bitPattern:)) ?? 0,
      seed: epochSeed ?? seed)
    trainer.restoreFrozen(frozen)
    trainer.optimizer.learningRates = learningRateBits.map(Float.init(bitPattern:))
    trainer.baseRates = baseRateBits.map(Float.init(bitPattern:))
    if let momentumBits { trainer.optimizer.momentum = Float(bitPattern: momentumBits) }
    trainer.optimizer.counters = counters
    trainer.accumulator.restore(passes: accumulatedBatches)
    trainer.accumulatedWeight = Float(bitPattern: accumulatedWeightBits)
    if let averageUpdates { trainer.weightAverage?.updates = averageUpdates }
  }
}
