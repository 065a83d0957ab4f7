import Foundation
import Layers
import Testing

@testable import Bench

/// The texts that people write for augmentation, schedules, mixing and averages.
@Suite struct TrainingTextTests {
  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func readsTransformsInTheirOrder() throws {
    let transforms = try Augmentation("crop:2, flip,rotate:15,resized-crop:0.5,blur:5:0.2:0.3,noise:0.05")
      .transforms(imageShape: [3, 32, 32])
    try #require(transforms.count == 6)
    #expect((transforms[0] as? RandomCrop)?.padding == Size2D(2, 2))
    #expect((transforms[1] as? RandomHorizontalFlip)?.probability == 0.5)
    #expect((transforms[2] as? RandomRotation)?.degrees == -15...15)
    #expect((transforms[3] as? RandomResizedCrop)?.scale == 0.5...1)
    #expect((transforms[4] as? GaussianBlur)?.sigma == 0.2...0.3)
    #expect((transforms[5] as? GaussianNoise)?.standardDeviation == 0.05)
    #expect(try Augmentation("none").isEmpty && Augmentation("").isEmpty)
  }

  @Test(arguments: Augmentation.forms.map(\.name))
  func everyTransformWorksOnImagesWithItsDefaults(_ name: String) throws {
    let transforms = try Augmentation(name).transforms(imageShape: [3, 32, 32])
    var random = SplitMix64(seed: 1)
    var image = try Tensor(shape: [3, 32, 32])
    for transform in transforms { image = try image.transformed(by: transform, using: &random) }
    #expect(image.shape == [3, 32, 32])
  }

  @Test(arguments: [
    ("crop:4,spin", "--augmentation has the term 'spin'; expected one of crop, crop-reflect, flip, alternating-flip,"),
    ("flip,", "--augmentation has the term ''; expected one of crop"),
    ("crop:4:5", "--augmentation has the term 'crop:4:5'; expected 0 to 1 behind 'crop', separated by colons"),
    ("crop:x", "--augmentation has the term 'crop:x'; expected 0 to 1 behind 'crop', separated by colons"),
    ("crop:inf", "--augmentation has the term 'crop:inf'; expected 0 to 1 behind 'crop', separated by colons"),
    ("crop:1.5", "--augmentation has 'crop' with 1.5; expected a whole number from 0 to 1024"),
    ("crop:-1", "--augmentation has 'crop' with -1; expected a whole number from 0 to 1024"),
    ("flip:1.1", "--augmentation has 'flip' with 1.1; expected a number from 0 to 1"),
    ("rotate:-5", "--augmentation has 'rotate' with -5; expected a number from 0 to 360"),
    ("blur:4", "--augmentation has 'blur' with 4; expected an odd number from 1 to 1023"),
    ("blur:3:2:1", "--augmentation has 'blur' with 2 to 1; expected the smaller number first"),
    ("blur:3:5", "--augmentation has 'blur' with 5 to 2; expected the smaller number first"),
    ("resized-crop:0.5:0.2", "--augmentation has 'resized-crop' with 0.5 to 0.2; expected the smaller number first"),
    ("jitter:0:0:0:0.6", "--augmentation has 'jitter' with 0.6; expected a number from 0 to 0.5"),
  ])
  func saysWhatIsWrongWithTransforms(_ text: String, _ start: String) {
    let message = message { _ = try Augmentation(text) }
    #expect(message?.hasPrefix(start) == true, "\(message ?? "no error")")
  }

  @Test(arguments: [
    ("cosine,step", "--schedule is 'cosine,step'; expected one schedule, without commas"),
    ("none", "--schedule has the term 'none'; expected one of constant, linear, linear-decay, step,"),
    ("step:0", "--schedule is 'step:0'; expected whole numbers of epochs, at least 1"),
    ("step:2.5", "--schedule is 'step:2.5'; expected whole numbers of epochs, at least 1"),
    ("step:5:-1", "--schedule is 'step:5:-1'; expected numbers of at least 0"),
    ("exponential", "--schedule has the term 'exponential'; expected 1 behind 'exponential', separated by colons"),
    ("multi-step:0.1", "--schedule has the term 'multi-step:0.1'; expected 2 to 16 behind 'multi-step'"),
    ("constant:1", "--schedule has the term 'constant:1'; expected no numbers behind 'constant'"),
    ("warm-restarts:5:1.5", "--schedule is 'warm-restarts:5:1.5'; expected a whole factor of 1 to 1000"),
    ("warm-restarts:5:1e300", "--schedule is 'warm-restarts:5:1e300'; expected a whole factor of 1 to 1000"),
    ("one-cycle:1.5", "--schedule is 'one-cycle:1.5'; expected a share of 0 to 1, and a divisor of at least 1"),
  ])
  func saysWhatIsWrongWithSchedules(_ text: String, _ start: String) {
    let message = message { _ = try ScheduleRecipe(text) }
    #expect(message?.hasPrefix(start) == true, "\(message ?? "no error")")
  }

  @Test func readsMixingsAndAverages() throws {
    #expect((try MixingRecipe("mixup").make() as? Mixup)?.alpha == 0.2)
    #expect((try MixingRecipe("mixup:0.4").make() as? Mixup)?.alpha == 0.4)
    #expect((try MixingRecipe("cutmix").make() as? CutMix)?.alpha == 1)
    #expect(try MixingRecipe("none").make() == nil)
    #expect(try AverageRecipe("ema").rule == .corrected(decay: 0.999))
    #expect(try AverageRecipe("ema:0.9").rule == .corrected(decay: 0.9))
    #expect(try AverageRecipe("swa").rule == .equal)
    #expect(try AverageRecipe("none").rule == nil)
  }

  @Test(arguments: ["mixup,cutmix", "mixup:0", "mixup:-1", "mixup:1:2", "mix", ""])
  func refusesOtherMixings(_ text: String) {
    #expect(message { _ = try MixingRecipe(text) }?.hasPrefix("--mixing ") == true)
  }

  @Test(arguments: ["ema:1.5", "ema:-0.1", "swa:1", "ema,swa", "mean", ""])
  func refusesOtherAverages(_ text: String) {
    #expect(message { _ = try AverageRecipe(text) }?.hasPrefix("--average ") == true)
  }

  /// Records of studies and checkpoints hold this form.
  @Test func storesARecipeByItsTexts() throws {
    var recipe = Recipe()
    recipe.schedule = try ScheduleRecipe("step:10:0.5", warmUpEpochs: 2)
    recipe.augmentation = try Augmentation("crop:4,flip")
    recipe.mixing = try MixingRecipe("mixup:0.4")
    recipe.average = try AverageRecipe("ema:0.99")
    recipe.optimizer = .sgd(0.1)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(recipe)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"augmentation":"crop:4,flip","average":"ema:0.99","batchSize":32,"batchesPerUpdate":1,"epochs":20,"#
        + #""inputAugmentation":"","labelSmoothing":0,"loss":"cross-entropy","mixing":"mixup:0.4","#
        + #""normalization":"signed-unit","optimizer":{"learningRate":0.1,"momentum":0.9,"nesterov":false,"rule":"sgd"},"#
        + #""schedule":{"text":"step:10:0.5","warmUpEpochs":2}}"#)
    #expect(try JSONDecoder().decode(Recipe.self, from: data) == recipe)
  }
}
