import Kernels
import Layers
import TestSupport
import Testing

/// The steps of plans and their times.
struct PlanProfileTests {
  /// A residual network: a step within a block, one around it, a fused activation and a layer that only reshapes.
  private static let network = Sequential(
    Conv2D(4, kernelSize: 3, padding: 1), ReLU(),
    Residual(Sequential(Conv2D(4, kernelSize: 3, padding: 1), BatchNorm2D())), GlobalAveragePool2D(), Flatten(),
    Linear(3))

  private func step(_ profile: PlanProfile, _ path: String) throws -> PlanProfile.Step {
    try #require(profile.steps.first { $0.path == path }, "\(profile.steps.map(\.path))")
  }

  @Test func aTrainingPlanListsItsSteps() throws {
    let profile = PlanProfile()
    let model = try Model(Self.network, inputShape: [3, 8, 8])
    let plan = try model.plan(batchSize: 2, mode: .training, profile: profile)
    let first = try step(profile, "0")
    #expect(first.kind == "Conv2D + relu")
    #expect(first.outputShape == [4, 8, 8])
    #expect(first.parameterCount == 3 * 4 * 9 + 4)
    #expect(first.multiplyAddsPerImage == 3 * 4 * 9 * 64)
    // The first layer's input has no gradient.
    #expect(first.backwardPasses == 1)
    #expect(first.convolutionKernels.count == 2)
    let block = try step(profile, "2")
    #expect(block.kind == "Residual" && block.innerSteps.count == 2)
    #expect(profile.steps[block.innerSteps].map(\.kind) == ["Conv2D", "BatchNorm2D"])
    #expect(profile.steps[block.innerSteps.lowerBound].backwardPasses == 2)
    #expect(profile.steps.last?.kind == "Linear")
    // Plans of fewer images are not profiled.
    let count = profile.steps.count
    try plan.prepare(count: 1)
    try plan.forward(count: 1)
    #expect(profile.steps.count == count)
    #expect(profile.steps.allSatisfy { $0.forward == .zero })
  }

  @Test func everyPassOfEachStepIsTimed() throws {
    let profile = PlanProfile()
    let model = try Model(Self.network, inputShape: [3, 8, 8])
    let plan = try model.plan(batchSize: 2, mode: .training, profile: profile)
    try plan.forward()
    #expect(profile.steps.allSatisfy { $0.forward > .zero && $0.backward == .zero })
    try plan.backward()
    #expect(profile.steps.allSatisfy { $0.backward > .zero })
    let block = try #require(profile.steps.firstIndex { $0.kind == "Residual" })
    let inner = profile.steps[profile.steps[block].innerSteps]
    let innerTime = inner.map(\.forward).reduce(.zero, +)
    #expect(profile.exclusiveTimes(block).forward == profile.steps[block].forward - innerTime)
    #expect(profile.exclusiveTimes(block).backward >= .zero)
    profile.reset()
    #expect(profile.steps.allSatisfy { $0.forward == .zero && $0.backward == .zero })
  }

  @Test func aProfileChangesNoResult() throws {
    let values: [Float] = (0..<768).map { Float($0 % 17) }
    let images = try Tensor(shape: [4, 3, 8, 8], values)
    func weights(_ profile: PlanProfile?) throws -> [Tensor] {
      let model = try Model(Self.network, inputShape: [3, 8, 8], seed: 3)
      let trainer = try Trainer(
        model: model, optimizer: SGD(learningRate: 0.1), batchSize: 4, seed: 1, profile: profile)
      for _ in 0..<3 { _ = try trainer.step(images, labels: [0, 1, 2, 0]) }
      return try model.parameters.map { try model.parameter($0.name) }
    }
    #expect(try weights(PlanProfile()) == weights(nil))
  }

  @Test func freezingMakesTheStepsAnew() throws {
    let profile = PlanProfile()
    let model = try Model(Self.network, inputShape: [3, 8, 8])
    let plan = try model.plan(batchSize: 2, mode: .training, profile: profile)
    let count = profile.steps.count
    try model.freeze("0")
    try plan.forward()
    try plan.backward()
    #expect(profile.steps.count == count)
    #expect(try step(profile, "0").backwardPasses == 0)
  }

  @Test func aPredictorsStepsAreThoseOfItsLargestRun() throws {
    let profile = PlanProfile()
    let model = try Model(Self.network, inputShape: [3, 8, 8])
    let predictor = try Predictor(model, mostImages: 5, profile: profile)
    _ = try predictor.predict(Tensor(shape: [2, 3, 8, 8]))
    #expect(profile.steps.allSatisfy { $0.forward == .zero })
    _ = try predictor.predict(Tensor(shape: [5, 3, 8, 8]))
    // Batch normalisation is folded into the convolution before it.
    #expect(
      profile.steps.map(\.kind) == ["Conv2D + relu", "Conv2D + add", "Residual", "GlobalAveragePool2D", "Linear"])
    #expect(profile.steps.allSatisfy { $0.forward > .zero && $0.backwardPasses == 0 })
  }

  @Test func blocksOfImagesAreNamed() throws {
    let network = Sequential(Conv2D(2, kernelSize: 3), ReLU(), MaxPool2D(2), Flatten(), Linear(2))
    let share = Machine.current.thirdLevelBytes
    let shape: Shape = [2, 64, 64]
    let perImage = 4 * (shape.count + 2 * 62 * 62)
    let profile = PlanProfile()
    let model = try Model(network, inputShape: shape)
    _ = try model.plan(batchSize: 5 * share / perImage + 64, mode: .inference, profile: profile)
    #expect(profile.steps[0].imagesPerBlock != nil)
    #expect(profile.steps.last?.imagesPerBlock == nil)
  }
}
