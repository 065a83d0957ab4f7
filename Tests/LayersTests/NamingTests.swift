import Layers
import Testing

/// Names of parameters do not depend on the order in which a layer is named and frozen.
struct NamingTests {
  /// The same layer, named `a` and frozen, in both orders and more than once.
  static let wrapped: [any Layer] = [
    Frozen(Linear(2).named("a")), Frozen(Linear(2)).named("a"), Linear(2).frozen().named("a"),
    Linear(2).named("a").frozen(), Frozen(Frozen(Linear(2).named("a"))), Frozen(Frozen(Linear(2)).named("a")),
  ]

  static let networks: [(any Layer, [String])] = wrapped.flatMap { layer -> [(any Layer, [String])] in
    [
      (layer, ["a.weight", "a.bias"]),
      (Sequential(layer, ReLU()), ["a.weight", "a.bias"]),
      (Sequential(ReLU(), Sequential(layer)), ["1.a.weight", "1.a.bias"]),
      (Residual(layer), ["a.weight", "a.bias"]),
      (Residual(Linear(2).frozen(), shortcut: layer), ["body.weight", "body.bias", "a.weight", "a.bias"]),
      (Branches(Linear(2).frozen(), layer), ["0.weight", "0.bias", "a.weight", "a.bias"]),
    ]
  }

  @Test(arguments: networks.indices) func namesAreTheSameInWhateverOrder(index: Int) throws {
    let (network, names) = Self.networks[index]
    let model = try Model(network, inputShape: [2])
    #expect(model.parameters.map(\.name) == names, "\(network)")
    #expect(model.parameters.allSatisfy { $0.role == .frozen }, "\(network)")
    #expect(model.trainableRanges.isEmpty)
    // Errors and summaries name the place alike.
    #expect(model.layers.contains { $0.path.hasSuffix("a") }, "\(network)")
  }

  @Test func ofSeveralNamesTheLastStandsFirst() throws {
    let twice: [any Layer] = [
      Linear(2).named("conv").named("block"), Linear(2).named("conv").named("block").frozen(),
      Linear(2).named("conv").frozen().named("block"), Linear(2).frozen().named("conv").named("block"),
    ]
    for layer in twice {
      for network in [layer, Sequential(layer), Residual(layer), Branches(layer)] as [any Layer] {
        let model = try Model(network, inputShape: [2])
        #expect(model.parameters.map(\.name) == ["block.conv.weight", "block.conv.bias"], "\(network)")
      }
    }
  }

  @Test func anEmptyNamePutsNothingBeforeTheOthers() throws {
    let layers: [any Layer] = [Linear(2).named("").frozen(), Linear(2).frozen().named("")]
    for layer in layers {
      #expect(try Model(Sequential(layer), inputShape: [2]).parameters.map(\.name) == ["weight", "bias"])
    }
  }

  @Test func aNameWithinKeepsTheEvaluationMode() throws {
    let names = ["a.running_mean", "a.num_batches_tracked"]
    for (layer, moves) in [
      (Frozen(BatchNorm1D().named("a"), inEvaluationMode: true), false), (Frozen(BatchNorm1D().named("a")), true),
    ] {
      let model = try Model(Sequential(layer), inputShape: [2])
      let before = try names.map { try model.parameter($0) }
      _ = try model.plan(batchSize: 2, mode: .training).forward(Tensor(shape: [2, 2], [1, 2, 3, 5]))
      let after = try names.map { try model.parameter($0) }
      #expect((after != before) == moves)
    }
  }
}
