import Foundation
import Layers
import TestSupport
import Testing

/// A training that is saved and goes on gives the bits of one that never stopped.
struct TrainerCheckpointTests {
  private static func temporary() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("checkpoint-\(UUID().uuidString).safetensors")
  }

  /// The state's bytes, which hold every bit that training depends on.
  private static func bytes(_ training: InterruptedTraining) throws -> Data { try training.trainer.state().encoded() }

  private static let uninterrupted = Result {
    let training = try InterruptedTraining()
    let first = try training.trainer.trainEpoch(on: training.images)
    let second = try training.trainer.trainEpoch(on: training.images)
    return (state: try bytes(training), losses: [first.loss, second.loss])
  }

  /// Stops an epoch of 15 batches, of which two make an update, before batch `stop`.
  @Test(arguments: [0, 1, 2, 5, 8, 14]) func goingOnGivesTheBitsOfATrainingThatNeverStopped(stop: Int) throws {
    let expected = try Self.uninterrupted.get()
    let file = Self.temporary()
    defer { try? FileManager.default.removeItem(at: file) }
    let first = try InterruptedTraining()
    var batches = 0
    #expect(throws: CancellationError.self) {
      try first.trainer.trainEpoch(on: first.images, progress: { _ in batches += 1 }, isCancelled: { batches == stop })
    }
    try first.trainer.save(to: file)

    let second = try InterruptedTraining()
    // Another training went on in between: nothing of it is left.
    if stop.isMultiple(of: 2) { _ = try second.trainer.trainEpoch(on: second.images) }
    try second.trainer.resume(from: file)
    let losses = try (0..<2).map { _ in try second.trainer.trainEpoch(on: second.images).loss }
    #expect(losses == expected.losses, "stopped before batch \(stop)")
    #expect(try Self.bytes(second) == expected.state, "stopped before batch \(stop)")
  }

  @Test func aCancelledEpochGoesOnWhereItStopped() throws {
    let expected = try Self.uninterrupted.get()
    let training = try InterruptedTraining()
    var batches = 0
    #expect(throws: CancellationError.self) {
      try training.trainer.trainEpoch(
        on: training.images, progress: { _ in batches += 1 }, isCancelled: { batches == 7 })
    }
    let losses = try (0..<2).map { _ in try training.trainer.trainEpoch(on: training.images).loss }
    #expect(losses == expected.losses)
    #expect(try Self.bytes(training) == expected.state)
  }

  @Test func aResumedEpochsAccuracyLeavesOutTheLabelsIgnoredBefore() throws {
    let images = SyntheticImages.make(count: 60, seed: 4, split: .train)
    func trainer() throws -> Trainer {
      let model = try Model(Sequential(Flatten(), Linear(10)), inputShape: [3, 32, 32], seed: 3)
      return try Trainer(
        model: model, optimizer: SGD(learningRate: 0.01), loss: CrossEntropy(ignoreIndex: Int(images.labels[0])),
        batchSize: 4, seed: 5)
    }
    let expected = try trainer().trainEpoch(on: images)
    let file = Self.temporary()
    defer { try? FileManager.default.removeItem(at: file) }
    let first = try trainer()
    var batches = 0
    #expect(throws: CancellationError.self) {
      try first.trainEpoch(on: images, progress: { _ in batches += 1 }, isCancelled: { batches == 9 })
    }
    try first.save(to: file)
    let second = try trainer()
    try second.resume(from: file)
    #expect(try second.trainEpoch(on: images).accuracy == expected.accuracy)
  }

  @Test func theParametersInACheckpointAreAModelsFile() throws {
    let file = Self.temporary()
    defer { try? FileManager.default.removeItem(at: file) }
    let training = try InterruptedTraining()
    _ = try training.trainer.trainEpoch(on: training.images)
    try training.trainer.save(to: file)
    let other = try InterruptedTraining()
    try other.model.load(from: file)
    for parameter in training.model.parameters {
      #expect(try other.model.parameter(parameter.name) == training.model.parameter(parameter.name))
    }
  }

  /// A state with another value, or none, in what it holds besides tensors.
  private static func change(_ state: SafeTensors, _ key: String, to value: Any?) throws -> SafeTensors {
    var state = state
    let text = try #require(state.metadata["trainer"])
    var fields = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(fields[key] != nil)
    fields[key] = value
    state.metadata["trainer"] = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
    return state
  }

  private static let absurd: [(key: String, value: (any Sendable)?)] = [
    ("epoch", Int.max), ("epoch", 1 << 53 + 1), ("updates", Int.max), ("updates", nil), ("trainingPasses", UInt64.max),
    ("averageUpdates", Int.max), ("averageUpdates", nil), ("epochImages", Int.max), ("epochImages", 1 << 31),
    ("epochCorrect", 1), ("epochIgnored", 1), ("epochIgnored", -1), ("accumulatedBatches", Int.max),
    ("accumulatedBatches", 1),
    ("accumulatedWeightBits", Int(Float(4).bitPattern)), ("accumulatedWeightBits", Int(Float.nan.bitPattern)),
    ("counters", [String: Int]()), ("counters", ["step": -1]), ("counters", ["step": Int.max]),
    ("counters", ["step": 3, "other": 1]), ("counters", nil),
    ("momentumBits", nil), ("momentumBits", Int(Float.nan.bitPattern)), ("momentumBits", Int(Float(1).bitPattern)),
    ("momentumBits", Int(Float(-0.5).bitPattern)), ("momentumBits", Int(Float.infinity.bitPattern)),
    ("learningRateBits", [Int(Float.nan.bitPattern), 0]), ("learningRateBits", [0]),
    ("baseRateBits", [0, Int(Float.infinity.bitPattern)]), ("baseRateBits", [0, Int(Float(-1).bitPattern)]),
  ]

  /// Numbers that no training has would trap in a later step, or make all weights NaN.
  @Test(arguments: absurd.indices) func absurdAndMissingNumbersAreRefused(index: Int) throws {
    let (key, value) = Self.absurd[index]
    let training = try InterruptedTraining()
    _ = try training.trainer.trainEpoch(on: training.images)
    let state = try training.trainer.state()
    let other = try InterruptedTraining()
    let before = try Self.bytes(other)
    #expect(throws: CheckpointError.self, "\(key): \(value.map { "\($0)" } ?? "missing")") {
      try other.trainer.restore(Self.change(state, key, to: value))
    }
    #expect(try Self.bytes(other) == before)
  }

  @Test func countsOfALongTrainingAreTaken() throws {
    let training = try InterruptedTraining()
    var state = try training.trainer.state()
    for (key, value) in [("epoch", 1 << 53), ("updates", 1 << 53), ("averageUpdates", 1 << 53)] {
      state = try Self.change(state, key, to: value)
    }
    state = try Self.change(state, "counters", to: ["step": 1 << 53])
    state = try Self.change(state, "trainingPasses", to: UInt64(1) << 53)
    try training.trainer.restore(state)
    _ = try training.trainer.trainEpoch(on: training.images)
    #expect(training.trainer.epoch == 1 << 53 + 1)
    #expect(training.model.parameterBuffer.allSatisfy { $0.isFinite })
  }

  /// What an optimiser holds inside of another is checked as well.
  @Test func theCountersOfAnOptimizerInsideAreRequired() throws {
    func trainer() throws -> Trainer {
      try Trainer(
        model: Model(Sequential(Flatten(), Linear(2)), inputShape: [1, 2, 2], seed: 1), optimizer: Lookahead(Adam()),
        batchSize: 1)
    }
    let state = try trainer().state()
    for counters in [["step": 0], ["base.step": 0], ["step": 0, "base.step": -1]] {
      #expect(throws: CheckpointError.self, "\(counters)") {
        try trainer().restore(Self.change(state, "counters", to: counters))
      }
    }
    let negative = Self.absurd.first { $0.key == "momentumBits" && $0.value != nil }?.value
    #expect(throws: CheckpointError.self) { try trainer().restore(Self.change(state, "momentumBits", to: negative)) }
    try trainer().restore(Self.change(state, "counters", to: ["step": 7, "base.step": 7]))
  }

  @Test func whatIsNoCheckpointOfThisTrainingIsAnErrorAndChangesNothing() throws {
    let training = try InterruptedTraining()
    _ = try training.trainer.trainEpoch(on: training.images)
    let good = try training.trainer.state()
    let other = try InterruptedTraining()
    let before = try Self.bytes(other)

    func change(_ key: String, to value: Any?) throws -> SafeTensors { try Self.change(good, key, to: value) }
    func without(_ name: String) -> SafeTensors {
      var state = good
      state.entries.removeAll { $0.name == name }
      #expect(state.entries.count == good.entries.count - 1, "\(name)")
      return state
    }
    func reshaped(_ name: String) throws -> SafeTensors {
      var state = good
      let i = try #require(state.entries.firstIndex { $0.name == name })
      state.entries[i] = .init(name: name, try Tensor(shape: [3], [1, 2, 3]))
      return state
    }
    var noState = good
    noState.metadata = [:]
    var noJSON = good
    noJSON.metadata["trainer"] = "{"
    let bad: [(String, SafeTensors)] = [
      ("no state", noState), ("no JSON", noJSON), ("format", try change("format", to: 2)),
      ("optimiser", try change("optimizer", to: "SGD")), ("batch size", try change("batchSize", to: 5)),
      ("epoch", try change("epoch", to: -1)), ("updates", try change("updates", to: 1.5)),
      ("epochDone", try change("epochDone", to: 1000)), ("groups", try change("baseRateBits", to: [1])),
      ("batchesPerUpdate", try change("batchesPerUpdate", to: 3)), ("weight", without("0.weight")),
      ("running mean", without("1.running_mean")), ("moment", without("optimizer/exp_avg_sq/6.bias")),
      ("average", without("average/9.weight")), ("shape", try reshaped("optimizer/exp_avg/0.weight")),
      ("weight's shape", try reshaped("6.weight")),
    ]
    for (what, state) in bad {
      #expect(throws: CheckpointError.self, "\(what)") { try other.trainer.restore(state) }
      #expect(try Self.bytes(other) == before, "\(what)")
    }
    try other.trainer.restore(good)
    #expect(try Self.bytes(other) == good.encoded())
  }

  /// Killed at random moments while it saves every few updates: the last whole checkpoint always loads, and going on from
  /// it ends with the bits of a training that never stopped.
  @Test func survivesBeingKilledAtAnyMoment() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("killed-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (file, whole) = (folder.appendingPathComponent("a.safetensors"), folder.appendingPathComponent("b.safetensors"))

    var random = SplitMix64(seed: 50)
    var kills = 0
    var loaded = 0
    var epochs = 0
    for _ in 0..<50 {
      // From within the program's start to some saves later.
      let moment = 0.001 * Double(random.next() % 40)
      let status = try TrainingProcess.start(["train", file.path, "\(Int.max)"], killAfter: moment)
      if status == SIGKILL { kills += 1 }
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      let training = try InterruptedTraining()
      try training.trainer.resume(from: file)
      epochs = training.trainer.epoch + 1
      loaded += 1
    }
    #expect(kills == 50)
    #expect(loaded > 0)
    #expect(try TrainingProcess.start(["train", whole.path, "\(epochs)"], killAfter: nil) == 0)
    #expect(try TrainingProcess.start(["train", file.path, "\(epochs)"], killAfter: nil) == 0)
    #expect(try Data(contentsOf: file) == Data(contentsOf: whole))
    // What a killed process left is removed by the next one that saves.
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.sorted() == ["a.safetensors", "b.safetensors"])
  }
}
