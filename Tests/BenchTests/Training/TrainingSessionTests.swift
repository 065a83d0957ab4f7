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

  /// The recipe to 94 %: whitened patches, parameters that are frozen from the start or later, views.
  @Test func theRecipeWhitensFreezesAndTakesViews() throws {
    let change: (inout Recipe) -> Void = {
      $0 = .airbench94
      $0.batchSize = 25
      $0.epochs = 2
      $0.whiteningImages = 20
      $0.freezing?[7] = .name("whiten.bias", epochs: 1)
    }
    let session = try session("airbench94", change)
    let names = session.recipe.freezing?.map(\.prefix) ?? []
    #expect(names.count == 8)
    let whitening = try session.model.parameter("whiten.weight").scalars
    // The second half of the kernels are the negatives of the first.
    #expect(whitening.prefix(144).map { -$0 } == Array(whitening.suffix(144)))
    var biases = [try session.model.parameter("whiten.bias").scalars]
    var rates: [Double] = []
    let isCancelled = { false }
    _ = try session.run(isCancelled: isCancelled) { event in
      guard case .epoch(let record) = event else { return }
      biases.append(try session.model.parameter("whiten.bias").scalars)
      rates.append(record.learningRate)
    }
    #expect(biases[0] != biases[1])
    #expect(biases[1] == biases[2])
    #expect(try session.model.parameter("whiten.weight").scalars == whitening)
    #expect(try session.model.parameter("group2.norm1.weight").scalars == [Float](repeating: 1, count: 256))
    #expect(try session.model.parameter("group2.norm1.bias").scalars != [Float](repeating: 0, count: 256))
    // Of four updates the second and the last are at 3/4 and 1/4 of the rate.
    #expect(rates.map { Float($0) } == [0.053 * 0.75, 0.053 * 0.25])
    let final = try session.evaluateFinally(on: session.data.test, isCancelled: { false })
    #expect(final.result.accuracy == final.confusion?.accuracy)
    let other = try self.session("airbench94", threads: 3, change)
    #expect(try weights(other) == session.model.state().entries.map(\.bytes))
  }

  @Test func aTargetIsReachedAfterTheFirstEpochThatHasIt() {
    let epochs = [0.3, 0.6, 0.5, 0.7].enumerated().map { i, accuracy in
      EpochRecord(
        epoch: i + 1, learningRate: 0.1,
        training: EpochResult(loss: 1, accuracy: 0.9, seconds: Double(i + 1), images: 10),
        validation: EvaluationResult(loss: 1, accuracy: accuracy, seconds: 9, images: 10))
    }
    let reached = TimeToAccuracy(0.6, epochs)
    #expect(reached.epoch == 2 && reached.seconds == 3)
    #expect(reached.text == "target     60.0 % was reached in epoch 2, after 3.00 s of training")
    let missed = TimeToAccuracy(0.8, epochs)
    #expect(missed.epoch == nil && missed.seconds == nil)
    #expect(missed.text == "target     80.0 % was not reached")
  }

  @Test func whiteningNeedsItsNetwork() throws {
    #expect(throws: UsageError.self) { try session("n1") { $0.whiteningImages = 10 } }
    #expect(throws: LayerError.self) { try session("n1") { $0.freezing = [.name("unknown")] } }
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
