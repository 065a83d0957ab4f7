import Foundation
import Kernels
import Layers
import Testing

@testable import Bench

@Suite struct TrainingSessionTests {
  private func session(
    _ model: ModelID = "n1", threads: Int = 1, seed: UInt64 = 1, _ change: (inout Recipe) throws -> Void = { _ in }
  ) throws -> TrainingSession {
    var recipe = Recipe(batchSize: 8, epochs: 2)
    try change(&recipe)
    let entry = try ModelCatalogue.entry(model)
    let data = try DataRequest(
      isReconstruction: entry.classCount == nil, trainImages: 50, testImages: 20
    ).load(directory: nil, seed: 1)
    return try TrainingSession(
      ModelDescription(
        model, inputShape: data.training.imageShape,
        classCount: entry.classCount == nil ? nil : data.training.classCount),
      recipe: recipe, data: data, seed: seed, threads: threads, level: .best())
  }

  private func weights(_ session: TrainingSession) throws -> [Data] {
    _ = try session.run(isCancelled: { false }, onEvent: { _ in })
    return session.model.state().entries.map(\.bytes)
  }

  @Test func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads() throws {
    let change: (inout Recipe) throws -> Void = {
      $0.augmentation = try Augmentation("crop:4,flip,noise:0.1")
      $0.mixing = try MixingRecipe("mixup")
      $0.average = try AverageRecipe("ema:0.9")
    }
    let first = try weights(session("n1", change))
    #expect(try weights(session("n1", change)) == first)
    #expect(try weights(session(threads: 3, change)) == first)
    #expect(try weights(session(seed: 2, change)) != first)
  }

  @Test(arguments: LossChoice.allCases)
  func lossesLearnAndKeepTheNamesOfTheParameters(_ loss: LossChoice) throws {
    let session = try session { $0.loss = loss }
    #expect(session.model.parameters.map(\.name) == (try self.session()).model.parameters.map(\.name))
    let outcome = try session.run(isCancelled: { false }, onEvent: { _ in })
    #expect(outcome.history.epochs.count == 2)
    #expect(outcome.history.epochs.allSatisfy { $0.training.loss.isFinite && $0.training.loss > 0 })
    // What a predictor needs is in the file, also where a layer stands behind the network.
    let model = try Model(session.modelState())
    #expect(model.modelDescription == session.network)
  }

  @Test(arguments: OptimizerRecipe.Rule.allCases)
  func everyRuleChangesTheWeights(_ rule: OptimizerRecipe.Rule) throws {
    let session = try session { $0.optimizer.rule = rule }
    let before = session.model.state()
    _ = try session.run(isCancelled: { false }, onEvent: { _ in })
    #expect(session.model.state() != before)
  }

  @Test func countsTheUpdatesOfAnEpoch() throws {
    let session = try session { $0.batchesPerUpdate = 3 }
    // 7 batches of 50 images.
    #expect(session.updatesPerEpoch == 3)
    _ = try session.run(isCancelled: { false }, onEvent: { _ in })
    #expect(session.trainer.updates == 6)
  }

  @Test func autoencodersHaveNoAccuracy() throws {
    let session = try session("n7") { $0.loss = .meanSquaredError }
    #expect(session.isReconstruction)
    #expect(session.data.plainTraining.targetsAreImages)
    let outcome = try session.run(isCancelled: { false }, onEvent: { _ in })
    #expect(outcome.history.epochs.last?.validation?.loss.isFinite == true)
  }

  @Test func anAverageIsWhatIsUsedInTheEnd() throws {
    let session = try session { $0.average = try AverageRecipe("swa") }
    _ = try session.run(isCancelled: { false }, onEvent: { _ in })
    let last = session.model.state()
    let average = try session.withFinalWeights { session.model.state() }
    #expect(average != last)
    #expect(session.model.state() == last)
  }
}
