import Layers
import TestSupport
import Testing

/// Two convolutions and a way around them.
private struct ResidualBlock: CompositeLayer {
  let channels: Int

  var body: any Layer {
    Sequential(
      Residual(
        Sequential(
          Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
          Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())),
      ReLU())
  }
}

/// A convolution under another type.
private struct Wide: CompositeLayer {
  var body: any Layer { Conv2D(4, kernelSize: 3) }
}

/// A layer with a name of its own.
private struct Stem: CompositeLayer {
  var body: any Layer { Sequential(Wide().named("wide"), ReLU()).named("stem") }
}

/// Composite layers within a composite layer.
private struct Network: CompositeLayer {
  var body: any Layer {
    Sequential(
      Stem(), ResidualBlock(channels: 4).named("block"), Wide(), ReLU(), Flatten(),
      Residual(Head(), shortcut: Frozen(Head())))
  }
}

private struct Head: CompositeLayer {
  var body: any Layer { Sequential(Dropout(0.3), Linear(3)) }
}

struct CompositeLayerTests {
  private static let inputShape: Shape = [2, 9, 8]
  /// The network of the same layers without composite ones.
  private static let plain = Sequential(
    Sequential(Sequential(Conv2D(4, kernelSize: 3)).named("wide"), ReLU()).named("0.stem"),
    Sequential(
      Residual(
        Sequential(
          Conv2D(4, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
          Conv2D(4, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())),
      ReLU()
    ).named("block"),
    Conv2D(4, kernelSize: 3), ReLU(), Flatten(),
    Residual(Sequential(Dropout(0.3), Linear(3)), shortcut: Frozen(Sequential(Dropout(0.3), Linear(3)))))

  /// What a training pass computes, with what it leaves in the buffers.
  private func pass(_ network: any Layer) throws -> [[Float]] {
    let model = try Model(network, inputShape: Self.inputShape, seed: 4)
    let plan = try model.plan(batchSize: 3, mode: .training, needsInputGradient: true)
    var random = TestRandom(seed: 8)
    let images = try Tensor(shape: Self.inputShape.batched(3), random.reals(3 * Self.inputShape.count))
    let output = try plan.forward(images)
    let gradient = try Tensor(shape: output.shape, random.reals(output.count))
    let inputGradient = try #require(try plan.backward(gradient))
    let inference = try model.plan(batchSize: 3, mode: .inference).forward(images)
    return [output.scalars, inputGradient.scalars, inference.scalars]
      + (try model.parameters.flatMap { [try model.gradient($0.name).scalars, try model.parameter($0.name).scalars] })
  }

  @Test func aCompositeLayerComputesWhatItsBodyDoesInItsPlace() throws {
    #expect(try pass(Network()) == pass(Self.plain))
  }

  @Test func parametersAreNamedAsThoseOfTheBody() throws {
    let names = try Network().parameters(for: Self.inputShape).map(\.name)
    #expect(
      names.filter { $0.hasSuffix("weight") } == [
        "0.stem.wide.weight", "block.0.body.0.weight", "block.0.body.1.weight", "block.0.body.3.weight",
        "block.0.body.4.weight", "2.weight", "5.body.1.weight", "5.shortcut.1.weight",
      ])
    #expect(try Wide().parameters(for: Self.inputShape).map(\.name) == ["weight", "bias"])
    #expect(try Sequential(ReLU(), Wide()).parameters(for: Self.inputShape).map(\.name) == ["1.weight", "1.bias"])
  }

  @Test func summariesShowTheLayersWithin() throws {
    let summary = try Network().summary(for: Self.inputShape)
    #expect(
      summary.layers.map { "\($0.path) \($0.kind)" } == [
        "0.stem.wide Conv2D", "0.stem.1 ReLU", "block.0.body.0 Conv2D", "block.0.body.1 BatchNorm2D",
        "block.0.body.2 ReLU", "block.0.body.3 Conv2D", "block.0.body.4 BatchNorm2D", "block.1 ReLU", "2 Conv2D",
        "3 ReLU", "4 Flatten", "5.body.0 Dropout", "5.body.1 Linear", "5.shortcut.0 Dropout", "5.shortcut.1 Linear",
      ])
    let model = try Model(Network(), inputShape: Self.inputShape)
    #expect(summary.parameterCount == model.parameterCount)
    #expect(summary.multiplyAddsPerImage == model.multiplyAddsPerImage)
    #expect(summary.trainingFLOPsPerImage == model.trainingFLOPsPerImage)
    #expect(summary.description == model.summary.description)
    #expect(Network().kind == "Network")
  }

  /// A ReLU that runs in the store of the layer before keeps no output of its own.
  @Test func aReLUBehindRunsAsPartOfTheBodysLastLayer() throws {
    func savedBytes(_ network: Sequential) throws -> Int? {
      try network.plan(LayerProblem(inputShape: Self.inputShape, batchSize: 4, mode: .training))?.savedByteCount
    }
    let fused = try savedBytes(Sequential(Conv2D(4, kernelSize: 3), ReLU(), Flatten(), Linear(1)))
    #expect(try savedBytes(Sequential(Wide(), ReLU(), Flatten(), Linear(1))) == fused)
    #expect(try savedBytes(Sequential(Conv2D(4, kernelSize: 3), Sequential(), ReLU(), Flatten(), Linear(1))) == fused)
    #expect(try savedBytes(Sequential(Wide(), Tanh(), Flatten(), Linear(1))) != fused)
    #expect(Wide().canApply(.relu) && !Head().canApply(.relu))
  }

  @Test func errorsNameThePlaceInTheBody() {
    #expect {
      try Model(Sequential(ReLU(), ResidualBlock(channels: 0).named("block")), inputShape: Self.inputShape)
    } throws: { error in
      "\(error)".hasPrefix("layer block.0.body.0 (Conv2D): ")
    }
  }
}
