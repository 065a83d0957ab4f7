import Layers
import Testing

@testable import Bench

@Suite struct TrainOptionsTests {
  private func options(_ arguments: [String]) throws -> TrainOptions {
    guard case .run(let options, _) = try TrainOptions.table.parse(arguments, defaults: TrainOptions()) else {
      throw UsageError("help")
    }
    return options
  }

  @Test func defaultsAreThoseOfARecipe() throws {
    #expect(try options([]).recipe() == Recipe(precision: .fast))
    #expect(try options([]).dataRequest() == DataRequest())
  }

  @Test func reachesEveryPartOfARecipe() throws {
    let options = try options([
      "--batch-size", "8", "--epochs", "7", "--optimizer", "sgd", "--momentum", "0.8", "--nesterov", "--weight-decay",
      "0.01", "--clip-norm", "1", "--clip-value", "2", "--lookahead", "5", "--learning-rate", "0.1", "--schedule",
      "step:2:0.5", "--warm-up", "1", "--label-smoothing", "0.1", "--augmentation", "crop:4,flip", "--mixing", "cutmix",
      "--average", "swa", "--early-stopping", "3", "--batches-per-update", "2", "--normalization", "data",
    ])
    var expected = Recipe(batchSize: 8, epochs: 7)
    expected.optimizer = OptimizerRecipe(
      rule: .sgd, learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01, clipNorm: 1, clipValue: 2,
      lookahead: 5)
    expected.schedule = try ScheduleRecipe("step:2:0.5", warmUpEpochs: 1)
    expected.labelSmoothing = 0.1
    expected.augmentation = try Augmentation("crop:4,flip")
    expected.mixing = try MixingRecipe("cutmix")
    expected.average = try AverageRecipe("swa")
    expected.patience = 3
    expected.batchesPerUpdate = 2
    expected.normalization = .data
    expected.precision = .fast
    #expect(try options.recipe() == expected)
  }

  @Test func reachesWhatTheRecipesNeed() throws {
    let options = try options([
      "--optimizer", "muon", "--momentum", "0.6", "--nesterov", "--others", "0.05:0.7:0.8:0.004", "--schedule",
      "linear-decay:0.1", "--loss-sum", "--whitening", "50", "--freeze", "a.weight,b:3", "--views", "six",
      "--target-accuracy", "0.5",
    ])
    let recipe = try options.recipe()
    var optimizer = OptimizerRecipe(rule: .muon, learningRate: 0.001, momentum: 0.6, nesterov: true)
    optimizer.others = .init(learningRate: 0.05, linearLearningRate: 0.7, momentum: 0.8, shrinkage: 0.004)
    #expect(recipe.optimizer == optimizer)
    #expect(recipe.sumsLoss == true)
    #expect(recipe.whiteningImages == 50)
    #expect(recipe.freezing?.map(\.prefix) == ["a.weight", "b"])
    #expect(recipe.freezing?.map(\.epochs) == [0, 3])
    #expect(recipe.views == .six)
    #expect(options.targetAccuracy == 0.5)
    let schedule = try #require(recipe.schedule.makeSchedule(learningRate: 1, epochs: 4, updatesPerEpoch: 5))
    #expect(recipe.schedule.unit == .update)
    #expect(schedule.learningRate(at: 0, from: 1) == 1)
    #expect(abs(schedule.learningRate(at: 10, from: 1) - 0.55) < 1e-12)
    #expect(abs(schedule.learningRate(at: 20, from: 1) - 0.1) < 1e-12)
  }

  /// The recipe's settings are those that its options come to, whatever stands before or behind `--recipe`.
  @Test func aRecipeIsWhatOtherOptionsStartFrom() throws {
    func options(_ arguments: [String]) throws -> TrainOptions {
      let defaults = TrainCommand.defaults(for: arguments)
      guard case .run(let options, _) = try TrainCommand.options.parse(arguments, defaults: defaults) else {
        throw UsageError("help")
      }
      return options
    }
    let whole = try options(["--recipe", "airbench94"])
    #expect(try whole.recipe() == .airbench94)
    #expect(whole.model == "airbench94")
    var expected = Recipe.airbench94
    expected.epochs = 4
    #expect(try options(["--epochs", "4", "--recipe=airbench94"]).recipe() == expected)
    #expect(try options(["--recipe", "airbench94", "--epochs", "4"]).recipe() == expected)
    #expect(throws: UsageError.self) { try options(["--recipe", "unknown"]) }
  }

  @Test func reachesEveryPartOfTheData() throws {
    let request = try options([
      "--data", "mnist", "--classes", "1,3,5", "--validation-share", "0.2", "--fraction", "0.5", "--augmented-copies",
      "rotate:10", "--train-images", "100", "--test-images", "50",
    ]).dataRequest()
    #expect(
      request
        == DataRequest(
          set: .mnist, classes: [1, 3, 5], validationShare: 0.2, fraction: 0.5, added: try Augmentation("rotate:10"),
          trainImages: 100, testImages: 50))
  }

  @Test func autoencodersMakeTheirInputAgain() throws {
    let options = try options(["--model", "n8", "--input-augmentation", "noise:0.3"])
    let recipe = try options.recipe()
    #expect(recipe.loss == .meanSquaredError)
    #expect(recipe.normalization == .none)
    #expect(try recipe.inputAugmentation == Augmentation("noise:0.3"))
    #expect(try options.dataRequest().isReconstruction)
  }

  @Test(arguments: [
    (
      ["--model", "n7", "--loss", "cross-entropy"],
      "--loss cross-entropy is for networks that classify; n7 makes images"
    ),
    (["--model", "n7", "--mixing", "mixup"], "--mixing is for networks that classify"),
    (["--model", "n7", "--label-smoothing", "0.1"], "--label-smoothing is for --loss cross-entropy"),
    (["--input-augmentation", "noise"], "--input-augmentation is for autoencoders"),
    (
      ["--loss", "focal", "--mixing", "mixup"],
      "--mixing gives images several classes, which --loss focal does not take"
    ),
    (["--loss", "focal", "--label-smoothing", "0.1"], "--label-smoothing is for --loss cross-entropy, not focal"),
    (["--epochs", "3", "--warm-up", "3"], "--warm-up is 3; expected less than the 3 epochs"),
    (["--metrics-every", "5"], "--metrics-every needs --metrics FILE.jsonl or --tensorboard DIR"),
    (["--checkpoint-updates", "5"], "--checkpoint-updates needs --checkpoint FILE"),
    (["--nesterov"], "--nesterov is for --optimizer sgd or muon, not adam"),
    (["--others", "0.1:0.1"], "--others is for --optimizer muon, not adam"),
    (["--loss", "focal", "--loss-sum"], "--loss-sum is for --loss cross-entropy, not focal"),
    (["--freeze", "a:b"], "--freeze is 'a:b'; expected the first part of parameters' names"),
    (["--model", "n7", "--views", "six"], "--views is for networks that classify; n7 makes images"),
    (["--optimizer", "sgd", "--nesterov", "--momentum", "0"], "--nesterov needs a momentum above 0"),
    (["--optimizer", "sgd", "--beta2", "0.9"], "--beta2 is for --optimizer adam, adamw, nadam or radam, not sgd"),
    (
      ["--optimizer", "sgd", "--epsilon", "1e-5"],
      "--epsilon is for --optimizer adam, adamw, nadam, radam, rmsprop or adagrad"
    ),
    (["--schedule", "steps"], "--schedule has the term 'steps'"),
    (["--augmented-copies", "spin"], "--augmented-copies has the term 'spin'"),
  ])
  func refusesContradictions(_ arguments: [String], _ start: String) throws {
    let options = try options(arguments)
    do {
      _ = (try options.recipe(), try options.dataRequest())
      Issue.record("nothing was refused")
    } catch {
      #expect("\(error)".hasPrefix(start), "\(error)")
    }
  }

  @Test(arguments: [
    (["bench", "train", "--epochs", "5"], "bench train --epochs 5 --resume run.safetensors"),
    (
      ["./bench", "train", "--resume", "old", "--data-dir", "my data"],
      "./bench train --data-dir 'my data' --resume run.safetensors"
    ),
    (["bench", "train", "--resume=old", "--best", "it's"], "bench train --best 'it'\\''s' --resume run.safetensors"),
  ])
  func saysHowToGoOn(_ arguments: [String], _ command: String) {
    #expect(TrainCommand.command(arguments, resuming: "run.safetensors") == command)
  }
}

@Suite struct TrainingDescriptionTests {
  private func description(_ change: (inout Recipe) throws -> Void = { _ in }) throws -> TrainingDescription {
    var recipe = Recipe()
    try change(&recipe)
    return TrainingDescription(
      model: try ModelDescription("n1"), data: DataRequest(trainImages: 100), recipe: recipe, seed: 3)
  }

  @Test func isReadFromACheckpointAsItWasWritten() throws {
    let written = try description { $0.mixing = try MixingRecipe("mixup:0.4") }
    let state = SafeTensors(metadata: [TrainingDescription.metadataKey: try written.json])
    #expect(try TrainingDescription(in: state, file: "") == written)
    #expect(try TrainingDescription(in: SafeTensors(), file: "") == nil)
    #expect(throws: UsageError.self) {
      try TrainingDescription(in: SafeTensors(metadata: [TrainingDescription.metadataKey: "{}"]), file: "f")
    }
  }

  @Test func namesTheSettingThatDiffers() throws {
    let other = try description { $0.optimizer.weightDecay = 0.1 }
    #expect(
      throws: UsageError(
        "--resume is 'f', a checkpoint of another training: --weight-decay is 0.1 there and not given here")
    ) { try description().check(canResume: other, file: "f") }
  }

  @Test func mayGoOnForMoreEpochsWhereNothingElseFollowsFromTheirNumber() throws {
    let longer = try description { $0.epochs = 30 }
    try longer.check(canResume: description(), file: "f")
    let cosine = try description { $0.schedule = try ScheduleRecipe("cosine") }
    let longerCosine = try description {
      $0.schedule = try ScheduleRecipe("cosine")
      $0.epochs = 30
    }
    #expect(
      throws: UsageError("--resume is 'f', a checkpoint of another training: --epochs is 20 there and 30 here")
    ) { try longerCosine.check(canResume: cosine, file: "f") }
  }
}
