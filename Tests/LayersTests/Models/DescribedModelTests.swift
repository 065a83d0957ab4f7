import Foundation
import Layers
import TestSupport
import Testing

struct DescribedModelTests {
  private let folder: TemporaryFolder
  private var file: URL { folder.url.appendingPathComponent("model.safetensors") }

  init() throws { folder = try TemporaryFolder() }

  private func logits(_ model: Model) throws -> Tensor {
    var random = TestRandom(seed: 5)
    let images = try Tensor(shape: model.inputShape.batched(3), random.reals(3 * model.inputShape.count))
    return try model.plan(batchSize: 3, mode: .inference).forward(images)
  }

  @Test func aCheckpointNamesItsModelSoThatOneCallMakesItAgain() throws {
    let description = try ModelDescription(
      "n6-max", inputShape: [1, 20, 24], classCount: 3, options: ["dropout": 0.25])
    let model = try Model(description, seed: 7)
    let plan = try model.plan(batchSize: 4, mode: .training)
    var random = TestRandom(seed: 6)
    _ = try plan.forward(Tensor(shape: [4, 1, 20, 24], random.reals(4 * 480)))
    try model.save(to: file)

    let state = try SafeTensors(contentsOf: file)
    #expect(
      state.metadata == [
        "model": #"{"class_count":3,"input_shape":[1,20,24],"name":"n6-max","options":{"dropout":0.25}}"#
      ])
    let loaded = try Model(checkpoint: file, seed: 1)
    #expect(loaded.modelDescription == description)
    #expect(loaded.state() == model.state())
    #expect(try logits(loaded) == logits(model))
  }

  @Test func aTrainersCheckpointNamesItsModelToo() throws {
    let model = try Model(ModelDescription("n1"), seed: 7)
    let trainer = try Trainer(model: model, optimizer: Adam(), batchSize: 8)
    _ = try trainer.trainEpoch(on: SyntheticImages.make(count: 16, seed: 1, split: .train))
    try trainer.save(to: file)
    let loaded = try Model(checkpoint: file)
    #expect(loaded.modelDescription == model.modelDescription)
    #expect(try logits(loaded) == logits(model))
  }

  @Test func metadataOfOnesOwnIsStoredBesides() throws {
    let model = try Model(ModelDescription("n2"), seed: 7)
    try model.save(to: file, metadata: ["class_names": #"["a","b"]"#])
    let metadata = try SafeTensors(contentsOf: file).metadata
    #expect(metadata["class_names"] == #"["a","b"]"#)
    #expect(metadata["model"]?.contains("n2") == true)
    #expect(try Model(checkpoint: file).modelDescription == model.modelDescription)
  }

  @Test func aNetworkThatIsNotOfTheCatalogueHasNoDescription() throws {
    let model = try Model(Sequential(Flatten(), Linear(10).named("fc1")), inputShape: [3, 32, 32], seed: 7)
    #expect(model.modelDescription == nil)
    try model.save(to: file)
    #expect(try SafeTensors(contentsOf: file).metadata.isEmpty)
    #expect(throws: ModelError.notDescribed(file: file.path)) { try Model(checkpoint: file) }
    // Its parameters are those of a model of the catalogue.
    let loaded = try Model(checkpoint: file, as: ModelDescription("n2"))
    #expect(try logits(loaded) == logits(model))
    #expect(loaded.modelDescription == (try ModelDescription("n2")))
  }

  @Test func aCheckpointOfAnotherModelIsRefused() throws {
    try Model(ModelDescription("n2"), seed: 7).save(to: file)
    #expect(
      throws: ModelError.checkpoint(
        .tensor(file: file.path, name: "fc1.weight", reason: "has shape [10, 3072]; expected [5, 3072]"))
    ) {
      try Model(checkpoint: file, as: ModelDescription("n2", classCount: 5))
    }
    let names = ["fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"]
    #expect(throws: ModelError.checkpoint(.missing(file: file.path, names: names))) {
      try Model(checkpoint: file, as: ModelDescription("n3"))
    }
    let missing = folder.url.appendingPathComponent("none")
    #expect(throws: ModelError.checkpoint(.file(path: missing.path, reason: "no such file"))) {
      try Model(checkpoint: missing)
    }
  }

  @Test(arguments: [
    ("nonsense", "does not describe its model rightly"), ("{}", "does not describe its model rightly"),
    (#"{"name":"n2","input_shape":"x"}"#, "does not describe its model rightly"),
    (#"{"name":"n99","input_shape":[3,32,32]}"#, "there is no model 'n99'"),
    (#"{"name":"n2","input_shape":[3,32,32],"options":{"a":1}}"#, "option 'a' is 1.0; expected none"),
    (#"{"name":"n2","input_shape":[3,-32,32]}"#, "the input's shape is [-3072]"),
    (#"{"name":"n2","input_shape":[3,32,32],"class_count":0}"#, "outputFeatures is 0"),
    (#"{"name":"n2","input_shape":[3,32,32],"class_count":600000}"#, "has shape [10, 3072]; expected [600000, 3072]"),
    (#"{"name":"n2","input_shape":[3,32,32],"class_count":9223372036854775807}"#, "outputFeatures"),
    (#"{"name":"n2","input_shape":[9223372036854775807]}"#, "Flatten"),
  ])
  func aDescriptionThatIsNoneIsRefused(text: String, message: String) throws {
    var state = try Model(ModelDescription("n2"), seed: 7).state()
    state.metadata[ModelDescription.metadataKey] = text
    #expect {
      try Model(state)
    } throws: { error in
      error is ModelError && "\(error)".contains(message)
    }
  }

  @Test func countsOfBatchesMayBeMissing() throws {
    let model = try Model(ModelDescription("n6"), seed: 7)
    try model.setParameter("bn1.num_batches_tracked", to: Tensor(shape: [], [3]))
    var state = model.state()
    state.entries.removeAll { $0.name.hasSuffix("num_batches_tracked") }
    let loaded = try Model(state)
    #expect(try logits(loaded) == logits(model))
    #expect(try loaded.parameter("bn1.num_batches_tracked").scalars == [0])
    // Where something is loaded over them, they stay.
    try model.load(state, file: "memory")
    #expect(try model.parameter("bn1.num_batches_tracked").scalars == [3])
    state.entries.removeAll { $0.name == "bn1.running_mean" }
    #expect(throws: ModelError.checkpoint(.missing(file: "f", names: ["bn1.running_mean"]))) {
      try Model(state, file: "f")
    }
  }
}
