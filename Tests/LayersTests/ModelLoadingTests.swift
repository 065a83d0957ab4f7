import Foundation
import Layers
import Testing

/// Loading reports what it found, and takes what fits when it is asked to.
struct ModelLoadingTests {
  private static func network(classes: Int, head: String = "fc") -> Sequential {
    Sequential(
      Sequential(Linear(3), BatchNorm1D(), ReLU()).named("features"), Linear(classes).named(head))
  }

  private static func model(classes: Int, head: String = "fc", seed: UInt64) throws -> Model {
    try Model(network(classes: classes, head: head), inputShape: [2], seed: seed)
  }

  private static let features = [
    "features.0.weight", "features.0.bias", "features.1.weight", "features.1.bias", "features.1.running_mean",
    "features.1.running_var", "features.1.num_batches_tracked",
  ]

  private static func renamed(_ state: SafeTensors, _ name: (String) -> String?) throws -> SafeTensors {
    SafeTensors(
      entries: try state.entries.compactMap { entry in
        try name(entry.name).map { name in
          if let integers = entry.integers {
            return SafeTensors.Entry(name: name, shape: entry.shape, integers: integers)
          }
          return SafeTensors.Entry(name: name, try Tensor(shape: entry.shape, #require(entry.floats)))
        }
      })
  }

  /// Whether a parameter has the values of another model.
  private static func agree(_ model: Model, _ other: Model, _ name: String, under otherName: String? = nil) throws
    -> Bool
  {
    try model.parameter(name) == other.parameter(otherName ?? name)
  }

  @Test func anExactLoadingReportsAll() throws {
    let (from, to) = (try Self.model(classes: 4, seed: 1), try Self.model(classes: 4, seed: 2))
    let report = try to.load(from.state(), file: "f")
    #expect(report.loaded == to.parameters.map(\.name))
    #expect(report.isExact && report.missing.isEmpty && report.unexpected.isEmpty && report.mismatched.isEmpty)
    for name in report.loaded { #expect(try Self.agree(to, from, name)) }
  }

  @Test func aPartialLoadingGivesANetworkAnotherHead() throws {
    let (from, to) = (try Self.model(classes: 4, seed: 1), try Self.model(classes: 7, seed: 2))
    let head = try to.parameter("fc.weight")
    let report = try to.load(from.state(), file: "f", matching: .partial)
    #expect(report.loaded == Self.features)
    #expect(
      report.mismatched == [
        .init(name: "fc.weight", found: [4, 3], expected: [7, 3]), .init(name: "fc.bias", found: [4], expected: [7]),
      ])
    #expect(report.missing.isEmpty && report.unexpected.isEmpty && !report.isExact)
    #expect(
      report.description
        == "loaded 7; mismatched fc.weight is [4, 3] in the file, [7, 3] in the model, "
        + "fc.bias is [4] in the file, [7] in the model")
    for name in Self.features { #expect(try Self.agree(to, from, name)) }
    #expect(try to.parameter("fc.weight") == head)

    let other = try Self.model(classes: 4, head: "head", seed: 3)
    let second = try other.load(from.state(), file: "f", matching: .partial)
    #expect(second.missing == ["head.weight", "head.bias"])
    #expect(second.unexpected == ["fc.weight", "fc.bias"])
    #expect(second.loaded == Self.features)
  }

  @Test func whatMatchingDoesNotPermitIsAnErrorAndNothingIsLoaded() throws {
    let from = try Self.model(classes: 4, seed: 1)
    for (to, exact, permissive) in [
      (
        try Self.model(classes: 7, seed: 2),
        CheckpointError.tensor(file: "f", name: "fc.weight", reason: "has shape [4, 3]; expected [7, 3]"),
        CheckpointError.tensor(file: "f", name: "fc.weight", reason: "has shape [4, 3]; expected [7, 3]")
      ),
      (
        try Self.model(classes: 4, head: "head", seed: 2),
        .missing(file: "f", names: ["head.weight", "head.bias"]),
        .missing(file: "f", names: ["head.weight", "head.bias"])
      ),
    ] {
      let before = try to.state().encoded()
      #expect(throws: exact) { try to.load(from.state(), file: "f") }
      #expect(throws: permissive) { try to.load(from.state(), file: "f", matching: .allowingUnexpected) }
      #expect(try to.state().encoded() == before)
    }
    // Types are checked also of what is loaded in part.
    let to = try Self.model(classes: 7, seed: 2)
    let before = try to.state().encoded()
    var state = from.state()
    let bias = try #require(state.entries.firstIndex { $0.name == "features.0.bias" })
    state.entries[bias] = .init(name: "features.0.bias", shape: [3], integers: [1, 2, 3])
    #expect(throws: CheckpointError.self) { try to.load(state, file: "f", matching: .partial) }
    state = from.state()
    let i = try #require(state.entries.firstIndex { $0.name == "features.1.num_batches_tracked" })
    state.entries[i] = .init(name: state.entries[i].name, shape: [], integers: [-1])
    #expect(throws: CheckpointError.self) { try to.load(state, file: "f", matching: .partial) }
    #expect(try to.state().encoded() == before)
  }

  @Test func aCountOfBatchesMayBeMissingAndIsReported() throws {
    let (from, to) = (try Self.model(classes: 4, seed: 1), try Self.model(classes: 4, seed: 2))
    let name = "features.1.num_batches_tracked"
    let state = try Self.renamed(from.state()) { $0 == name ? nil : $0 }
    #expect(try to.load(state, file: "f").missing == [name])
  }

  @Test func aFileOfWhichNothingFitsIsAnError() throws {
    let to = try Self.model(classes: 4, seed: 2)
    let strange = try Self.renamed(try Self.model(classes: 4, seed: 1).state()) { "net." + $0 }
    #expect(throws: CheckpointError.missing(file: "f", names: to.parameters.map(\.name))) {
      try to.load(strange, file: "f", matching: .partial)
    }
    #expect(throws: CheckpointError.unexpected(file: "f", names: strange.entries.map(\.name))) {
      try to.load(strange, file: "f", matching: .partial, into: "nothing")
    }
  }

  @Test(arguments: ["module", "module.", "model.net"]) func aPrefixIsRemoved(prefix: String) throws {
    let (from, to) = (try Self.model(classes: 4, seed: 1), try Self.model(classes: 4, seed: 2))
    let dotted = prefix.hasSuffix(".") ? prefix : prefix + "."
    // As PyTorch does it: a name without the prefix stays.
    let state = try Self.renamed(from.state()) { $0.hasPrefix("fc") ? $0 : dotted + $0 }
    #expect(throws: CheckpointError.self) { try to.load(state, file: "f") }
    let report = try to.load(state, file: "f", removingPrefix: prefix)
    #expect(report.isExact)
    for name in report.loaded { #expect(try Self.agree(to, from, name)) }
  }

  @Test func aNameThatIsThereTwiceIsRefused() throws {
    let from = try Self.model(classes: 4, seed: 1)
    var state = from.state()
    state.entries += try Self.renamed(state) { $0 == "fc.bias" ? "module.fc.bias" : nil }.entries
    let error = #expect(throws: CheckpointError.self) {
      try from.load(state, file: "f", removingPrefix: "module")
    }
    #expect(error?.description.contains("twice") == true)
  }

  @Test func aFileIsLoadedIntoAPartOfTheModel() throws {
    let backbone = try Model(Sequential(Linear(3), BatchNorm1D(), ReLU()), inputShape: [2], seed: 1)
    let to = try Self.model(classes: 4, seed: 2)
    let head = try to.parameter("fc.weight")
    let report = try to.load(backbone.state(), file: "f", into: "features")
    #expect(report.loaded == Self.features && report.isExact)
    for name in Self.features {
      #expect(try Self.agree(to, backbone, name, under: String(name.dropFirst("features.".count))))
    }
    #expect(try to.parameter("fc.weight") == head)
    // What the part lacks is missing, what lies elsewhere is not.
    var state = backbone.state()
    state.entries.removeAll { $0.name == "0.bias" }
    #expect(throws: CheckpointError.missing(file: "f", names: ["features.0.bias"])) {
      try to.load(state, file: "f", into: "features")
    }
    let prefixed = try Self.renamed(backbone.state()) { "module." + $0 }
    #expect(try to.load(prefixed, file: "f", removingPrefix: "module", into: "features").isExact)
  }

  @Test func aFileIsReadInPartToo() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("load-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let from = try Self.model(classes: 4, seed: 1)
    try from.save(to: file)
    let to = try Self.model(classes: 7, seed: 2)
    #expect(try to.load(from: file, matching: .partial).loaded == Self.features)
    #expect(try Self.agree(to, from, "features.0.weight"))
  }

  /// What a training saves besides is not unexpected.
  @Test func aTrainingsCheckpointIsAModelsFile() throws {
    let model = try Self.model(classes: 4, seed: 1)
    let trainer = try Trainer(model: model, optimizer: Adam(), batchSize: 2)
    _ = try trainer.step(Tensor(shape: [2, 2], [1, 2, 3, 4]), labels: [0, 3])
    let report = try Self.model(classes: 4, seed: 2).load(trainer.state(), file: "f")
    #expect(report.isExact)
  }
}
