import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// Parameters that are frozen and unfrozen while a model is trained. That their optimiser's state waits as in PyTorch is
/// tested by fixtures, see OptimizerFixtureTests.
struct FreezingTests {
  private static func network() -> Sequential {
    Sequential(
      Sequential(Conv2D(3, kernelSize: 3, bias: false), BatchNorm2D(), ReLU()).named("stem"),
      Residual(Sequential(Conv2D(3, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())).named("block"), ReLU(),
      Branches(Conv2D(2, kernelSize: 1).named("left"), Conv2D(2, kernelSize: 3, padding: 1).named("right")).named(
        "fork"),
      Tanh(), Flatten(), Linear(5).named("hidden"), ReLU(), LayerNorm([5]).named("norm"), Linear(3).named("fc"))
  }

  private static func model(seed: UInt64 = 3) throws -> Model {
    try Model(network(), inputShape: [2, 6, 6], seed: seed)
  }

  private static func images(_ count: Int, seed: UInt64 = 5) throws -> Tensor {
    var random = TestRandom(seed: seed)
    return try Tensor(shape: [count, 2, 6, 6], random.reals(count * 72, in: -1...1))
  }

  private static func values(_ model: Model) throws -> [String: [Float]] {
    var values: [String: [Float]] = [:]
    for parameter in model.parameters where parameter.role == .trainable {
      values[parameter.name] = try model.parameter(parameter.name).scalars
    }
    return values
  }

  static let optimizers: [any Optimizer] = [
    SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.1), Adam(learningRate: 0.05, weightDecay: 0.1, amsgrad: true),
    AdamW(learningRate: 0.05, weightDecay: 0.5), NAdam(learningRate: 0.05, weightDecay: 0.1),
    RAdam(learningRate: 0.05, weightDecay: 0.1), RMSprop(learningRate: 0.01, weightDecay: 0.1, momentum: 0.9),
    Adagrad(learningRate: 0.1, weightDecay: 0.1), Lookahead(SGD(learningRate: 0.1, momentum: 0.9), interval: 2),
    AdamW(learningRate: 0.05).withoutDecay().clipped(.norm(0.5)),
    SGD(learningRate: 0.1, momentum: 0.9).clipped(.value(0.01)),
  ]

  @Test(arguments: optimizers.indices) func aStepLeavesFrozenParametersAsTheyAre(index: Int) throws {
    let model = try Self.model()
    let trainer = try Trainer(model: model, optimizer: Self.optimizers[index], batchSize: 4)
    let images = try Self.images(4)
    func step() throws -> Set<String> {
      let before = try Self.values(model)
      for _ in 0..<3 { _ = try trainer.step(images, labels: [0, 1, 2, 1]) }
      let after = try Self.values(model)
      return Set(after.keys.filter { before[$0] != after[$0] })
    }
    let all = Set(try Self.values(model).keys)
    let isIn = { (names: [String]) in all.filter { name in names.contains { name.hasPrefix($0 + ".") } } }
    // Some have moments before they are frozen.
    #expect(try step() == all)
    try model.freeze("stem", "fork.left")
    #expect(Set(model.frozenNames) == isIn(["stem", "fork.left"]))
    #expect(try step() == all.subtracting(isIn(["stem", "fork.left"])))
    try model.unfreeze("stem")
    try model.freeze("fc")
    #expect(try step() == all.subtracting(isIn(["fork.left", "fc"])))
    try model.unfreeze()
    #expect(model.frozenNames.isEmpty)
    #expect(try step() == all)
    try model.freeze("")
    #expect(try step().isEmpty)
  }

  /// From the first step on, it is the training of a network that is described so.
  @Test(arguments: optimizers.indices, InstructionSet.available)
  func frozenFromTheBeginningIsFrozenByDescription(index: Int, level: InstructionSet) throws {
    func network(_ wrap: (any Layer) -> any Layer) -> Sequential {
      Sequential(
        wrap(Sequential(Conv2D(3, kernelSize: 3), BatchNorm2D(), ReLU()).named("stem")), Flatten(),
        Linear(5).named("hidden"), ReLU(), wrap(Linear(4).named("middle")), Tanh(), Linear(3).named("fc"))
    }
    let described = try Model(network { $0.frozen() }, inputShape: [2, 6, 6], seed: 3)
    let frozen = try Model(network { $0 }, inputShape: [2, 6, 6], seed: 3)
    try frozen.freeze(["stem", "middle"])
    for model in [described, frozen] {
      let trainer = try Trainer(model: model, optimizer: Self.optimizers[index], batchSize: 4, level: level)
      for step in 0..<4 { _ = try trainer.step(Self.images(4, seed: UInt64(step)), labels: [0, 1, 2, 1]) }
    }
    #expect(described.parameters.map(\.name) == frozen.parameters.map(\.name))
    for parameter in described.parameters {
      #expect(try described.parameter(parameter.name) == frozen.parameter(parameter.name), "\(parameter.name)")
    }
  }

  /// Any set of parameters: those of a layer may differ, and containers hand each of theirs its own.
  @Test(arguments: 0..<12) func theOtherGradientsKeepTheirBits(seed: Int) throws {
    let model = try Self.model()
    let images = try Self.images(3)
    var random = TestRandom(seed: UInt64(seed))
    let gradient = try Tensor(shape: [3, 3], random.reals(9))
    let names = model.parameters.filter { $0.role == .trainable }.map(\.name)
    for needsInputGradient in [false, true] {
      let plan = try model.plan(batchSize: 3, mode: .training, needsInputGradient: needsInputGradient)
      try model.unfreeze()
      _ = try plan.forward(images)
      let input = try plan.backward(gradient)
      let expected = try names.map { try model.gradient($0) }
      // The earlier layers rather than the later ones.
      let frozen = names.enumerated().filter { i, _ in
        seed == 0 || Int(random.next() % UInt64(names.count)) >= i
      }.map(\.element)
      try model.freeze(frozen)
      #expect(model.frozenNames == frozen)
      _ = try plan.forward(images)
      #expect(try plan.backward(gradient) == input)
      for (name, right) in zip(names, expected) {
        let found = try model.gradient(name)
        #expect(
          frozen.contains(name) ? found.scalars.allSatisfy { $0 == 0 } : found == right, "\(name) besides \(frozen)")
      }
      for (name, range) in model.trainableRanges where frozen.contains(name) {
        #expect(model.gradientBuffer[range].allSatisfy { $0 == 0 })
      }
    }
  }

  /// Hands its input on, and counts backward passes.
  private struct Probe: Layer {
    final class Passes: @unchecked Sendable { var count = 0 }
    let passes = Passes()
    var kind: String { "Probe" }
    func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { inputShape }
    func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
      Planned(count: problem.batchSize * problem.inputShape.count, passes)
    }

    private final class Planned: PlannedLayer {
      let count: Int
      let passes: Passes
      let workspaceByteCount = 0
      init(count: Int, _ passes: Passes) { (self.count, self.passes) = (count, passes) }
      func forward(_ memory: ForwardMemory) { memory.output.update(from: memory.input, count: count) }
      func backward(_ memory: BackwardMemory) {
        passes.count += 1
        memory.inputGradient?.update(from: memory.outputGradient, count: count)
      }
    }
  }

  @Test func theBackwardPassEndsAtTheFirstLayerThatIsTrained() throws {
    let probe = Probe()
    let model = try Model(Sequential(Linear(3).named("a"), probe, Linear(2).named("b")), inputShape: [2], seed: 1)
    let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.1), batchSize: 1)
    let image = try Tensor(shape: [1, 2], [1, 2])
    for (change, passes) in [
      ({ try model.freeze("b") }, 1), ({ try model.freeze("a") }, 1), ({ try model.unfreeze("b") }, 1),
      ({ try model.unfreeze("a") }, 2),
    ] {
      try change()
      _ = try trainer.step(image, labels: [0])
      #expect(probe.passes.count == passes, "\(model.frozenNames)")
    }
  }

  @Test func namesArePartsOfNetworksNotBeginnings() throws {
    let network = Sequential((0..<12).map { _ in Linear(2) as any Layer })
    let model = try Model(network, inputShape: [2])
    try model.freeze("1")
    #expect(model.frozenNames == ["1.weight", "1.bias"])
    try model.freeze("11.bias")
    #expect(model.frozenNames == ["1.weight", "1.bias", "11.bias"])
    try model.unfreeze("1.weight", "11.")
    #expect(model.frozenNames == ["1.bias"])
  }

  @Test func namesThatAreNotThereAreRefusedAndNothingIsChanged() throws {
    let model = try Model(
      Sequential(Linear(3).frozen().named("a"), Sequential(BatchNorm1D(), Linear(2)).named("b")), inputShape: [2])
    let known = model.parameters.map(\.name)
    for name in ["c", "b..", "b.w", "B", "b.1.weights"] {
      #expect(throws: LayerError.unknownParameter(name: name, known: known)) { try model.freeze("b.1", name) }
      #expect(throws: LayerError.unknownParameter(name: name, known: known)) { try model.unfreeze("b", name) }
    }
    #expect(model.frozenNames.isEmpty)
    // What the description freezes is no optimiser's.
    try model.freeze("a", "b")
    #expect(model.frozenNames == ["b.0.weight", "b.0.bias", "b.1.weight", "b.1.bias"])
    #expect(throws: LayerError.frozenByDescription(name: "a.weight")) { try model.unfreeze("b", "a") }
    #expect(throws: LayerError.frozenByDescription(name: "a.bias")) { try model.unfreeze("a.bias") }
    #expect(model.frozenNames.count == 4)
    try model.unfreeze()
    #expect(model.frozenNames.isEmpty)
  }

  @Test func aBackwardPassBehindAChangeNeedsANewForwardPass() throws {
    let model = try Self.model()
    let plan = try model.plan(batchSize: 1, mode: .training)
    try plan.forward()
    try model.freeze("fc")
    #expect(throws: LayerError.self) { try plan.backward() }
    try plan.forward()
    try plan.backward()
  }

  @Test func statisticsGoOnAndInferenceIsUntouched() throws {
    let model = try Self.model()
    let inference = try model.plan(batchSize: 3, mode: .inference)
    let training = try model.plan(batchSize: 3, mode: .training)
    let images = try Self.images(3)
    let before = try inference.forward(images)
    try model.freeze("")
    #expect(try inference.forward(images) == before)
    _ = try training.forward(images)
    try training.backward(Tensor(shape: [3, 3], [Float](repeating: 1, count: 9)))
    #expect(try model.parameter("stem.1.num_batches_tracked").scalars == [1])
  }

  @Test func whatWasAccumulatedIsForgotten() throws {
    let model = try Model(Sequential(Linear(2).named("a"), Linear(2).named("b")), inputShape: [2], seed: 1)
    let accumulator = try GradientAccumulator(model)
    let plan = try model.plan(batchSize: 1, mode: .training)
    func pass() throws {
      _ = try plan.forward(Tensor(shape: [1, 2], [1, 2]))
      try plan.backward(Tensor(shape: [1, 2], [1, 1]))
    }
    try pass()
    let (a, b) = (try model.gradient("a.weight"), try model.gradient("b.weight"))
    accumulator.add()
    try model.freeze("a")
    try pass()
    accumulator.finish()
    #expect(model.gradientBuffer[model.trainableRanges[0].range].allSatisfy { $0 == 0 })
    #expect(try model.gradient("b.weight").scalars == b.scalars.map { 2 * $0 })
    try model.unfreeze("a")
    try pass()
    accumulator.add()
    try pass()
    accumulator.finish()
    #expect(try model.gradient("a.weight").scalars == a.scalars.map { 2 * $0 })
  }

  @Test func clippingByANormThatIsNoNumberLeavesFrozenGradientsZero() throws {
    let model = try Model(Sequential(Linear(2).named("a"), Linear(2).named("b")), inputShape: [2], seed: 1)
    let clipping = try GradientClipping.norm(1).plan(model)
    try model.freeze("a")
    let ranges = model.trainableRanges.map(\.range)
    model.gradientBuffer[ranges[2].lowerBound] = .nan
    #expect(try #require(clipping.run()).isNaN)
    #expect(ranges[0...1].allSatisfy { model.gradientBuffer[$0].allSatisfy { $0 == 0 } })
    #expect(model.gradientBuffer[ranges[3]].allSatisfy { $0.isNaN })
  }

  /// As in PyTorch, an average follows all parameters: a frozen one's comes to rest at its value.
  @Test func anAverageComesToRestAtAFrozenParametersValue() throws {
    let model = try Model(Sequential(Linear(2).named("a"), Linear(2).named("b")), inputShape: [2], seed: 1)
    let trainer = try Trainer(model: model, optimizer: SGD(learningRate: 0.5), batchSize: 1)
    let average = try WeightAverage(model, .exponential(decay: 0.5))
    trainer.weightAverage = average
    let image = try Tensor(shape: [1, 2], [1, 2])
    let range = model.trainableRanges[0].range
    try model.freeze("a")
    for _ in 0..<3 { _ = try trainer.step(image, labels: [0]) }
    #expect(Array(average.values[range]) == Array(model.parameterBuffer[range]))
    try model.unfreeze("a")
    for _ in 0..<3 { _ = try trainer.step(image, labels: [1]) }
    #expect(Array(average.values[range]) != Array(model.parameterBuffer[range]))
    try model.freeze("a")
    for _ in 0..<60 { _ = try trainer.step(image, labels: [0]) }
    #expect(zip(average.values[range], model.parameterBuffer[range]).allSatisfy { abs($0 - $1) <= 1e-6 })
  }

  @Test func memoryOfAModelSaysWhatIsNotFrozen() throws {
    let model = try Model(Sequential(Linear(2).named("a"), Linear(2).named("b")), inputShape: [2])
    let memory = ParameterMemory(model)
    #expect(memory.unfrozenRanges == memory.ranges.map(\.range))
    try model.freeze("a.weight")
    #expect(memory.unfrozenRanges == memory.ranges.dropFirst().map(\.range))
  }

  @Test(.enabled(if: Allocations.areCounted, "allocations are counted with glibc only"), arguments: optimizers.indices)
  func onlyTheStepBehindAChangeAllocates(index: Int) throws {
    let model = try Model(n1, inputShape: [3, 32, 32])
    let trainer = try Trainer(model: model, optimizer: Self.optimizers[index], batchSize: 4)
    let images = try randomImages(11)
    for change in [{ try model.freeze("0", "7") }, { try model.unfreeze("0") }, { try model.unfreeze() }] {
      try change()
      _ = try trainer.trainEpoch(on: images)
      #expect(try Allocations.onThread { _ = try trainer.trainEpoch(on: images) } == 0, "\(model.frozenNames)")
    }
  }

  /// Freezes and unfreezes in the midst of an epoch, and of the batches of an update.
  private static func train(_ training: InterruptedTraining, from first: Int, stop: Int) throws {
    var batches = first
    while batches < stop {
      switch batches {
      case 2: try training.model.freeze("0", "1")
      case 5: try training.model.freeze("6.weight")
      case 8: try training.model.unfreeze("0")
      case 11: try training.model.unfreeze()
      default: break
      }
      let next = batches + 1
      do {
        _ = try training.trainer.trainEpoch(
          on: training.images, progress: { _ in batches += 1 }, isCancelled: { batches == next })
      } catch is CancellationError {}
    }
  }

  @Test(arguments: [1, 3, 6, 9, 12]) func aResumedTrainingHasTheSameFrozenParametersAndBits(stop: Int) throws {
    let whole = try InterruptedTraining()
    try Self.train(whole, from: 0, stop: 15)
    let expected = try whole.trainer.state().encoded()

    let first = try InterruptedTraining()
    try Self.train(first, from: 0, stop: stop)
    let state = try first.trainer.state()
    let frozen = first.model.frozenNames
    #expect(frozen.isEmpty == [1, 12].contains(stop))
    let second = try InterruptedTraining()
    // Another training with other parameters frozen: nothing of it is left.
    try second.model.freeze("9")
    try Self.train(second, from: 12, stop: 14)
    try second.trainer.restore(state)
    #expect(second.model.frozenNames == frozen)
    #expect(try second.trainer.state().encoded() == state.encoded())
    try Self.train(second, from: stop, stop: 15)
    #expect(try second.trainer.state().encoded() == expected, "stopped before batch \(stop)")
  }

  @Test func aCheckpointsFrozenNamesAndCountersAreChecked() throws {
    let training = try InterruptedTraining()
    try training.model.freeze("0")
    try Self.train(training, from: 12, stop: 15)
    let state = try training.trainer.state()
    let text = try #require(state.metadata["trainer"])
    func changed(_ change: (inout [String: Any]) -> Void) throws -> SafeTensors {
      var fields = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      change(&fields)
      var state = state
      state.metadata["trainer"] = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
      return state
    }
    let counters =
      try #require(
        JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])["counters"] as? [String: Int]
    let steps = try #require(counters)
    #expect(try #require(steps["step"]) > 0 && steps["step.0.weight"] == 0 && steps["step.0.bias"] == 0)
    let other = try InterruptedTraining()
    let before = try other.trainer.state().encoded()
    for wrong in [
      try changed { $0["frozen"] = ["none"] }, try changed { $0["frozen"] = ["1.running_mean"] },
      try changed { $0["counters"] = steps.merging(["step.0.weight": 1 << 40]) { $1 } },
      try changed { $0["counters"] = steps.merging(["step.0.weight": -1]) { $1 } },
      try changed { $0["counters"] = steps.merging(["step.none": 0]) { $1 } },
    ] {
      #expect(throws: CheckpointError.self) { try other.trainer.restore(wrong) }
      #expect(try other.trainer.state().encoded() == before)
    }
    try other.trainer.restore(changed { $0["frozen"] = nil })
    #expect(other.model.frozenNames.isEmpty)
  }

  /// NAdam's product of momenta is one of these, too.
  @Test func countersOfParametersThatMissedStepsAreChecked() throws {
    let model = try Model(Sequential(Linear(2).named("a"), Linear(2).named("b")), inputShape: [2], seed: 1)
    let planned = try NAdam().plan(model)
    #expect(planned.counters == ["step": 0, "mu_product": Int(Float(1).bitPattern)])
    try model.freeze("b")
    planned.step()
    let counters = planned.counters
    #expect(
      Set(counters.keys) == [
        "step", "mu_product", "step.b.weight", "step.b.bias", "mu_product.b.weight", "mu_product.b.bias",
      ])
    try planned.check(learningRates: [0.1], momentum: 0.9, counters: counters)
    for (name, value) in [
      ("mu_product", Int(Float(1.5).bitPattern)), ("mu_product.b.bias", Int(Float.nan.bitPattern)),
      ("mu_product", -1), ("mu_product", 1 << 40), ("mu_product.c", 0), ("step.b.bias", 2), ("other", 0),
    ] {
      #expect(throws: OptimizerError.self, "\(name) \(value)") {
        try planned.check(
          learningRates: [0.1], momentum: 0.9, counters: counters.merging([name: value]) { $1 })
      }
    }
    #expect(throws: OptimizerError.self) {
      try planned.check(
        learningRates: [0.1], momentum: 0.9, counters: counters.filter { $0.key != "mu_product" })
    }
  }
}
