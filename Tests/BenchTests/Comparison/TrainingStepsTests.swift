import Foundation
import Kernels
import Layers
import Testing

@testable import Bench

/// The steps that a worker times.
@Suite struct TrainingStepsTests {
  private func session(_ change: (inout Recipe) throws -> Void) throws -> TrainingSession {
    var recipe = Recipe(batchSize: 8, epochs: 3)
    try change(&recipe)
    let data = try DataRequest(trainImages: 20, testImages: 10).load(directory: nil, seed: 1)
    return try TrainingSession(
      ModelDescription("n1", inputShape: data.training.imageShape, classCount: data.training.classCount),
      recipe: recipe, data: data, seed: 1, threads: 1, level: .best())
  }

  private func weights(_ session: TrainingSession) -> [Data] { session.model.state().entries.map(\.bytes) }

  @Test(
    "steps in pieces train as epochs do, to the bit", arguments: ["", "crop:4,flip,noise:0.1"], ["none", "mixup:0.2"])
  func pieces(_ augmentation: String, _ mixing: String) throws {
    let change: (inout Recipe) throws -> Void = {
      $0.augmentation = try Augmentation(augmentation)
      $0.mixing = try MixingRecipe(mixing)
      $0.schedule = try ScheduleRecipe("step:1:0.5", warmUpEpochs: 0)
    }
    let whole = try session(change)
    _ = try whole.run(isCancelled: { false }, onEvent: { _ in })
    let divided = try session(change)
    // Three epochs of three steps each, the first two of which have warmed it up.
    let steps = try TrainingSteps(divided)
    for count in [2, 4, 1] {
      let time = try steps.run(count)
      #expect(time.wallNanoseconds > 0 && time.processorNanoseconds >= 0)
    }
    #expect(divided.trainer.epoch == 3)
    #expect(weights(divided) == weights(whole))
  }

  @Test("an evaluation changes no weights")
  func evaluation() throws {
    let session = try session { _ in }
    let before = weights(session)
    let batches = try EvaluationBatches(session)
    #expect(try batches.run(3).wallNanoseconds > 0)
    #expect(weights(session) == before)
    #expect(session.trainer.updates == 0)
  }
}
